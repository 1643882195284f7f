import { sql } from 'drizzle-orm';
import type { Executor } from '../platform/database/database.ts';
import { arrayOf } from '../platform/database/rows.ts';
import type { AppealRow } from './appeals.service.ts';
import type { AppealStatus } from './states.ts';

/** What an appeal shows to everybody. */
export interface PublishedAppeal
  extends Pick<AppealRow, 'id' | 'number' | 'status' | 'body' | 'address' | 'department' | 'receivedAt' | 'updatedAt'> {
  category: string;
  /** The message it was registered by. */
  message: { id: string; sealed: Buffer };
}

export interface PublishedFilter {
  numbers?: readonly string[] | undefined;
  categories: readonly string[];
  statuses?: readonly AppealStatus[] | undefined;
  from?: Date | undefined;
  to?: Date | undefined;
}

/**
 * Appeals that everybody may see, newest first: the citizen allowed it in a form, its nature is known and it is no report
 * (举报), nobody who raised it asked for secrecy, and it is of one of these categories.
 */
export async function publishedAppeals(
  db: Executor,
  { numbers, categories, statuses, from, to }: PublishedFilter,
  { limit, offset }: { limit: number; offset: number },
): Promise<PublishedAppeal[]> {
  const conditions = [
    sql`a.publish and a.channel = 'portal' and a.nature <> 'report'`,
    sql`a.category = any(${arrayOf(categories, 'text')})`,
    sql`not exists (select 1 from appellants p where p.appeal_id = a.id and p.confidential)`,
    ...(numbers ? [sql`a.number = any(${arrayOf(numbers, 'text')})`] : []),
    ...(statuses ? [sql`a.status = any(${arrayOf(statuses, 'text')})`] : []),
    ...(from ? [sql`a.received_at >= ${from.toISOString()}`] : []),
    ...(to ? [sql`a.received_at <= ${to.toISOString()}`] : []),
  ];
  const { rows } = await db.execute<Record<string, unknown>>(sql`
    select a.id, a.number, a.status, a.body, a.address, a.department, a.category, a.received_at, a.updated_at,
      m.id as message_id, m.sealed
    from appeals a cross join lateral (
      select id, sealed from messages where appeal_id = a.id order by id limit 1) m
    where ${sql.join(conditions, sql.raw(' and '))}
    order by a.received_at desc, a.id desc limit ${limit} offset ${offset}`);
  return rows.map((row) => ({
    id: String(row.id),
    number: String(row.number),
    status: row.status as AppealStatus,
    body: String(row.body),
    address: row.address as string | null,
    department: row.department as string | null,
    category: String(row.category),
    receivedAt: new Date(String(row.received_at)),
    updatedAt: new Date(String(row.updated_at)),
    message: { id: String(row.message_id), sealed: row.sealed as Buffer },
  }));
}

/** Number of the appeal a message belongs to, by the message's id. */
export async function numberOfMessage(db: Executor, messageId: string): Promise<string | undefined> {
  const { rows } = await db.execute<{ number: string }>(
    sql`select a.number from messages m join appeals a on a.id = m.appeal_id where m.id = ${messageId}`,
  );
  return rows[0]?.number;
}
