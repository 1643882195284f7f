import { getTableColumns, type InferInsertModel, type SQL, sql } from 'drizzle-orm';
import { getTableConfig, type PgColumn, type PgTable } from 'drizzle-orm/pg-core';
import type { Executor } from './database.ts';

/**
 * Inserts many rows in one statement with one array parameter a column, so that a thousand rows cost one round trip and
 * one plan. Columns that no row names keep their default. Array-typed columns cannot travel this way.
 */
export async function insertRows<T extends PgTable>(
  tx: Executor,
  table: T,
  rows: readonly InferInsertModel<T>[],
  onConflict: SQL = sql.empty(),
): Promise<void> {
  if (rows.length === 0) return;
  const values = rows as readonly Record<string, unknown>[];
  const columns = Object.entries(getTableColumns(table)).filter(([key]) =>
    values.some((row) => row[key] !== undefined),
  );
  const names = sql.join(
    columns.map(([, column]) => sql.identifier(column.name)),
    sql.raw(', '),
  );
  const lists = columns.map(([key, column]) =>
    list(
      column,
      values.map((row) => row[key]),
    ),
  );
  await tx.execute(
    sql`insert into ${sql.identifier(getTableConfig(table).name)} (${names}) select * from unnest(${sql.join(lists, sql.raw(', '))}) ${onConflict}`,
  );
}

function list(column: PgColumn, values: unknown[]): SQL {
  const encoded = values.map((value) => (value === undefined || value === null ? null : encode(column, value)));
  return sql`${sql.param(encoded)}::${sql.raw(column.getSQLType())}[]`;
}

function encode(column: PgColumn, value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (column.getSQLType() === 'jsonb') return JSON.stringify(value);
  return value;
}

/** A JavaScript array as one array parameter (drizzle would spread it into a list). */
export function arrayOf(values: readonly unknown[], type: string): SQL {
  return sql`${sql.param(values.map((value) => (value instanceof Date ? value.toISOString() : value)))}::${sql.raw(type)}[]`;
}
