import { mkdirSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { readOrMakeSecret } from '../../access/data-key.ts';
import type { Log } from '../../log.ts';
import { findBinaries } from './binaries.ts';
import { freePort } from './free-port.ts';
import { clusterOf, findHousing, type Housing } from './housing.ts';
import { initialise } from './initdb.ts';
import { lockDataDir, ownerOf } from './instance-lock.ts';
import { keepRunning } from './keep-running.ts';
import { endServer, type Postmaster, runningOn, waitForAnswer } from './postmaster.ts';
import { launchServer } from './server-process.ts';

export interface EmbeddedServer {
  /** Stays the same when the server has to be started again. */
  url: string;
  /** Process number of the server that runs now. */
  readonly pid: number;
  /** Resolves when the server is gone. Calling it again changes nothing. */
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
/** Machine milliseconds a server left behind may take to answer. */
const ADOPT_MS = 10_000;
const urlOf = (port: number, password: string, database: string): string =>
  `postgres://${USER}:${password}@127.0.0.1:${port}/${database}`;

/**
 * Runs the PostgreSQL that npm installed, on a free port of 127.0.0.1, until `stop`. One left behind by a killed process
 * is adopted, one that dies is started again on the same port.
 * @throws Error one sentence saying what is wrong and what to set.
 */
export async function startEmbeddedServer(options: Options): Promise<EmbeddedServer> {
  const { dataDir, log } = options;
  const unlock = take(dataDir);
  try {
    const housing = findHousing(dataDir, await findBinaries());
    const password = passwordOf(dataDir);
    const first = (await adopt(housing.cluster, password, log)) ?? (await begin(options, housing, password));
    await ensureDatabase(urlOf(first.port, password, 'postgres'));
    const running = keepRunning(first.pid, log, async () => {
      const again = await launch(options, housing, password, () => first.port);
      return again.pid;
    });
    let stopping: Promise<void> | undefined;
    const stop = async (): Promise<void> => {
      await endServer(await running.release());
      unlock();
    };
    return {
      url: urlOf(first.port, password, DATABASE),
      get pid() {
        return running.pid();
      },
      stop: () => {
        stopping ??= stop();
        return stopping;
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** The server of an instance that is running on this DATA_DIR, for a command beside it; undefined when none runs. */
export async function joinEmbeddedServer(dataDir: string): Promise<string | undefined> {
  if (ownerOf(dataDir) === undefined) return undefined;
  const running = runningOn(clusterOf(dataDir));
  return running && urlOf(running.port, passwordOf(dataDir), DATABASE);
}

function take(dataDir: string): () => void {
  try {
    mkdirSync(dataDir, { recursive: true });
    return lockDataDir(dataDir);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new Error(`DATA_DIR=${dataDir} cannot be written (${code}): set DATA_DIR to a folder of your own.`, {
      cause: error,
    });
  }
}

const passwordOf = (dataDir: string): string =>
  readOrMakeSecret(dataDir, 'postgres-password', () => crypto.randomUUID().replaceAll('-', ''));

async function adopt(cluster: string, password: string, log: Log): Promise<Postmaster | undefined> {
  const orphan = runningOn(cluster);
  if (!orphan) return undefined;
  const url = urlOf(orphan.port, password, 'postgres');
  let answers = false;
  try {
    answers = await waitForAnswer(url, ADOPT_MS, () => runningOn(cluster) === undefined);
  } finally {
    if (!answers) {
      log.warn({ pid: orphan.pid }, 'a database server left running does not answer and is stopped');
      await endServer(orphan.pid);
    }
  }
  if (!answers) return undefined;
  log.info({ pid: orphan.pid }, 'adopted the database server that a killed process left running');
  return orphan;
}

async function begin(options: Options, housing: Housing, password: string): Promise<Postmaster> {
  const { dataDir, durable = true } = options;
  await initialise(housing, { user: USER, password, durable, env: environment(dataDir) });
  return launch(options, housing, password, freePort);
}

function launch(
  { dataDir, durable = true, maxConnections = 100 }: Options,
  housing: Housing,
  password: string,
  choosePort: () => number | Promise<number>,
): Promise<Postmaster> {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    max_connections: maxConnections,
    shared_buffers: '256MB',
    max_wal_size: '2GB',
    checkpoint_completion_target: 0.9,
    // What went wrong with a row must not be written down with the row: it holds personal data.
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
    log_parameter_max_length_on_error: 0,
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  return launchServer(housing, async () => {
    const port = await choosePort();
    const logFile = path.join(dataDir, 'postgres.log');
    return { port, url: urlOf(port, password, 'postgres'), logFile, settings, env: environment(dataDir) };
  });
}

/** Nothing of ours but DATA_DIR, by which an instance's processes are known, and no PG* variables that change the server. */
function environment(dataDir: string): NodeJS.ProcessEnv {
  const { PATH, HOME, SystemRoot } = process.env;
  return { PATH, HOME, SystemRoot, DATA_DIR: dataDir, TZ: 'UTC', LC_ALL: 'C' };
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
