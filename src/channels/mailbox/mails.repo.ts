import { and, eq, sql } from 'drizzle-orm';
import type { Executor } from '../../platform/database/database.ts';
import { arrayOf } from '../../platform/database/rows.ts';
import { mails } from './mails.table.ts';

export type MailRow = typeof mails.$inferSelect;

/** A mail that was looked at before. */
export async function findMail(db: Executor, source: string, externalId: string): Promise<MailRow | undefined> {
  const [row] = await db
    .select()
    .from(mails)
    .where(and(eq(mails.source, source), eq(mails.externalId, externalId)));
  return row;
}

/** Notes a mail that was looked at; one that is noted already stays as it is. */
export async function recordMail(db: Executor, row: typeof mails.$inferInsert): Promise<void> {
  await db.insert(mails).values(row).onConflictDoNothing();
}

/** Our ids of the messages with these Message-IDs (blind indexes), in the order of the Message-IDs. */
export async function messagesByReference(db: Executor, references: readonly Buffer[]): Promise<string[]> {
  if (references.length === 0) return [];
  const { rows } = await db.execute<{ id: string }>(sql`
    select m.message_id as id from unnest(${arrayOf(references, 'bytea')}) with ordinality wanted(reference, at)
    join mails m on m.reference = wanted.reference and m.message_id is not null order by wanted.at limit 20`);
  return rows.map(({ id }) => id);
}
