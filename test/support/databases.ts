import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import pg from 'pg';
import { seedDemoCity } from '../../src/city/seed.ts';
import { migrationsFolder } from '../../src/compose.ts';
import { createDatabase, sqlState } from '../../src/platform/database/database.ts';
import { migrateDatabase } from '../../src/platform/database/migrate.ts';
import { createLog } from '../../src/platform/log.ts';

/** One builder of templates at a time, on the whole server. */
const TEMPLATE_LOCK = 7_160_012_399;
const OBJECT_IN_USE = '55006';

/** Superuser URL of the PostgreSQL of this run. */
export function serverUrl(): string {
  const url = process.env.TEST_DATABASE_URL;
  if (!url) throw new Error('TEST_DATABASE_URL is not set: run the tests by `npm test`, which starts a PostgreSQL.');
  return url;
}

export function urlOf(database: string): string {
  const url = new URL(serverUrl());
  url.pathname = `/${database}`;
  return url.href;
}

/** A new database, a copy of the migrated and seeded template. Returns its name. */
export async function cloneTemplate(): Promise<string> {
  const template = templateName();
  const name = newName();
  await withServer(async (server) => {
    await buildOnce(server, template);
    await server.query(`create database ${name} template ${template}`);
  });
  return name;
}

/** A new database without anything in it. */
export async function createEmpty(): Promise<string> {
  const name = newName();
  await withServer((server) => server.query(`create database ${name} template template0`));
  return name;
}

/** Drops a database. @throws Error naming who still holds a connection to it: a test that leaks one fails. */
export async function dropDatabase(name: string): Promise<void> {
  await withServer(async (server) => {
    try {
      // PostgreSQL itself waits up to five seconds for connections that are just closing.
      await server.query(`drop database ${name}`);
    } catch (error) {
      if (sqlState(error) !== OBJECT_IN_USE) throw error;
      const { rows } = await server.query<{ application_name: string; query: string }>(
        'select application_name, query from pg_stat_activity where datname = $1',
        [name],
      );
      await server.query(`drop database if exists ${name} with (force)`);
      const holders = rows.map((row) => `${row.application_name}: ${row.query.slice(0, 80)}`);
      throw new Error(`Connections were left open: ${holders.join('; ')}`);
    }
  });
}

const newName = (): string => `minsheng_test_${process.pid}_${randomBytes(4).toString('hex')}`;

async function withServer<T>(work: (server: pg.Client) => Promise<T>): Promise<T> {
  const server = new pg.Client({ connectionString: serverUrl(), application_name: 'minsheng-test' });
  await server.connect();
  try {
    return await work(server);
  } finally {
    await server.end();
  }
}

/** The flag `datistemplate` is set last, so that a template whose builder was killed is built again. */
async function buildOnce(server: pg.Client, template: string): Promise<void> {
  const isReady = async (): Promise<boolean | undefined> => {
    const { rows } = await server.query<{ ready: boolean }>(
      'select datistemplate as ready from pg_database where datname = $1',
      [template],
    );
    return rows[0]?.ready;
  };
  if (await isReady()) return;
  await server.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
  try {
    const ready = await isReady();
    if (ready) return;
    if (ready === false) await server.query(`drop database ${template} with (force)`);
    await server.query(`create database ${template} template template0`);
    await fill(urlOf(template));
    await server.query(`alter database ${template} is_template true`);
  } finally {
    await server.query('select pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
  }
}

async function fill(url: string): Promise<void> {
  await migrateDatabase(url, migrationsFolder);
  const db = createDatabase(url, createLog('silent'), 1);
  try {
    await seedDemoCity(db);
  } finally {
    await db.$client.end();
  }
}

/** Named by what goes into it: other migrations, policies, calendars or cities make another template. */
function templateName(): string {
  const source = path.join(import.meta.dirname, '../../src');
  const files = [migrationsFolder, path.join(source, 'city'), path.join(source, 'deadlines')]
    .flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && /\.(sql|json|js)$/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
  const bullmq = createRequire(import.meta.url)('bullmq/package.json') as { version: string };
  const hash = createHash('sha256').update(bullmq.version);
  for (const file of files) hash.update(file).update('\0').update(readFileSync(file));
  return `minsheng_template_${hash.digest('hex').slice(0, 16)}`;
}
