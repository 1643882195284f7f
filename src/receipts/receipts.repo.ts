import { and, asc, eq, gt, lt, type SQL } from 'drizzle-orm';
import type { Database } from '../platform/database/database.ts';
import { type ReceiptStatus, receipts } from './receipts.table.ts';

export interface ReceiptFilter {
  appealId?: string;
  status?: ReceiptStatus;
  dueBefore?: Date | undefined;
}

export async function listReceipts(
  db: Database,
  { appealId, status, dueBefore }: ReceiptFilter,
  after: string | undefined,
  limit: number,
): Promise<(typeof receipts.$inferSelect)[]> {
  const conditions: SQL[] = [];
  if (appealId !== undefined) conditions.push(eq(receipts.appealId, appealId));
  if (status !== undefined) conditions.push(eq(receipts.status, status));
  if (dueBefore !== undefined) conditions.push(lt(receipts.dueAt, dueBefore));
  if (after !== undefined) conditions.push(gt(receipts.id, after));
  return db
    .select()
    .from(receipts)
    .where(and(...conditions))
    .orderBy(asc(receipts.id))
    .limit(limit);
}
