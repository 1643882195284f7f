import { and, desc, eq, lt } from 'drizzle-orm';
import { jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { v7 } from 'uuid';
import type { Executor } from '../database/database.ts';

/** Who changed how the city works, when, and what: append-only, written in the transaction of the change. */
export const audit = pgTable('audit', {
  id: uuid().primaryKey(),
  at: timestamp({ withTimezone: true }).notNull(),
  actor: text().notNull(),
  action: text().notNull(),
  subject: text().notNull(),
  data: jsonb().$type<Record<string, unknown>>().notNull(),
});

export type AuditRow = typeof audit.$inferSelect;

/** @param entry.at business time. `data` holds no personal data. */
export async function recordAudit(tx: Executor, entry: Omit<AuditRow, 'id'>): Promise<void> {
  await tx.insert(audit).values({ id: v7(), ...entry });
}

/** Newest first. */
export async function listAudit(
  db: Executor,
  action: string | undefined,
  after: string | undefined,
  limit: number,
): Promise<AuditRow[]> {
  return db
    .select()
    .from(audit)
    .where(
      and(
        action === undefined ? undefined : eq(audit.action, action),
        after === undefined ? undefined : lt(audit.id, after),
      ),
    )
    .orderBy(desc(audit.id))
    .limit(limit);
}
