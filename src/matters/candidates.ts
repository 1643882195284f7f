import { sql } from 'drizzle-orm';
import type { AppealStatus } from '../appeals/states.ts';
import type { Database, Transaction } from '../platform/database/database.ts';
import { arrayOf } from '../platform/database/rows.ts';
import type { Common } from './score.ts';
import { toKey } from './sketch.ts';

/** Of an appeal: all that others find it by. */
export interface Sketch {
  appealId: string;
  natureClass: string;
  place: string | null;
  area: string | null;
  region: string | null;
  keys: readonly number[];
}

/** Sketches older than this (business milliseconds) are dropped: such matters are found by person only. */
const KEPT_MS = 120 * 86_400_000;
const DROPPED_AT_ONCE = 200;

export async function keepSketches(tx: Transaction, sketches: readonly Sketch[], now: Date): Promise<void> {
  for (const { appealId, natureClass, place, area, region, keys } of sketches)
    await tx.execute(sql`
      insert into matter_sketches (appeal_id, nature_class, place, area, region, keys, sketched_at)
      values (${appealId}, ${natureClass}, ${place}, ${area}, ${region},
        ${arrayOf(keys.map(toKey), 'integer')}, ${now.toISOString()})
      on conflict (appeal_id) do update set nature_class = excluded.nature_class, place = excluded.place,
        area = excluded.area, region = excluded.region, keys = excluded.keys, sketched_at = excluded.sketched_at`);
  const old = new Date(now.getTime() - KEPT_MS).toISOString();
  await tx.execute(sql`delete from matter_sketches where appeal_id in (
    select appeal_id from matter_sketches where sketched_at < ${old} limit ${DROPPED_AT_ONCE} for update skip locked)`);
}

/** What has ended takes no links: it is dropped when a look-up meets it. */
export async function dropSketches(tx: Transaction, appealIds: readonly string[]): Promise<void> {
  if (appealIds.length === 0) return;
  await tx.execute(sql`delete from matter_sketches where appeal_id in (
    select appeal_id from matter_sketches where appeal_id = any(${arrayOf(appealIds, 'uuid')}) for update skip locked)`);
}

/** How many sketches there are, by PostgreSQL's own estimate: what a look-up may cost goes by it. */
export async function sketchCount(db: Database): Promise<number> {
  const { rows } = await db.execute<{ n: number }>(
    sql`select greatest(reltuples, 0)::float8 as n from pg_class where oid = 'matter_sketches'::regclass`,
  );
  return rows[0]?.n ?? 0;
}

export interface Found extends Pick<Common, 'person' | 'place'> {
  id: string;
  status: AppealStatus;
  nature: string | null;
  historic: boolean;
  title: string;
  body: string;
}

/**
 * Appeals that may be about the same matter: the most alike by rare bigrams, the newest at the place and in the area, the
 * newest of the persons. Every part is bounded, so that the look-up costs the same with millions of rows.
 */
export async function findCandidates(
  tx: Transaction,
  { appealId, natureClass, place, area, region }: Sketch,
  search: readonly number[],
): Promise<Found[]> {
  const keys = arrayOf(search.map(toKey), 'integer');
  const near = sql`(${region}::text is null or region is null or region = ${region})`;
  const { rows } = await tx.execute<Found & Record<string, unknown>>(sql`
    with alike as (
      select appeal_id from (
        select s.appeal_id, (select count(*) from unnest(s.keys) k where k = any(${keys})) as shared
        from matter_sketches s where s.keys && ${keys} and s.appeal_id <> ${appealId} and s.nature_class = ${natureClass}) x
      order by shared desc, appeal_id desc limit 30),
    here as (select appeal_id from matter_sketches
      where place = ${place} and ${near} and appeal_id <> ${appealId} order by sketched_at desc limit 20),
    around as (select appeal_id from matter_sketches
      where area = ${area} and ${near} and appeal_id <> ${appealId} order by sketched_at desc limit 20),
    theirs as (
      select other.appeal_id, own.phone_verified and other.phone_verified as verified from appellants own
      cross join lateral (select appeal_id, phone_verified from appellants
        where phone_index = own.phone_index order by id desc limit 30) other
      where own.appeal_id = ${appealId}
      union all
      select other.appeal_id, own.account_verified and other.account_verified from appellants own
      cross join lateral (select appeal_id, account_verified from appellants
        where account_index = own.account_index order by id desc limit 30) other
      where own.appeal_id = ${appealId})
    select a.id, a.status, a.nature, a.historic, a.title, a.body,
      case when exists (select 1 from here where appeal_id = a.id) then 'same'
        when exists (select 1 from around where appeal_id = a.id) then 'area' end as place,
      (select case when bool_or(verified) then 'verified' else 'claimed' end
        from theirs where appeal_id = a.id having count(*) > 0) as person
    from appeals a where a.id <> ${appealId} and a.id in (
      select appeal_id from alike union select appeal_id from here union select appeal_id from around
      union select appeal_id from theirs)`);
  return rows;
}
