import { and, asc, eq, gt } from 'drizzle-orm';
import type { Executor } from '../platform/database/database.ts';
import { attachments } from './attachments.table.ts';

export type AttachmentRow = typeof attachments.$inferSelect;

/** In the order they came: ids are UUIDv7. */
export async function listAttachments(
  db: Executor,
  appealId: string,
  after: string | undefined,
  limit: number,
): Promise<AttachmentRow[]> {
  return db
    .select()
    .from(attachments)
    .where(and(eq(attachments.appealId, appealId), after === undefined ? undefined : gt(attachments.id, after)))
    .orderBy(asc(attachments.id))
    .limit(limit);
}

export async function findAttachment(db: Executor, id: string): Promise<AttachmentRow | undefined> {
  const [row] = await db.select().from(attachments).where(eq(attachments.id, id));
  return row;
}
