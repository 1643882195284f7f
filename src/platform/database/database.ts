import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import type { Log } from '../log.ts';

export type Database = NodePgDatabase & { $client: pg.Pool };
/** An open transaction, from `withTransaction`. */
export type Transaction = NodePgDatabase & { readonly openTransaction: true };
/** What a query needs to run: the pool or an open transaction. */
export type Executor = NodePgDatabase | Transaction;

/**
 * UTC sessions, and an end for everything that could hold others up: a process stopped in the middle of a transaction
 * holds its persons and appeals for half a minute at most.
 */
const SESSION =
  '-c timezone=UTC -c statement_timeout=60s -c lock_timeout=5s -c idle_in_transaction_session_timeout=30s';

/** A pool of at most `max` connections. A lost idle connection is logged, never fatal. */
export function createDatabase(url: string, log: Log, max: number): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    connectionTimeoutMillis: 10_000,
    options: SESSION,
    application_name: 'minsheng',
  });
  // Idle connections report to the pool, those in use only to themselves; unheard, either would end the process.
  const lost = (err: Error): void => log.warn({ err }, 'a database connection was lost');
  pool.on('error', lost);
  pool.on('connect', (client) => client.on('error', lost));
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

/**
 * SQLSTATEs that pass: 08 connection, 53 resources, 57P operator intervention, 57014 time-out, 40P01 deadlock, 40001
 * serialisation, 55P03 lock time-out.
 */
const UNAVAILABLE = /^(08|53|57P|57014|40P01|40001|55P03)/;
const UNREACHABLE = /^(ECONNREFUSED|ECONNRESET|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH)$/;

/** Whether the database could not be asked at all, so that the same request may succeed later. */
export function isUnavailable(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== undefined && (UNREACHABLE.test(code) || UNAVAILABLE.test(code))) return true;
    if (
      /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/.test(
        cause.message,
      )
    )
      return true;
  }
  return false;
}
