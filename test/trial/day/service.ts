import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InjectOptions } from 'fastify';
import { projectRoot } from '../../../src/config.ts';
import { ADMIN_KEY, type Page } from '../../support/city.ts';
import { output, type Running, startServer, steadyPort } from '../../support/processes.ts';
import { send } from '../../support/send.ts';

const PROGRAM = path.join(projectRoot, 'dist/src/main.js');
/** Processes of the service, as a city runs them. */
const names = ['api-1', 'api-2', 'worker-1', 'worker-2'] as const;
export type ProcessName = (typeof names)[number];

export interface Reply<T> {
  status: number;
  body: T;
}

export type Service = Awaited<ReturnType<typeof startService>>;

/**
 * The program as a city runs it: two API processes and two workers on one database, spoken to over HTTP only. Any of them can
 * be killed; it is started again at the same address.
 */
export async function startService(options: { databaseUrl: string; folder: string; city: object }) {
  const { databaseUrl, folder, city } = options;
  const dataDir = path.join(folder, 'data');
  mkdirSync(dataDir, { recursive: true });
  const env = {
    DATABASE_URL: databaseUrl,
    DATA_DIR: dataDir,
    CLOCK: 'simulated',
    MINSHENG_ADMIN_KEY: ADMIN_KEY,
    // The public form counts addresses: the trial stands for the proxy that names them.
    TRUST_PROXY: '127.0.0.1',
    LOG_LEVEL: 'warn',
  };
  const command = (...args: string[]): Promise<string> => output(process.execPath, [PROGRAM, ...args], env);
  const cityFile = path.join(folder, 'city.json');
  writeFileSync(cityFile, JSON.stringify(city));
  await command('migrate');
  await command('seed', cityFile);
  const open311Key = (await command('keys', 'create', 'trial-open311', 'open311')).trim().split('\n').at(-1) ?? '';

  const ports = { 'api-1': await steadyPort(), 'api-2': await steadyPort() };
  const running = new Map<ProcessName, Running>();
  const logFileOf = (name: ProcessName): string => path.join(folder, `${name}.log`);

  let stopped = false;
  async function start(name: ProcessName): Promise<void> {
    if (stopped) return;
    running.set(
      name,
      await startServer({
        program: PROGRAM,
        args: [name.startsWith('worker') ? 'worker' : 'api'],
        env,
        logFile: logFileOf(name),
        ...(name === 'api-1' || name === 'api-2' ? { port: ports[name], probe: '/healthz' } : {}),
      }),
    );
  }
  const stopAll = async (): Promise<void> => void (await Promise.all([...running.values()].map((each) => each.stop())));
  try {
    // One after the other: none of them may still be starting when another has failed.
    for (const name of names) await start(name);
  } catch (error) {
    await stopAll();
    throw error;
  }

  let knocks = 0;
  /** Where the next request goes: both APIs by turns, also while one of them is down. */
  const door = (): number => ports[knocks++ % 2 === 0 ? 'api-1' : 'api-2'];

  /** `kill -9` of one or all, and their start again. Resolves when they answer. */
  async function kill(which: ProcessName | 'all'): Promise<void> {
    const killed = which === 'all' ? names : [which];
    await Promise.all(killed.map((name) => running.get(name)?.kill()));
    await Promise.all(killed.map(start));
  }

  /** The city's own calls, not the citizens': asked again until somebody answers. */
  async function call<T>(
    method: 'GET' | 'POST' | 'PUT',
    url: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Reply<T>> {
    const request: InjectOptions = {
      method,
      url,
      headers: {
        authorization: `Bearer ${ADMIN_KEY}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    };
    for (;;) {
      if (stopped) throw new Error('the service was stopped');
      const sent = await send(door(), request, { timeoutMs: 120_000 });
      if (typeof sent !== 'string') return { status: sent.status, body: JSON.parse(sent.body || 'null') as T };
      await sleep(100);
    }
  }

  async function must<T>(
    method: 'GET' | 'POST' | 'PUT',
    url: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) {
    const reply = await call<T>(method, url, body, headers);
    if (reply.status >= 300) throw new Error(`${method} ${url}: ${reply.status} ${JSON.stringify(reply.body)}`);
    return reply.body;
  }

  /** All entries of a list, page by page. */
  async function all<T>(url: string, limit = 100, headers?: Record<string, string>): Promise<T[]> {
    const items: T[] = [];
    for (let after = ''; ; ) {
      const page = await must<Page<T>>(
        'GET',
        `${url}${url.includes('?') ? '&' : '?'}limit=${limit}${after}`,
        undefined,
        headers,
      );
      items.push(...page.items);
      if (page.next === null || page.items.length === 0) return items;
      after = `&after=${encodeURIComponent(page.next)}`;
    }
  }

  /** Moves business time; whatever falls due on the way is done. Asked again when a process died over it. */
  async function moveClock(to: number): Promise<void> {
    for (let tries = 0; ; tries++) {
      const { status, body } = await call('POST', '/v1/dev/clock', { set: new Date(to).toISOString() });
      if (status === 200) return;
      // 409: the move of a process that died is still held by its connection; 503: nobody works yet.
      if (tries > 60 || (status !== 409 && status !== 503))
        throw new Error(`the clock does not move: ${status} ${JSON.stringify(body)}`);
      await sleep(250);
    }
  }

  /** Resident memory of each process, MiB; empty where /proc does not tell. */
  function memory(): Partial<Record<ProcessName, number>> {
    const mib: Partial<Record<ProcessName, number>> = {};
    for (const [name, { pid }] of running)
      try {
        const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
        mib[name] = Math.round(Number(kib) / 1024);
      } catch {
        // Not Linux.
      }
    return mib;
  }

  /** What the processes complained of, and how often. */
  function complaints(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const name of names)
      for (const line of readFileSync(logFileOf(name), 'utf8').split('\n')) {
        if (!line.startsWith('{')) {
          if (line.trim() !== '') counts[line.slice(0, 200)] = (counts[line.slice(0, 200)] ?? 0) + 1;
          continue;
        }
        const { level, msg, err, code } = JSON.parse(line) as Record<string, unknown>;
        const { name: kind, code: number, message } = (err ?? {}) as Record<string, unknown>;
        const text = [level, name, msg, code, kind, number, message].filter(Boolean).join(' ').slice(0, 300);
        counts[text] = (counts[text] ?? 0) + 1;
      }
    return counts;
  }

  return {
    dataDir,
    open311Key,
    demoKeys: JSON.parse(readFileSync(path.join(dataDir, 'demo-keys.json'), 'utf8')) as Record<string, string>,
    door,
    kill,
    call,
    must,
    all,
    moveClock,
    memory,
    complaints,
    isStopped: () => stopped,
    stop: async () => {
      stopped = true;
      await stopAll();
    },
  };
}
