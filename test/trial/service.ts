import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InjectOptions } from 'fastify';
import { projectRoot } from '../../src/config.ts';
import { freePort } from '../../src/platform/database/embedded/free-port.ts';
import { ADMIN_KEY, type Reply } from '../support/city.ts';
import { cloneTemplate, dropDatabase, urlOf } from '../support/databases.ts';
import { send } from '../support/send.ts';

const START_MS = 30_000;

export type Service = Awaited<ReturnType<typeof startService>>;

/** The program as `minsheng start` runs it, a process of its own, for the time of a trial. */
export async function withService<T>(work: (service: Service) => Promise<T>): Promise<T> {
  const database = await cloneTemplate();
  const dataDir = mkdtempSync(path.join(tmpdir(), 'minsheng-trial-'));
  try {
    const service = await startService(urlOf(database), dataDir);
    try {
      return await work(service);
    } finally {
      await service.stop();
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
    await dropDatabase(database);
  }
}

async function startService(databaseUrl: string, dataDir: string) {
  const port = await freePort();
  const child = fork(path.join(projectRoot, 'dist/src/main.js'), ['start'], {
    execArgv: ['--expose-gc', '--import', path.join(import.meta.dirname, 'memory-probe.js')],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      PATH: process.env.PATH,
      PORT: String(port),
      DATA_DIR: dataDir,
      DATABASE_URL: databaseUrl,
      CLOCK: 'simulated',
      MINSHENG_ADMIN_KEY: ADMIN_KEY,
      TRUST_PROXY: '127.0.0.1',
      LOG_LEVEL: 'fatal',
    },
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));

  /** As a test's `inject`, over a real connection, through a proxy that names `remoteAddress`. */
  async function inject<T>({ remoteAddress, headers, ...rest }: InjectOptions): Promise<Reply<T>> {
    const forwarded = remoteAddress === undefined ? {} : { 'x-forwarded-for': remoteAddress };
    const sent = await send(port, { ...rest, headers: { ...headers, ...forwarded } });
    if (typeof sent === 'string') throw new Error(sent);
    const isJson = /json/.test(String(sent.headers['content-type'] ?? ''));
    const body = (isJson && sent.body !== '' ? JSON.parse(sent.body) : sent.body) as T;
    return { status: sent.status, headers: sent.headers as Record<string, string>, body };
  }

  const call = <T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: unknown): Promise<Reply<T>> =>
    inject<T>({
      method,
      url,
      headers: { authorization: `Bearer ${ADMIN_KEY}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { payload: JSON.stringify(body) } : {}),
    });

  /** What the process holds after a full collection, bytes. */
  const memory = (): Promise<NodeJS.MemoryUsage> =>
    new Promise((resolve) => {
      child.once('message', (answer) => resolve((answer as { memory: NodeJS.MemoryUsage }).memory));
      child.send('memory');
    });

  const isReady = (): Promise<boolean> =>
    call('GET', '/readyz').then(
      ({ status }) => status === 200,
      () => false,
    );
  for (const end = Date.now() + START_MS; !(await isReady()); await sleep(50)) {
    if (child.exitCode !== null) throw new Error(`the service ended with ${child.exitCode}`);
    if (Date.now() > end) throw new Error(`the service did not answer within ${START_MS / 1000} s`);
  }
  return {
    inject,
    call,
    memory,
    async stop(): Promise<void> {
      child.kill('SIGTERM');
      await gone;
    },
  };
}
