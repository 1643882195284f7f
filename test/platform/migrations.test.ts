import { readFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { migrationsFolder } from '../../src/compose.ts';
import { migrateDatabase } from '../../src/platform/database/migrate.ts';
import { createEmpty, dropDatabase, urlOf } from '../support/databases.ts';
import t from '../support/tap.ts';

const database = await createEmpty();
t.teardown(() => dropDatabase(database));

t.test('ten processes that migrate at once all succeed, and each migration ran once', async (t) => {
  const url = urlOf(database);
  const runs = await Promise.allSettled(Array.from({ length: 10 }, () => migrateDatabase(url, migrationsFolder)));
  t.same(
    runs.filter((run) => run.status === 'rejected'),
    [],
  );
  await migrateDatabase(url, migrationsFolder);
  const journal = JSON.parse(readFileSync(path.join(migrationsFolder, 'meta/_journal.json'), 'utf8')) as {
    entries: { when: number }[];
  };
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ count: number }>('select count(*)::int as count from migrations');
  t.equal(rows[0]?.count, journal.entries.length);
  const tables = await client.query("select 1 from pg_tables where schemaname = 'bullmq'");
  t.ok(tables.rowCount, 'the queue’s own schema is there too');
  await client.end();
  const whens = journal.entries.map(({ when }) => when);
  t.same(
    whens,
    [...whens].sort((a, b) => a - b),
    'a migration older than the newest would be skipped in silence',
  );
});
