import path from 'node:path';
import { runMigrations } from 'bullmq';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';

/** One number for everybody who migrates this database; drizzle's own migrator takes no lock. */
const MIGRATION_LOCK = 7_160_012_345;

/**
 * Brings the schema up to date: ours first, then BullMQ's own. Safe when several processes start at once: the others
 * wait for the lock and find nothing left to do.
 */
export async function migrateDatabase(url: string, folder: string): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'minsheng-migrate',
    connectionTimeoutMillis: 10_000,
  });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await client.query("set lock_timeout = '30s'");
    await migrate(drizzle(client), {
      migrationsFolder: path.resolve(folder),
      migrationsSchema: 'public',
      migrationsTable: 'migrations',
    });
    await runMigrations(client);
  } finally {
    await client.end();
  }
}
