import { and, asc, eq, gt, ne, sql } from 'drizzle-orm';
import type { Executor } from '../platform/database/database.ts';
import { arrayOf } from '../platform/database/rows.ts';
import { attachments, type ShownKind } from './attachments.table.ts';

export type AttachmentRow = typeof attachments.$inferSelect & { kind: ShownKind };

const isShown = ne(attachments.kind, 'original');

/** Of these appeals together, in the order they came: ids are UUIDv7. */
export async function listAttachments(
  db: Executor,
  appealIds: readonly string[],
  after: string | undefined,
  limit: number,
): Promise<AttachmentRow[]> {
  const rows = await db
    .select()
    .from(attachments)
    .where(
      and(
        sql`${attachments.appealId} = any(${arrayOf(appealIds, 'uuid')})`,
        isShown,
        after === undefined ? undefined : gt(attachments.id, after),
      ),
    )
    .orderBy(asc(attachments.id))
    .limit(limit);
  return rows as AttachmentRow[];
}

export async function findAttachment(db: Executor, id: string): Promise<AttachmentRow | undefined> {
  const [row] = await db
    .select()
    .from(attachments)
    .where(and(eq(attachments.id, id), isShown));
  return row as AttachmentRow | undefined;
}
