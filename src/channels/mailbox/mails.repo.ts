import { and, eq, sql } from 'drizzle-orm';
import { appeals, appellants, messages } from '../../appeals/appeals.table.ts';
import type { Executor } from '../../platform/database/database.ts';
import { arrayOf } from '../../platform/database/rows.ts';
import { mails } from './mails.table.ts';

export interface KnownMail {
  kind: (typeof mails.$inferSelect)['kind'];
  reason: string | null;
  appealNumber: string | null;
}

/** What became of a mail that was looked at before. */
export async function findMail(db: Executor, source: string, externalId: string): Promise<KnownMail | undefined> {
  const [row] = await db
    .select({ kind: mails.kind, reason: mails.reason, appealNumber: appeals.number })
    .from(mails)
    .leftJoin(messages, eq(messages.id, mails.messageId))
    .leftJoin(appeals, eq(appeals.id, messages.appealId))
    .where(and(eq(mails.source, source), eq(mails.externalId, externalId)));
  return row;
}

/** Notes a mail that was looked at; one that is noted already stays as it is. */
export async function recordMail(db: Executor, row: typeof mails.$inferInsert): Promise<void> {
  await db.insert(mails).values(row).onConflictDoNothing();
}

export interface Thread {
  appealId: string;
  number: string;
}

/** Appeals of the messages with these Message-IDs (blind indexes), in the order of the Message-IDs. */
export async function threadsOf(db: Executor, references: readonly Buffer[]): Promise<Thread[]> {
  if (references.length === 0) return [];
  const { rows } = await db.execute<{ appealId: string; number: string }>(sql`
    select distinct on (wanted.at, a.id) a.id as "appealId", a.number
    from unnest(${arrayOf(references, 'bytea')}) with ordinality wanted(reference, at)
    join mails m on m.reference = wanted.reference and m.message_id is not null
    join ${messages} t on t.id = m.message_id join ${appeals} a on a.id = t.appeal_id
    order by wanted.at, a.id limit 20`);
  return rows;
}

export async function appealsByNumber(db: Executor, numbers: readonly string[]): Promise<Thread[]> {
  if (numbers.length === 0) return [];
  return db
    .select({ appealId: appeals.id, number: appeals.number })
    .from(appeals)
    .where(sql`${appeals.number} = any(${arrayOf(numbers, 'text')})`);
}

/** Those of the appeals that one of these accounts (blind indexes of one address) raised or wrote to. */
export async function raisedBy(
  db: Executor,
  appealIds: readonly string[],
  accounts: readonly Buffer[],
): Promise<Set<string>> {
  const rows = await db
    .selectDistinct({ appealId: appellants.appealId })
    .from(appellants)
    .where(
      sql`${appellants.appealId} = any(${arrayOf(appealIds, 'uuid')}) and ${appellants.accountIndex} = any(${arrayOf(accounts, 'bytea')})`,
    );
  return new Set(rows.map(({ appealId }) => appealId));
}
