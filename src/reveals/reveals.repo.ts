import { and, count, desc, eq, gte, lt, sql } from 'drizzle-orm';
import type { Executor, Transaction } from '../platform/database/database.ts';
import { reveals } from './reveals.table.ts';

export type RevealRow = typeof reveals.$inferSelect;

export interface RevealFilter {
  actor?: string;
  appealId?: string;
  callBackId?: string;
}

/** Newest first. */
export async function listReveals(
  db: Executor,
  filter: RevealFilter,
  after: string | undefined,
  limit: number,
): Promise<RevealRow[]> {
  const named = Object.entries(filter).map(([name, value]) =>
    value === undefined ? undefined : eq(reveals[name as keyof RevealFilter], value),
  );
  return db
    .select()
    .from(reveals)
    .where(and(...named, after === undefined ? undefined : lt(reveals.id, after)))
    .orderBy(desc(reveals.id))
    .limit(limit);
}

/** How many an actor has been shown since; nobody else counts the same actor until the transaction ends. */
export async function countSince(tx: Transaction, actor: string, since: Date): Promise<number> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${actor}, 7161))`);
  const [row] = await tx
    .select({ n: count() })
    .from(reveals)
    .where(and(eq(reveals.actor, actor), gte(reveals.at, since)));
  return row?.n ?? 0;
}
