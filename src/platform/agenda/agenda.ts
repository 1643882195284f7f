import { sql } from 'drizzle-orm';
import { v4 as uuid } from 'uuid';
import type { Database, Executor } from '../database/database.ts';
import { arrayOf, insertRows } from '../database/rows.ts';
import { agendaItems } from './agenda.table.ts';

/** Work for a worker: written in the transaction that causes it, kept until it is settled. */
export interface NewAgendaItem {
  kind: string;
  subjectId: string;
  /** Unique for ever: the same thing is never to be done twice. */
  businessKey: string;
  /** Business time to act; never later than `dueAt`, the promise it serves. */
  runAt: Date;
  dueAt: Date;
}

export interface AgendaItem extends NewAgendaItem {
  id: number;
  attempts: number;
  payloadVersion: number;
}

/** Items claimed together under one lease; only the holder of the token may settle them. */
export interface Lease {
  token: string;
  items: AgendaItem[];
  /** Machine time (ms) until which nobody else can have the items; a process that slept past it must not act. */
  heldUntil: number;
}

/** Machine milliseconds until a claim that is not extended falls back. */
export const LEASE_MS = 10_000;
const KEEP_SETTLED = '30 days';
const PRUNE_BATCH = 5_000;
const PRUNE_BATCHES = 20;

/** The lease was lost to another worker: the transaction that noticed must not commit. */
export class LeaseLostError extends Error {
  override name = 'LeaseLostError';
}

export type Agenda = ReturnType<typeof createAgenda>;

export function createAgenda(db: Database) {
  /** Claims up to `limit` due items of a kind, the earliest promise first. */
  async function claim(kind: string, now: Date, limit: number): Promise<Lease> {
    const token = uuid();
    const heldUntil = Date.now() + LEASE_MS;
    const { rows } = await db.execute<Record<string, unknown>>(sql`
      update agenda set state = 'leased', attempts = attempts + 1, lease_token = ${token},
        lease_until = clock_timestamp() + make_interval(secs => ${LEASE_MS / 1000})
      where id in (
        select id from agenda where kind = ${kind} and state = 'open' and run_at <= ${now.toISOString()}
        order by due_at limit ${limit} for update skip locked)
      returning id, kind, subject_id, business_key, payload_version, run_at, due_at, attempts`);
    const items = rows.map(toItem).sort((a, b) => a.dueAt.getTime() - b.dueAt.getTime() || a.id - b.id);
    return { token, items, heldUntil };
  }

  async function extend(lease: Lease): Promise<void> {
    const heldUntil = Date.now() + LEASE_MS;
    const { rowCount } =
      await db.execute(sql`update agenda set lease_until = clock_timestamp() + make_interval(secs => ${LEASE_MS / 1000})
      where id = any(${ids(lease.items)}) and lease_token = ${lease.token}`);
    if ((rowCount ?? 0) > 0) lease.heldUntil = heldUntil;
  }

  /** Puts leases that ran out (a worker died) back; their items are claimed again. */
  async function sweep(): Promise<number> {
    const { rowCount } = await db.execute(
      sql`update agenda set state = 'open', lease_token = null where state = 'leased' and lease_until < clock_timestamp()`,
    );
    return rowCount ?? 0;
  }

  /** A person's decision: a finally failed item runs once more from the start. */
  async function retry(tx: Executor, id: number, now: Date): Promise<boolean> {
    const { rowCount } =
      await tx.execute(sql`update agenda set state = 'open', attempts = 0, run_at = ${now.toISOString()}, settled_at = null
      where id = ${id} and state = 'failed'`);
    return rowCount === 1;
  }

  /** Deletes settled items past their keep, in batches so that no long lock is held, and not for ever at one go. */
  async function prune(now: Date): Promise<number> {
    let pruned = 0;
    for (let batch = 0; batch < PRUNE_BATCHES; batch++) {
      const { rowCount } = await db.execute(sql`delete from agenda where id in (
        select id from agenda where state = 'done'
          and settled_at < ${now.toISOString()}::timestamptz - ${KEEP_SETTLED}::interval limit ${PRUNE_BATCH})`);
      pruned += rowCount ?? 0;
      if ((rowCount ?? 0) < PRUNE_BATCH) break;
    }
    return pruned;
  }

  /** Kinds with due, open items, and how many (counted up to a thousand). */
  async function dueKinds(kinds: readonly string[], now: Date): Promise<{ kind: string; count: number }[]> {
    const { rows } = await db.execute<{ kind: string; count: number }>(sql`
      select k.kind, c.count::int from unnest(${arrayOf(kinds, 'text')}) k(kind)
      cross join lateral (select count(*) from (select 1 from agenda a
        where a.kind = k.kind and a.state = 'open' and a.run_at <= ${now.toISOString()} limit 1000) x) c where c.count > 0`);
    return rows;
  }

  async function countDue(now: Date): Promise<number> {
    const { rows } = await db.execute<{ count: number }>(
      sql`select count(*)::int as count from agenda where (state = 'open' and run_at <= ${now.toISOString()}) or state = 'leased'`,
    );
    return rows[0]?.count ?? 0;
  }

  async function nextRunAt(after: Date): Promise<Date | undefined> {
    const { rows } = await db.execute<{ at: string | null }>(
      sql`select min(run_at) as at from agenda where state = 'open' and run_at > ${after.toISOString()}`,
    );
    return toDate(rows[0]?.at);
  }

  /** The last open item's time in [from, until]; `from` itself when there is none. */
  async function lastRunAt(from: Date, until: Date): Promise<Date> {
    const { rows } = await db.execute<{ at: string | null }>(
      sql`select max(run_at) as at from agenda where state = 'open' and run_at between ${from.toISOString()} and ${until.toISOString()}`,
    );
    return toDate(rows[0]?.at) ?? from;
  }

  /** Per kind: how many are due, how old the oldest is (business seconds), how many failed for good. */
  async function gauge(now: Date): Promise<{ kind: string; due: number; oldestSeconds: number; failed: number }[]> {
    const { rows } = await db.execute<{ kind: string; due: number; oldestSeconds: number; failed: number }>(sql`
      select kind, sum(due)::int as due, coalesce(max(age), 0)::float8 as "oldestSeconds", sum(failed)::int as failed from (
        select kind, count(*) as due, extract(epoch from ${now.toISOString()}::timestamptz - min(run_at)) as age, 0 as failed
          from agenda where state = 'open' and run_at <= ${now.toISOString()} group by kind
        union all
        select kind, count(*), extract(epoch from ${now.toISOString()}::timestamptz - min(run_at)), 0
          from agenda where state = 'leased' group by kind
        union all
        select kind, 0, null, count(*) from agenda where state = 'failed' group by kind) x group by kind`);
    return rows;
  }

  return { claim, extend, sweep, retry, prune, dueKinds, countDue, nextRunAt, lastRunAt, gauge };
}

/** Adds items inside the caller's transaction. An item whose business key exists already is left as it is. */
export async function addToAgenda(tx: Executor, items: readonly NewAgendaItem[]): Promise<void> {
  await insertRows(tx, agendaItems, items, sql`on conflict (business_key) do nothing`);
}

/** Gives open items another time to run (earlier or later), and another promise. Leased and settled ones are left alone. */
export async function reschedule(
  tx: Executor,
  items: readonly { businessKey: string; runAt: Date; dueAt?: Date }[],
): Promise<void> {
  if (items.length === 0) return;
  await tx.execute(sql`update agenda a set run_at = x.run_at, due_at = coalesce(x.due_at, a.due_at)
    from unnest(${arrayOf(
      items.map((item) => item.businessKey),
      'text',
    )}, ${arrayOf(
      items.map((item) => item.runAt),
      'timestamptz',
    )}, ${arrayOf(
      items.map((item) => item.dueAt ?? null),
      'timestamptz',
    )}) x(key, run_at, due_at)
    where a.business_key = x.key and a.state = 'open'`);
}

/** Takes back items whose reason is gone, as if they had never been written. Leased and settled ones are left alone. */
export async function withdraw(tx: Executor, businessKeys: readonly string[]): Promise<void> {
  if (businessKeys.length === 0) return;
  await tx.execute(
    sql`delete from agenda where business_key = any(${arrayOf(businessKeys, 'text')}) and state = 'open'`,
  );
}

/**
 * Plans work that is to run at another time than it was, or again: settled items are open once more, pruned ones are
 * written anew. A leased item is left to its worker, a failed one to a person.
 */
export async function reopen(tx: Executor, items: readonly NewAgendaItem[]): Promise<void> {
  await insertRows(
    tx,
    agendaItems,
    items,
    sql`on conflict (business_key) do update set state = 'open', attempts = 0, settled_at = null,
      run_at = excluded.run_at, due_at = excluded.due_at where agenda.state in ('open', 'done')`,
  );
}

/**
 * Settles items of a lease in the transaction that did their work.
 * @throws LeaseLostError when any of them is no longer ours: the work must roll back, another worker does it.
 */
export async function settle(tx: Executor, lease: Lease, items: readonly AgendaItem[], now: Date): Promise<void> {
  if (items.length === 0) return;
  const { rowCount } =
    await tx.execute(sql`update agenda set state = 'done', settled_at = ${now.toISOString()}, lease_token = null, last_error = null
    where id = any(${ids(items)}) and lease_token = ${lease.token}`);
  if (rowCount !== items.length) throw new LeaseLostError(`${items.length - (rowCount ?? 0)} items lost their lease`);
}

/** Gives items back to run later; this is progress, not a failed attempt. @throws LeaseLostError */
export async function postpone(
  tx: Executor,
  lease: Lease,
  items: readonly { item: AgendaItem; runAt: Date; dueAt: Date }[],
): Promise<void> {
  if (items.length === 0) return;
  const { rowCount } =
    await tx.execute(sql`update agenda a set state = 'open', attempts = 0, lease_token = null, run_at = x.run_at, due_at = x.due_at
    from unnest(${ids(items.map((entry) => entry.item))}, ${arrayOf(
      items.map((entry) => entry.runAt),
      'timestamptz',
    )},
      ${arrayOf(
        items.map((entry) => entry.dueAt),
        'timestamptz',
      )}) x(id, run_at, due_at)
    where a.id = x.id and a.lease_token = ${lease.token}`);
  if (rowCount !== items.length) throw new LeaseLostError(`${items.length - (rowCount ?? 0)} items lost their lease`);
}

/**
 * A failed attempt: again at `retryAt`, or never (`undefined`), which a person sees and may retry.
 * @throws LeaseLostError
 */
export async function recordFailure(
  tx: Executor,
  lease: Lease,
  item: AgendaItem,
  error: string,
  now: Date,
  retryAt: Date | undefined,
): Promise<void> {
  const { rowCount } =
    await tx.execute(sql`update agenda set state = ${retryAt ? 'open' : 'failed'}, run_at = ${(retryAt ?? item.runAt).toISOString()},
      settled_at = ${retryAt ? null : now.toISOString()}, lease_token = null, last_error = ${error.slice(0, 500)}
    where id = ${item.id} and lease_token = ${lease.token}`);
  if (rowCount !== 1) throw new LeaseLostError('a failed item lost its lease');
}

const ids = (items: readonly { id: number }[]) =>
  arrayOf(
    items.map((item) => item.id),
    'bigint',
  );
const toDate = (value: string | null | undefined): Date | undefined => (value ? new Date(value) : undefined);

function toItem(row: Record<string, unknown>): AgendaItem {
  return {
    id: Number(row.id),
    kind: String(row.kind),
    subjectId: String(row.subject_id),
    businessKey: String(row.business_key),
    payloadVersion: Number(row.payload_version),
    runAt: new Date(String(row.run_at)),
    dueAt: new Date(String(row.due_at)),
    attempts: Number(row.attempts),
  };
}
