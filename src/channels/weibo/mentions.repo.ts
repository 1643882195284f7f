import { sql } from 'drizzle-orm';
import { SETTINGS_TTL_MS } from '../../intake/sources.service.ts';
import type { Executor } from '../../platform/database/database.ts';
import type { List } from './posts.ts';

/** How far a list has been read; the ids are Weibo's, 64-bit. */
export interface Position {
  /** Undefined: it could not be read yet. */
  sinceId: bigint | undefined;
  /** Whether it is time to read again (machine time: the platform's rate is what is kept), and which time that was. */
  due: boolean;
  dueAt: string;
  failures: number;
}

export async function positionOf(db: Executor, source: string, list: List): Promise<Position | undefined> {
  const { rows } = await db.execute<{ since_id: string | null; due: boolean; dueAt: string; failures: number }>(sql`
    select since_id, next_read_at <= clock_timestamp() as due, next_read_at::text as "dueAt", failures from weibo_mentions
    where source = ${source} and list = ${list}`);
  const [row] = rows;
  return row && { ...row, sinceId: row.since_id === null ? undefined : BigInt(row.since_id) };
}

/** Keeps what has been read up to `sinceId`, which never goes back; the next reading is due in `seconds`. */
export async function advance(
  db: Executor,
  source: string,
  list: List,
  sinceId: bigint,
  seconds: number,
): Promise<void> {
  await db.execute(sql`
    insert into weibo_mentions as m (source, list, since_id, next_read_at)
    values (${source}, ${list}, ${sinceId.toString()}, ${inSeconds(seconds)})
    on conflict (source, list) do update set since_id = greatest(m.since_id, excluded.since_id),
      next_read_at = excluded.next_read_at, failures = 0, failure = null`);
}

/**
 * Keeps that the reading that was due at `dueAt` failed, why (`failure` is a name or code), and how far it came all the same.
 * When the settings were changed meanwhile, that failure is theirs no longer and postpones nothing.
 */
export async function postponeReading(
  db: Executor,
  source: string,
  list: List,
  {
    dueAt,
    failure,
    seconds,
    ...read
  }: { sinceId: bigint | undefined; dueAt: string | undefined; failure: string; seconds: number },
): Promise<void> {
  await db.execute(sql`
    insert into weibo_mentions as m (source, list, since_id, next_read_at, failures, failure)
    values (${source}, ${list}, ${read.sinceId?.toString() ?? null}, ${inSeconds(seconds)}, 1, ${failure})
    on conflict (source, list) do update set since_id = greatest(m.since_id, excluded.since_id),
      next_read_at = excluded.next_read_at, failures = m.failures + 1, failure = excluded.failure
      where m.next_read_at = ${dueAt ?? null}::timestamptz`);
}

/**
 * Settings were changed: what failed under the former ones is forgotten, and the lists are due as soon as every process has
 * the new ones.
 */
export async function readAnew(tx: Executor, source: string): Promise<void> {
  await tx.execute(sql`
    update weibo_mentions set next_read_at = ${inSeconds(SETTINGS_TTL_MS / 1000)}, failures = 0, failure = null
    where source = ${source}`);
}

/** Lists that could not be read several times in a row. */
export async function failingLists(
  db: Executor,
): Promise<{ source: string; list: List; failures: number; failure: string }[]> {
  const { rows } = await db.execute<{ source: string; list: List; failures: number; failure: string }>(
    sql`select source, list, failures, failure from weibo_mentions where failures >= 3 order by source, list`,
  );
  return rows;
}

const inSeconds = (seconds: number) => sql`clock_timestamp() + make_interval(secs => ${seconds})`;
