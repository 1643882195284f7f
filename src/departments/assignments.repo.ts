import { and, asc, desc, eq, isNotNull, lt, type SQL, sql } from 'drizzle-orm';
import { type AppealText, appealTexts } from '../appeals/lookup.service.ts';
import type { KeyRing } from '../platform/access/key-ring.ts';
import type { Database } from '../platform/database/database.ts';
import { type AssignmentStatus, assignments } from './departments.table.ts';

export interface AssignmentFilter {
  department: string;
  status: AssignmentStatus | undefined;
  dueBefore: Date | undefined;
  sort: 'dueAt' | 'assignedAt';
}

export type Listed = { assignment: typeof assignments.$inferSelect; appeal: AppealText };

/** Where a page of the clerk's list ends: the sort value and the id that breaks ties. */
export interface AssignmentKey {
  dueAt: string | null;
  id: string;
}

/** `assignedAt` lists the newest first; `dueAt` what is due first, without what has no due time. */
export async function listAssignments(
  db: Database,
  keyRing: KeyRing,
  filter: AssignmentFilter,
  after: AssignmentKey | undefined,
  limit: number,
): Promise<Listed[]> {
  const { department, status, dueBefore, sort } = filter;
  const conditions: (SQL | undefined)[] = [eq(assignments.department, department)];
  if (status) conditions.push(eq(assignments.status, status));
  if (dueBefore) conditions.push(lt(assignments.dueAt, dueBefore));
  if (sort === 'dueAt') conditions.push(isNotNull(assignments.dueAt));
  if (after) conditions.push(past(after, sort));
  const rows = await db
    .select()
    .from(assignments)
    .where(and(...conditions))
    .orderBy(...(sort === 'dueAt' ? [asc(assignments.dueAt), asc(assignments.id)] : [desc(assignments.id)]))
    .limit(limit);
  return withAppeals(db, keyRing, rows);
}

function past(after: AssignmentKey, sort: AssignmentFilter['sort']): SQL {
  if (sort === 'assignedAt' || after.dueAt === null) return lt(assignments.id, after.id);
  return sql`(${assignments.dueAt}, ${assignments.id}) > (${after.dueAt}::timestamptz, ${after.id}::uuid)`;
}

export async function findAssignment(db: Database, keyRing: KeyRing, id: string): Promise<Listed | undefined> {
  const rows = await db.select().from(assignments).where(eq(assignments.id, id));
  return (await withAppeals(db, keyRing, rows))[0];
}

async function withAppeals(
  db: Database,
  keyRing: KeyRing,
  rows: (typeof assignments.$inferSelect)[],
): Promise<Listed[]> {
  const texts = await appealTexts(
    db,
    keyRing,
    rows.map((row) => row.appealId),
  );
  return rows.flatMap((assignment) => {
    const appeal = texts.get(assignment.appealId);
    return appeal ? [{ assignment, appeal }] : [];
  });
}
