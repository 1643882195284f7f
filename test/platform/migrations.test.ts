import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { migrationsFolder } from '../../src/compose.ts';
import { checkPolicy } from '../../src/deadlines/policy-check.ts';
import { migrateDatabase } from '../../src/platform/database/migrate.ts';
import { createEmpty, dropDatabase, urlOf } from '../support/databases.ts';
import t, { type Test } from '../support/tap.ts';

const database = await createEmpty();
const older = await createEmpty();
const fetching = await createEmpty();
t.teardown(async () => {
  await dropDatabase(database);
  await dropDatabase(older);
  await dropDatabase(fetching);
});

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

/** Brings a database to where it was before a migration. */
async function migrateUntil(t: Test, url: string, next: string): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'minsheng-migrations-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  cpSync(migrationsFolder, folder, { recursive: true });
  const journal = path.join(folder, 'meta/_journal.json');
  const { entries, ...rest } = JSON.parse(readFileSync(journal, 'utf8')) as { entries: { tag: string }[] };
  const end = entries.findIndex(({ tag }) => tag.startsWith(next));
  writeFileSync(journal, JSON.stringify({ ...rest, entries: entries.slice(0, end) }));
  await migrateDatabase(url, folder);
}

t.test('a policy stored in the first form is the same policy in the new one afterwards', async (t) => {
  const url = urlOf(older);
  await migrateUntil(t, url, '0002');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const first = { code: 'kunming-hotline', version: 1, zone: 'Asia/Shanghai', deadlines: {} };
  const own = { ...first, code: 'own', texts: {} };
  for (const document of [first, own])
    await client.query('insert into policies values ($1, 1, $2)', [document.code, document]);
  await migrateDatabase(url, migrationsFolder);
  const { rows } = await client.query<{ document: object }>('select document from policies order by code');
  await client.end();
  t.same(checkPolicy(rows[0]?.document), []);
  t.match(rows[0]?.document, { code: 'kunming-hotline', version: 1, deadlines: { resolve: { due: [{ amount: 5 }] } } });
  t.same(rows[1]?.document, own);
});

t.test('files that were still to be fetched are so afterwards, each by its own fetcher', async (t) => {
  const url = urlOf(fetching);
  await migrateUntil(t, url, '0016');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  // What belongs to a file besides its message is of no matter here.
  await client.query("set session_replication_role = 'replica'");
  const id = (at: number): string => `00000000-0000-7000-8000-00000000000${at}`;
  const files = [
    ['wechat', 'image'],
    ['weibo', 'image'],
    ['portal', 'image'],
    ['phone', 'recording'],
    [null, 'recording'],
  ] as const;
  for (const [at, [channel, kind]] of files.entries()) {
    if (channel)
      await client.query(
        `insert into messages (id, appeal_id, appellant_id, source, external_id, channel, disposition, received_at,
           recorded_at, key_id, fingerprint, sealed) values ($1, $1, $1, 's', $2, $3, 'registered', now(), now(), 'k', '', '')`,
        [id(at), id(at), channel],
      );
    await client.query(
      `insert into attachments (id, appeal_id, message_id, kind, state, sealed) values ($1, $2, $2, $3, 'pending', '')`,
      [id(at), channel && id(at), kind],
    );
    await client.query(
      `insert into agenda (kind, subject_id, business_key, run_at, due_at) values ('fetch', $1, $2, now(), now())`,
      [id(at), `fetch:${id(at)}`],
    );
  }
  await client.query("set session_replication_role = 'origin'");
  await migrateDatabase(url, migrationsFolder);
  const { rows } = await client.query<{ kind: string }>('select kind from agenda order by subject_id');
  await client.end();
  t.same(
    rows.map(({ kind }) => kind),
    ['fetch-wechat', 'fetch-weibo', 'fetch-open311', 'fetch-phone', 'fetch-phone'],
  );
});
