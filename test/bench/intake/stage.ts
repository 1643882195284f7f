import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { migrationsFolder } from '../../../src/compose.ts';
import { projectRoot } from '../../../src/config.ts';
import { startEmbeddedServer } from '../../../src/platform/database/embedded/embedded-server.ts';
import { migrateDatabase } from '../../../src/platform/database/migrate.ts';
import { createLog } from '../../../src/platform/log.ts';
import { output, type Running, startServer } from '../../support/processes.ts';
import { captureAppeal } from './capture.ts';
import { isRead, pgbenchScript } from './pgbench-script.ts';

/** As many connections as the service's own pool has. */
const POOL_SIZE = '16';

export interface Stage {
  api: Running;
  bare: Running;
  key: string;
  /** Where pgbench writes: the same schema and seed as the service's database. */
  pgbenchUrl: string;
  /** Scripts for pgbench: all the service executes for one appeal, and without the statements that only read. */
  scripts: { whole: string; writes: string };
  serverVersion: string;
  checkpoint(): Promise<void>;
  /** Rows per table that intake writes, in the service's database or pgbench's. */
  countRows(of: 'api' | 'pgbench'): Promise<Record<string, number>>;
  stop(): Promise<void>;
}

/** The embedded PostgreSQL as `npm start` runs it, three databases on it, the API and the bare handler as processes. */
export async function setStage(): Promise<Stage> {
  const folder = mkdtempSync(path.join(tmpdir(), 'minsheng-bench-'));
  const stops: (() => Promise<void>)[] = [async () => rmSync(folder, { recursive: true, force: true })];
  let stopping: Promise<void> | undefined;
  const stopAll = async (): Promise<void> => {
    for (const each of stops.reverse()) await each();
  };
  const stop = (): Promise<void> => {
    stopping ??= stopAll();
    return stopping;
  };
  try {
    return { ...(await build(folder, stops)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function build(folder: string, stops: (() => Promise<void>)[]): Promise<Omit<Stage, 'stop'>> {
  const dataDir = path.join(folder, 'data');
  const server = await startEmbeddedServer({ dataDir, log: createLog('error') });
  stops.push(server.stop);
  const admin = new pg.Client({ connectionString: server.url });
  await admin.connect();
  stops.push(() => admin.end());
  const urlOf = (database: string): string => Object.assign(new URL(server.url), { pathname: `/${database}` }).href;
  const env = { DATABASE_URL: urlOf('bench_api'), DATA_DIR: dataDir };

  await admin.query('create database bench_api');
  await migrateDatabase(env.DATABASE_URL, migrationsFolder);
  const program = path.join(projectRoot, 'dist/src/main.js');
  const created = await output(
    process.execPath,
    [program, 'keys', 'create', 'bench', 'intake:phone', '--per-minute', '100000000'],
    env,
  );
  await admin.query('create database bench_pgbench template bench_api');
  await admin.query('create database bench_scratch template bench_api');
  await admin.query('create database bench_bare');

  const statements = await captureAppeal({ ...env, DATABASE_URL: urlOf('bench_scratch') });
  const scripts = { whole: path.join(folder, 'whole.sql'), writes: path.join(folder, 'writes.sql') };
  writeFileSync(scripts.whole, pgbenchScript(statements));
  writeFileSync(scripts.writes, pgbenchScript(statements.filter((statement) => !isRead(statement))));

  const api = await startServer({
    program,
    args: ['api'],
    env,
    logFile: path.join(folder, 'api.log'),
    probe: '/healthz',
  });
  stops.push(api.stop);
  const bare = await startServer({
    program: path.join(import.meta.dirname, 'bare.js'),
    env: { DATABASE_URL: urlOf('bench_bare'), POOL_SIZE },
    logFile: path.join(folder, 'bare.log'),
    probe: '/healthz',
  });
  stops.push(bare.stop);

  const tables = statements.flatMap(({ text }) => /^\s*insert into "?(\w+)/i.exec(text)?.[1] ?? []);
  return {
    api,
    bare,
    key: created.trim().split('\n').at(-1) ?? '',
    pgbenchUrl: urlOf('bench_pgbench'),
    scripts,
    serverVersion: (await admin.query<{ v: string }>(`select current_setting('server_version') v`)).rows[0]?.v ?? '',
    checkpoint: async () => void (await admin.query('checkpoint')),
    countRows: (of) => countRows(urlOf(`bench_${of}`), [...new Set(tables)]),
  };
}

async function countRows(url: string, tables: readonly string[]): Promise<Record<string, number>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const counts: Record<string, number> = {};
    for (const table of tables) {
      const { rows } = await client.query<{ n: string }>(`select count(*) n from ${client.escapeIdentifier(table)}`);
      counts[table] = Number(rows[0]?.n);
    }
    return counts;
  } finally {
    await client.end();
  }
}
