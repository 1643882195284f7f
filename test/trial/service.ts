import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InjectOptions } from 'fastify';
import { projectRoot } from '../../src/config.ts';
import { freePort } from '../../src/platform/database/embedded/free-port.ts';
import { ADMIN_KEY, type Reply } from '../support/city.ts';
import { cloneTemplate, dropDatabase, urlOf } from '../support/databases.ts';

const START_MS = 30_000;
const ANSWER_MS = 30_000;

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
      LOG_LEVEL: 'fatal',
    },
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));

  /** As a test's `inject`, over a connection of its own; of `remoteAddress` (10/8) it takes the namesake in 127/8 (Linux). */
  function inject<T>({
    method = 'GET',
    url,
    query,
    headers,
    payload,
    remoteAddress,
  }: InjectOptions): Promise<Reply<T>> {
    const search = query ? `?${new URLSearchParams(query as Record<string, string>)}` : '';
    const bytes = payload === undefined ? undefined : Buffer.isBuffer(payload) ? payload : Buffer.from(String(payload));
    return new Promise((resolve, reject) => {
      const request = http.request(
        {
          host: '127.0.0.1',
          port,
          method,
          path: `${String(url)}${search}`,
          headers: { ...(headers as Record<string, string>), ...(bytes ? { 'content-length': bytes.length } : {}) },
          agent: false,
          timeout: ANSWER_MS,
          ...(remoteAddress ? { localAddress: remoteAddress.replace(/^10\./, '127.') } : {}),
        },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(parts).toString();
            const isJson = /json/.test(response.headers['content-type'] ?? '');
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers as Record<string, string>,
              body: (isJson && text !== '' ? JSON.parse(text) : text) as T,
            });
          });
        },
      );
      request.on('timeout', () => request.destroy(new Error(`no answer in ${ANSWER_MS / 1000} s`)));
      request.on('error', reject);
      request.end(bytes);
    });
  }

  const call = <T>(method: 'GET' | 'POST' | 'PUT', url: string, body?: unknown): Promise<Reply<T>> =>
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
