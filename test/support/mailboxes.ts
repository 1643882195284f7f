import type { City } from './city.ts';
import { until } from './mail.ts';

export const SOURCE = 'mayor-mailbox';

/** Sets a source up to read a mailbox. */
export const connect = (city: City, settings: object, source = SOURCE) =>
  city.call('PUT', `/v1/sources/${source}/settings`, settings);

/** Titles of the appeals that came by a mailbox, in the order of registration. */
export async function titles(city: City, source = SOURCE): Promise<string[]> {
  const rows = await city.rows<{ title: string }>('select title from appeals where source = $1 order by id', [source]);
  return rows.map(({ title }) => title);
}
export const taken = (city: City, count: number, source = SOURCE) =>
  until(async () => (await titles(city, source)).length >= count);
export const position = async (city: City) =>
  (
    await city.rows<{ uid: string; validity: string }>(
      'select last_uid as uid, uid_validity as validity from mailbox_positions where uid_validity > 0',
    )
  )[0];
export const connected = (city: City) => until(async () => (await position(city)) !== undefined);
