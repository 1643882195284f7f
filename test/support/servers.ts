import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { startEmbeddedServer } from '../../src/platform/database/embedded/embedded-server.ts';
import { freePort } from '../../src/platform/database/embedded/free-port.ts';
import { createLog } from '../../src/platform/log.ts';

export interface Servers {
  databaseUrl: string;
  /** Undefined when redis-server is not on PATH. */
  redisUrl: string | undefined;
  stop(): Promise<void>;
}

/** A PostgreSQL and, where it is installed, a Redis of this run's own, on free ports of 127.0.0.1. */
export async function startServers(): Promise<Servers> {
  const folder = mkdtempSync(path.join(tmpdir(), 'minsheng-test-'));
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const each of stops.reverse()) await each();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const log = createLog('error');
    const database = await startEmbeddedServer({
      dataDir: path.join(folder, 'data'),
      log,
      durable: false,
      maxConnections: 300,
    });
    stops.push(database.stop);
    const redis = await startRedis(folder);
    if (redis) stops.push(redis.stop);
    return { databaseUrl: database.url, redisUrl: redis?.url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startRedis(folder: string): Promise<{ url: string; stop: () => Promise<void> } | undefined> {
  const port = await freePort();
  const args = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    folder,
    '--maxmemory-policy',
    'noeviction',
  ];
  const child = spawn('redis-server', args, { stdio: 'ignore', detached: true });
  let hasGone = false;
  const gone = new Promise<void>((resolve) => {
    const note = (): void => {
      hasGone = true;
      resolve();
    };
    child.once('exit', note).once('error', note);
  });
  const url = `redis://127.0.0.1:${port}`;
  if (!(await answers(url, () => hasGone))) return undefined;
  return {
    url,
    stop: async () => {
      child.kill('SIGTERM');
      await gone;
    },
  };
}

/** Waits for the first answer; false when there is nobody left to give it. */
async function answers(url: string, hasGone: () => boolean): Promise<boolean> {
  while (!hasGone()) {
    const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return true;
    } catch {
      await sleep(50);
    } finally {
      client.disconnect();
    }
  }
  return false;
}
