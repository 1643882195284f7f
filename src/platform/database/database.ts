import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import type { Log } from '../log.ts';

export type Database = NodePgDatabase & { $client: pg.Pool };
export type Transaction = Parameters<Parameters<NodePgDatabase['transaction']>[0]>[0];
/** What a query needs to run: the pool or an open transaction. */
export type Executor = NodePgDatabase | Transaction;

/** A pool of at most `max` connections on UTC sessions. A lost idle connection is logged, never fatal. */
export function createDatabase(url: string, log: Log, max: number): Database {
  const pool = new pg.Pool({ connectionString: url, max, connectionTimeoutMillis: 10_000, options: '-c timezone=UTC', application_name: 'minsheng' });
  pool.on('error', (err) => log.warn({ err }, 'a database connection was lost'));
  return drizzle(pool);
}

const UNIQUE_VIOLATION = '23505';

/** The SQLSTATE behind an error, when it is the database's. */
export function sqlState(error: unknown): string | undefined {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as Error & { code?: unknown };
    if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) return code;
  }
  return undefined;
}

export function isUniqueViolation(error: unknown): boolean {
  return sqlState(error) === UNIQUE_VIOLATION;
}
