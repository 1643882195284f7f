import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import pg from 'pg';
import { readOrMakeSecret } from '../../access/data-key.ts';
import type { Log } from '../../log.ts';
import { findBinaries } from './binaries.ts';
import { findHousing, type Housing } from './housing.ts';
import { lockDataDir, ownerOf } from './instance-lock.ts';
import { endServer, runningOn, waitForAnswer } from './postmaster.ts';

export interface EmbeddedServer {
  url: string;
  pid: number;
  stop(): Promise<void>;
}

interface Options {
  /** Absolute path; everything the server owns lies under it. */
  dataDir: string;
  log: Log;
  /** False for throw-away servers of tests: nothing is synced to disk. */
  durable?: boolean;
  maxConnections?: number;
}

const USER = 'minsheng';
const DATABASE = 'minsheng';
/** Machine milliseconds: recovery after a crash may take a while. */
const START_MS = 60_000;
const ADOPT_MS = 10_000;
const urlOf = (port: number, password: string, database: string): string =>
  `postgres://${USER}:${password}@127.0.0.1:${port}/${database}`;

/**
 * Runs the PostgreSQL that npm installed, on a free port of 127.0.0.1. It stands in a process group of its own: a Ctrl-C
 * or SIGTERM for ours must not stop it before everything has drained. One left behind by a killed process is adopted.
 * @throws Error one sentence saying what is wrong and what to set.
 */
export async function startEmbeddedServer(options: Options): Promise<EmbeddedServer> {
  const { dataDir, log } = options;
  mkdirSync(dataDir, { recursive: true });
  const unlock = lockDataDir(dataDir);
  try {
    const housing = findHousing(dataDir, await findBinaries());
    const password = passwordOf(dataDir);
    const server = (await adopt(housing.cluster, password, log)) ?? (await launch(options, housing, password));
    await ensureDatabase(urlOf(server.port, password, 'postgres'));
    const stop = async (): Promise<void> => {
      await endServer(server.pid);
      unlock();
    };
    return { url: urlOf(server.port, password, DATABASE), pid: server.pid, stop };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** The server of an instance that is running on this DATA_DIR, for a command beside it; undefined when none runs. */
export async function joinEmbeddedServer(dataDir: string): Promise<string | undefined> {
  if (ownerOf(dataDir) === undefined) return undefined;
  const running = runningOn(findHousing(dataDir, await findBinaries()).cluster);
  return running && urlOf(running.port, passwordOf(dataDir), DATABASE);
}

const passwordOf = (dataDir: string): string =>
  readOrMakeSecret(dataDir, 'postgres-password', () => randomBytes(24).toString('base64url'));

async function adopt(cluster: string, password: string, log: Log): Promise<{ pid: number; port: number } | undefined> {
  const orphan = runningOn(cluster);
  if (!orphan) return undefined;
  if (await waitForAnswer(urlOf(orphan.port, password, 'postgres'), ADOPT_MS, () => runningOn(cluster) === undefined)) {
    log.info({ pid: orphan.pid }, 'adopted the database server that a killed process left running');
    return orphan;
  }
  log.warn({ pid: orphan.pid }, 'a database server left running does not answer and is stopped');
  await endServer(orphan.pid);
  return undefined;
}

async function launch(options: Options, housing: Housing, password: string): Promise<{ pid: number; port: number }> {
  const logFile = path.join(options.dataDir, 'postgres.log');
  if (!existsSync(path.join(housing.cluster, 'PG_VERSION'))) initialise(options, housing, password);
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const { child } = run(options, housing, port, logFile);
    let died = false;
    child.once('exit', () => {
      died = true;
    });
    if (await waitForAnswer(urlOf(port, password, 'postgres'), START_MS, () => died))
      return { pid: child.pid ?? 0, port };
    if (!died) await endServer(child.pid ?? 0);
    const lastLine = lastLineOf(logFile);
    // Somebody else may have taken the free port in between.
    if (attempt < 3 && /Address already in use|could not bind/.test(lastLine)) continue;
    throw new Error(`The embedded database did not start (${lastLine}): see ${logFile}, or set DATABASE_URL.`);
  }
}

function run(options: Options, housing: Housing, port: number, logFile: string) {
  const settings: Record<string, string | number> = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    max_connections: options.maxConnections ?? 100,
    shared_buffers: '256MB',
    max_wal_size: '2GB',
    checkpoint_completion_target: 0.9,
    // What went wrong with a row must not be written down with the row: it holds personal data.
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
    log_parameter_max_length_on_error: 0,
    ...(options.durable === false ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } : {}),
  };
  const args = [
    '-D',
    housing.cluster,
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  const { file, args: commandArgs, ...as } = housing.command(housing.binaries.postgres, args);
  const out = openSync(logFile, 'a', 0o600);
  const child = spawn(file, commandArgs, {
    ...as,
    detached: true,
    stdio: ['ignore', out, out],
    cwd: housing.folder,
    env: environment(options.dataDir),
  });
  closeSync(out);
  child.once('error', (error) => options.log.error({ err: error }, 'the embedded database could not be run'));
  child.unref();
  return { child };
}

/** Into a folder beside, renamed when complete: an initialisation that was killed half-way is simply done again. */
function initialise({ dataDir, durable, log }: Options, housing: Housing, password: string): void {
  log.info({ folder: housing.cluster }, 'initialising the embedded database');
  const unfinished = `${housing.cluster}.unfinished`;
  const passwordFile = path.join(housing.folder, 'initdb-password');
  rmSync(unfinished, { recursive: true, force: true });
  rmSync(housing.cluster, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  for (const file of [unfinished, passwordFile]) housing.giveTo(file);
  try {
    const args = [
      '-D',
      unfinished,
      '-U',
      USER,
      `--pwfile=${passwordFile}`,
      '-A',
      'scram-sha-256',
      '-E',
      'UTF8',
      '--locale-provider=builtin',
      '--locale=C.UTF-8',
    ];
    const {
      file,
      args: commandArgs,
      ...as
    } = housing.command(housing.binaries.initdb, durable === false ? [...args, '--no-sync'] : args);
    const done = spawnSync(file, commandArgs, {
      ...as,
      encoding: 'utf8',
      cwd: housing.folder,
      env: environment(dataDir),
    });
    if (done.status !== 0)
      throw new Error(
        `The embedded database could not be initialised (${(done.error?.message ?? done.stderr).trim().split('\n').at(-1)}): set DATA_DIR to a folder that can be written, or DATABASE_URL.`,
      );
    renameSync(unfinished, housing.cluster);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** Nothing of ours but DATA_DIR, by which an instance's processes are known, and no PG* variables that change the server. */
function environment(dataDir: string): NodeJS.ProcessEnv {
  const { PATH, HOME, SystemRoot } = process.env;
  return { PATH, HOME, SystemRoot, DATA_DIR: dataDir, TZ: 'UTC', LC_ALL: 'C' };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no free port')),
      );
    });
  });
}

async function ensureDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
}

function lastLineOf(file: string): string {
  return readFileSync(file, 'utf8').trim().split('\n').at(-1) ?? '';
}
