import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { Executor } from '../platform/database/database.ts';
import { arrayOf } from '../platform/database/rows.ts';
import { attachments } from './attachments.table.ts';

export type AttachmentRow = typeof attachments.$inferSelect;

/** Of these appeals together, in the order they came: ids are UUIDv7. */
export async function listAttachments(
  db: Executor,
  appealIds: readonly string[],
  after: string | undefined,
  limit: number,
): Promise<AttachmentRow[]> {
  return db
    .select()
    .from(attachments)
    .where(
      and(
        sql`${attachments.appealId} = any(${arrayOf(appealIds, 'uuid')})`,
        after === undefined ? undefined : gt(attachments.id, after),
      ),
    )
    .orderBy(asc(attachments.id))
    .limit(limit);
}

export async function findAttachment(db: Executor, id: string): Promise<AttachmentRow | undefined> {
  const [row] = await db.select().from(attachments).where(eq(attachments.id, id));
  return row;
}
