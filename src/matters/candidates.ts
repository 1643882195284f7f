import { type SQL, sql } from 'drizzle-orm';
import type { AppealStatus } from '../appeals/states.ts';
import type { Database, Transaction } from '../platform/database/database.ts';
import { arrayOf } from '../platform/database/rows.ts';
import type { Common } from './score.ts';
import { SKETCHED_LENGTH, saltOf, toKey } from './sketch.ts';

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
/** Sketches that one look-up by text may be expected to touch. */
const MOST_ROWS = 500;
/** Newest sketches at a place of which those in the same region are taken. */
const NEWEST_THERE = 200;

/** Sketches as a row set: arrays within rows cannot travel as array parameters. */
const rowsOf = (sketches: readonly Sketch[]) =>
  sql`jsonb_to_recordset(${JSON.stringify(
    sketches.map(({ keys, ...sketch }) => ({ ...sketch, salt: saltOf(sketch.natureClass), keys: keys.map(toKey) })),
  )}::jsonb) as w("appealId" uuid, "natureClass" text, place text, area text, region text, salt integer, keys integer[])`;

export async function keepSketches(tx: Transaction, sketches: readonly Sketch[], now: Date): Promise<void> {
  if (sketches.length > 0)
    await tx.execute(sql`
      insert into matter_sketches (appeal_id, nature_class, place, area, region, keys, sketched_at)
      select w."appealId", w."natureClass", w.place, w.area, w.region,
        array(select key # w.salt from unnest(w.keys) key), ${now.toISOString()}
      from ${rowsOf(sketches)} order by 1
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
  /** The appeal that it was found for. */
  foundFor: string;
  status: AppealStatus;
  nature: string | null;
  historic: boolean;
  title: string;
  body: string;
}

/**
 * Appeals that may be about the same matter as any of these: the most alike by rare bigrams, the newest at the place and
 * in the area, the newest of the persons. Every part is bounded and goes by an index, so that the look-up costs the same
 * with millions of rows; a batch is one statement, since planning one costs as much as running it. `offset 0` keeps a part
 * planned by itself, so that nothing around it can ask for rows in another order than the index's.
 * @param textsPerRow how many texts were counted for each sketch there is; Infinity: nothing is too frequent to look for
 */
export async function findCandidates(
  tx: Transaction,
  sketches: readonly Sketch[],
  textsPerRow: number,
): Promise<Found[]> {
  if (sketches.length === 0) return [];
  // PostgreSQL cannot foresee what stands in an array: left to itself it reads the whole table of a small city, and what it
  // expects to take so long it compiles first.
  await tx.execute(sql`select set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)`);
  const { rows } = await tx.execute<Found & Record<string, unknown>>(sql`
    with wanted as materialized (select * from ${rowsOf(sketches)}),
    alike as (
      select w."appealId" as wanted, x.appeal_id from wanted w cross join lateral (
        select s.appeal_id from (
          select key, sum(texts) over (order by texts, key) as touched from (
            select key, coalesce(f.texts, 0) as texts
            from unnest(w.keys) key left join bigram_frequencies f on f.bigram = key) counted) rarest
        cross join lateral (
          select appeal_id, nature_class from matter_sketches where keys @> array[rarest.key # w.salt] offset 0) s
        where rarest.touched <= ${MOST_ROWS * textsPerRow}::float8 and s.nature_class = w."natureClass" and s.appeal_id <> w."appealId"
        group by s.appeal_id order by count(*) desc, s.appeal_id desc limit 30) x),
    here as (select w."appealId" as wanted, x.appeal_id from wanted w cross join lateral (${newestAt(sql`place`)}) x),
    around as (select w."appealId" as wanted, x.appeal_id from wanted w cross join lateral (${newestAt(sql`area`)}) x),
    own as (
      select w."appealId" as wanted, x.* from wanted w cross join lateral (
        select phone_index, phone_verified, account_index, account_verified from appellants
        where appeal_id = w."appealId" limit 20) x),
    theirs as (
      select wanted, x.appeal_id, own.phone_verified and x.phone_verified as verified from own cross join lateral (
        select appeal_id, phone_verified from appellants
        where phone_index = own.phone_index order by phone_verified desc, id desc limit 30) x
      union all
      select wanted, x.appeal_id, own.account_verified and x.account_verified from own cross join lateral (
        select appeal_id, account_verified from appellants
        where account_index = own.account_index order by account_verified desc, id desc limit 30) x),
    found as (
      select wanted, appeal_id, max(place) as place, max(person) as person from (
        select wanted, appeal_id, null as place, null as person from alike
        union all select wanted, appeal_id, 'same', null from here
        union all select wanted, appeal_id, 'area', null from around
        union all select wanted, appeal_id, null, case when verified then 'verified' else 'claimed' end from theirs) x
      where appeal_id <> wanted group by wanted, appeal_id)
    select f.wanted as "foundFor", f.place, f.person, a.id, a.status, a.nature, a.historic, a.title,
      left(a.body, ${SKETCHED_LENGTH}) as body
    from found f cross join lateral (select * from appeals where id = f.appeal_id offset 0) a`);
  return rows;
}

function newestAt(column: SQL): SQL {
  return sql`
    select appeal_id from (
      select appeal_id, region, sketched_at from matter_sketches
      where ${column} = w.${column} order by sketched_at desc limit ${NEWEST_THERE}) s
    where w.region is null or s.region is null or s.region = w.region order by sketched_at desc limit 20`;
}
