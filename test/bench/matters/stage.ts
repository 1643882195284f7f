import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { migrationsFolder } from '../../../src/compose.ts';
import { createDatabase, type Database } from '../../../src/platform/database/database.ts';
import { startEmbeddedServer } from '../../../src/platform/database/embedded/embedded-server.ts';
import { migrateDatabase } from '../../../src/platform/database/migrate.ts';
import { createLog } from '../../../src/platform/log.ts';
import { say } from '../report.ts';
import { type AppealMaker, appealMaker } from './appeals.ts';
import { fillDatabase } from './fill.ts';

/** One city: a database with so many appeals, all of them with a sketch. */
export interface FilledCity {
  name: string;
  rows: number;
  make: AppealMaker;
  db: Database;
  /** For what the service itself never does. */
  admin: pg.Client;
}

export interface Stage {
  cities: FilledCity[];
  serverVersion: string;
}

/** As many connections as the service's own pool has. */
const POOL_SIZE = 16;

/**
 * The embedded PostgreSQL as `npm start` runs it with a city of each size on it, all in a folder that `stop` removes.
 * Stopped while the cities are filled, `ready` rejects.
 */
export function setStage(
  sizes: readonly number[],
  clauses: readonly string[],
): { ready: Promise<Stage>; stop: () => Promise<void> } {
  const folder = mkdtempSync(path.join(tmpdir(), 'minsheng-bench-'));
  const starting = startEmbeddedServer({ dataDir: path.join(folder, 'data'), log: createLog('error') });
  const open: (() => Promise<void>)[] = [];
  let stopping: Promise<void> | undefined;
  const stopAll = async (): Promise<void> => {
    const server = await starting.catch(() => undefined);
    for (const close of open) await close();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  async function fill(): Promise<Stage> {
    const server = await starting;
    const cities: FilledCity[] = [];
    for (const rows of sizes) cities.push(await fillCity(server.url, rows, clauses, open));
    const { rows } = await (cities[0] as FilledCity).admin.query<{ v: string }>(
      `select current_setting('server_version') v`,
    );
    return { cities, serverVersion: rows[0]?.v ?? '' };
  }
  const stop = (): Promise<void> => {
    stopping ??= stopAll();
    return stopping;
  };
  return { ready: fill(), stop };
}

async function fillCity(
  serverUrl: string,
  rows: number,
  clauses: readonly string[],
  open: (() => Promise<void>)[],
): Promise<FilledCity> {
  const name = `bench_${rows}`;
  const begun = Date.now();
  const owner = new pg.Client({ connectionString: serverUrl });
  await owner.connect();
  await owner.query(`create database ${name}`).finally(() => owner.end());
  const url = Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href;
  await migrateDatabase(url, migrationsFolder);
  const make = appealMaker(rows, clauses);
  await fillDatabase(url, rows, make);
  const db = createDatabase(url, createLog('error'), POOL_SIZE);
  open.push(() => db.$client.end());
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  open.push(() => admin.end());
  say(`a city of ${rows} appeals in ${Math.round((Date.now() - begun) / 1000)} s`);
  return { name, rows, make, db, admin };
}
