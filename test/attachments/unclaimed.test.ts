import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { keepContent } from '../../src/attachments/attachments.service.ts';
import { type City, createCity } from '../support/city.ts';
import { png } from '../support/files.ts';
import { another, formFields, multipart, openPortal } from '../support/portal.ts';
import { s3Keys, startS3Server } from '../support/s3-server.ts';
import t, { type Test } from '../support/tap.ts';

/** A form with a file. */
async function send(city: City): Promise<number> {
  const { payload, headers } = multipart(await formFields(city), [{ name: 'a.png', content: png }]);
  const url = '/v1/portal/portal/messages';
  return (await city.inject({ method: 'POST', url, headers, payload, remoteAddress: another() })).status;
}
const notes = (city: City) => city.rows<{ state: string }>(`select state from agenda where kind = 'unclaimed'`);

/** The file of a message that was never written is removed a day later; what belongs to somebody stays. */
async function sweeps(t: Test, city: City, stored: () => string[]): Promise<void> {
  await openPortal(city);
  t.equal(await send(city), 201);
  t.same(await notes(city), [], 'recorded: nothing is left to look after');
  const [claimed] = stored();
  await city.rows('alter table messages add constraint refuse check (false) not valid');
  t.equal(await send(city), 500, 'rolled back, and the process cannot know whether it was');
  await city.rows('alter table messages drop constraint refuse');
  t.equal(stored().length, 2);
  t.match(await notes(city), [{ state: 'open' }]);
  await city.clock.advance('PT23H');
  t.equal(stored().length, 2, 'it might have been written');
  await city.clock.advance('PT2H');
  t.same(stored(), [claimed]);
  t.match(await notes(city), [{ state: 'done' }]);
}

t.test('a folder', async (t) => {
  const city = await createCity(t);
  const folder = path.join(city.dataDir, 'attachments');
  const stored = (): string[] =>
    existsSync(folder)
      ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('/'))
      : [];
  await sweeps(t, city, stored);
});

t.test('a bucket', async (t) => {
  const server = await startS3Server(t);
  const { accessKey, secretKey, region } = s3Keys;
  const settings = { STORAGE_URL: server.url, STORAGE_ACCESS_KEY: accessKey, STORAGE_SECRET_KEY: secretKey };
  const city = await createCity(t, { settings: { ...settings, STORAGE_REGION: region } });
  await sweeps(t, city, () => [...server.objects.keys()]);
});

t.test('a process that ends before the file is whole leaves a note, and so nothing for ever', async (t) => {
  const city = await createCity(t);
  const broken = { ...city.instance.storage, put: () => Promise.reject(new Error('ended')) };
  const file = { kind: 'image' as const, name: 'a.png', mediaType: 'image/png', content: png };
  await t.rejects(keepContent({ ...city.instance, storage: broken }, file));
  t.match(await notes(city), [{ state: 'open' }], 'noted first');
  await city.clock.advance('P2D');
  t.match(await notes(city), [{ state: 'done' }]);
});
