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
  stop(): Promise<void>;
}

/** As many connections as the service's own pool has. */
const POOL_SIZE = 16;

/** The embedded PostgreSQL as `npm start` runs it with a city of each size on it, all in a folder that `stop` removes. */
export async function setStage(sizes: readonly number[], clauses: readonly string[]): Promise<Stage> {
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
    const server = await startEmbeddedServer({ dataDir: path.join(folder, 'data'), log: createLog('error') });
    stops.push(server.stop);
    const cities: FilledCity[] = [];
    for (const rows of sizes) cities.push(await fillCity(server.url, rows, clauses, stops));
    const { rows } = await (cities[0] as FilledCity).admin.query<{ v: string }>(
      `select current_setting('server_version') v`,
    );
    return { cities, serverVersion: rows[0]?.v ?? '', stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function fillCity(
  serverUrl: string,
  rows: number,
  clauses: readonly string[],
  stops: (() => Promise<void>)[],
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
  stops.push(() => db.$client.end());
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  stops.push(() => admin.end());
  say(`a city of ${rows} appeals in ${Math.round((Date.now() - begun) / 1000)} s`);
  return { name, rows, make, db, admin };
}
