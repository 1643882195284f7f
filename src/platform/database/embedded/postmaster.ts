import { readFileSync, readlinkSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { isAlive } from './processes.ts';

export interface Postmaster {
  pid: number;
  port: number;
}

/** The server that runs on a cluster according to its pid file, if that process is alive and really a PostgreSQL. */
export function runningOn(cluster: string): Postmaster | undefined {
  let lines: string[];
  try {
    lines = readFileSync(path.join(cluster, 'postmaster.pid'), 'utf8').split('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const pid = Math.abs(Number(lines[0]));
  return isAlive(pid) && isPostgresIn(cluster, pid) ? { pid, port: Number(lines[3]) } : undefined;
}

/** A recycled process number must not be mistaken for the server; without /proc the connection decides. */
function isPostgresIn(cluster: string, pid: number): boolean {
  try {
    const [program = ''] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return path.basename(program) === 'postgres' && readlinkSync(`/proc/${pid}/cwd`) === realpathSync(cluster);
  } catch {
    return process.platform !== 'linux';
  }
}

/** Tries to connect until it works, `hasDied` says that it cannot, or machine milliseconds run out. */
export async function waitForAnswer(url: string, within: number, hasDied: () => boolean): Promise<boolean> {
  const end = Date.now() + within;
  while (Date.now() < end && !hasDied()) {
    if (await answers(url)) return true;
    await sleep(25);
  }
  return false;
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === '28P01')
      throw new Error(
        'The embedded database does not accept the password kept in DATA_DIR: restore postgres-password, or use another DATA_DIR.',
      );
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Ends a server: SIGINT lets transactions abort and writes a checkpoint, then harder. Resolves when it is gone. */
export async function endServer(pid: number): Promise<void> {
  for (const [signal, within] of [
    ['SIGINT', 2_000],
    ['SIGQUIT', 600],
    ['SIGKILL', 5_000],
  ] as const) {
    if (!isAlive(pid)) return;
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
      throw error;
    }
    for (const end = Date.now() + within; Date.now() < end && isAlive(pid); ) await sleep(10);
  }
}
