import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../platform/database/database.ts';
import { arrayOf, insertRows } from '../platform/database/rows.ts';
import type { Log } from '../platform/log.ts';
import { departmentFeed, departments, type FeedKind } from './departments.table.ts';

export interface NewFeedEntry {
  department: string;
  kind: FeedKind;
  assignmentId: string;
  appealId: string;
}

/**
 * Appends to the departments' change feeds. Call it last before COMMIT: a department's entries are numbered by its own
 * counter row, whose lock makes commit order equal number order, so that a reader who has seen n can never miss n - 1.
 * Departments are locked in sorted order, so that two transactions cannot wait for each other in a circle.
 */
export async function appendToFeed(tx: Transaction, entries: readonly NewFeedEntry[], at: Date): Promise<void> {
  const byDepartment = new Map<string, NewFeedEntry[]>();
  for (const entry of entries)
    byDepartment.set(entry.department, [...(byDepartment.get(entry.department) ?? []), entry]);
  const codes = [...byDepartment.keys()].sort();
  if (codes.length === 0) return;
  await tx.execute(
    sql`select 1 from departments where code = any(${arrayOf(codes, 'text')}) order by code for no key update`,
  );
  const counts = codes.map((code) => byDepartment.get(code)?.length ?? 0);
  const { rows } = await tx.execute<{ code: string; feed_head: string }>(sql`
    update departments d set feed_head = d.feed_head + x.n
    from unnest(${arrayOf(codes, 'text')}, ${arrayOf(counts, 'int')}) x(code, n) where d.code = x.code returning d.code, d.feed_head`);
  const heads = new Map(rows.map((row) => [row.code, Number(row.feed_head)]));
  await insertRows(
    tx,
    departmentFeed,
    [...byDepartment].flatMap(([code, own]) =>
      own.map((entry, index) => ({ ...entry, at, seq: (heads.get(code) ?? 0) - own.length + 1 + index })),
    ),
  );
}

export type FeedEntry = typeof departmentFeed.$inferSelect;

export async function readFeed(db: Database, department: string, after: number, limit: number): Promise<FeedEntry[]> {
  return db
    .select()
    .from(departmentFeed)
    .where(and(eq(departmentFeed.department, department), gt(departmentFeed.seq, after)))
    .orderBy(asc(departmentFeed.seq))
    .limit(limit);
}

const POLL_MS = 200;

/**
 * Long poll: one look at the counter rows of all waited-for departments every 200 ms, however many wait, instead of a
 * query each. Behind a connection pooler too, where LISTEN would not work.
 */
export function createFeedWatch(db: Database, log: Log) {
  const waiting = new Map<string, Set<{ after: number; wake: () => void }>>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  /** Resolves when the department's feed has gone past `after`, when `ms` machine milliseconds are over, or on stop. */
  async function wait(department: string, after: number, ms: number): Promise<void> {
    if (closed) return;
    const own = waiting.get(department) ?? new Set();
    waiting.set(department, own);
    timer ??= setTimeout(look, POLL_MS);
    await new Promise<void>((resolve) => {
      const timeout = setTimeout(done, ms);
      const waiter = { after, wake: done };
      own.add(waiter);
      function done(): void {
        clearTimeout(timeout);
        own.delete(waiter);
        if (own.size === 0 && waiting.get(department) === own) waiting.delete(department);
        resolve();
      }
    });
  }

  async function look(): Promise<void> {
    timer = undefined;
    if (waiting.size === 0) return;
    try {
      const rows = await db
        .select({ code: departments.code, head: departments.feedHead })
        .from(departments)
        .where(sql`${departments.code} = any(${arrayOf([...waiting.keys()], 'text')})`);
      for (const { code, head } of rows)
        for (const entry of [...(waiting.get(code) ?? [])]) if (head > entry.after) entry.wake();
    } catch (err) {
      log.warn({ err }, 'the feeds could not be looked at');
    } finally {
      if (!closed && waiting.size > 0) timer = setTimeout(look, POLL_MS);
    }
  }

  /** Answers everyone who waits, for the shutdown. */
  function stop(): void {
    closed = true;
    clearTimeout(timer);
    for (const own of [...waiting.values()]) for (const waiter of [...own]) waiter.wake();
  }

  return { wait, stop };
}

export type FeedWatch = ReturnType<typeof createFeedWatch>;
