import { eq, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../platform/database/database.ts';
import { arrayOf, insertRows } from '../platform/database/rows.ts';
import { departments } from './departments.table.ts';

export async function departmentNames(
  db: Database | Transaction,
  codes: readonly string[],
): Promise<Map<string, string>> {
  const rows = await db
    .select({ code: departments.code, name: departments.name })
    .from(departments)
    .where(sql`${departments.code} = any(${arrayOf([...new Set(codes)], 'text')})`);
  return new Map(rows.map((row) => [row.code, row.name]));
}

export async function departmentExists(db: Database, code: string): Promise<boolean> {
  return (await departmentNames(db, [code])).has(code);
}

/** Number of the newest entry of a department's feed, 0 before the first; undefined when there is no such department. */
export async function feedHeadOf(db: Database, code: string): Promise<number | undefined> {
  const [row] = await db.select({ head: departments.feedHead }).from(departments).where(eq(departments.code, code));
  return row?.head;
}

/** Adds departments, or renames those that are known. */
export async function upsertDepartments(
  tx: Transaction,
  rows: readonly { code: string; name: string }[],
): Promise<void> {
  await insertRows(tx, departments, rows, sql`on conflict (code) do update set name = excluded.name`);
}

export async function listDepartments(db: Database): Promise<{ code: string; name: string }[]> {
  return db.select({ code: departments.code, name: departments.name }).from(departments).orderBy(departments.code);
}
