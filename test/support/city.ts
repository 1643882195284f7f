import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { buildApp } from '../../src/app.ts';
import type { Appeal } from '../../src/appeals/appeals.schema.ts';
import type { ChannelName } from '../../src/channels/channel.ts';
import { compose, type Instance } from '../../src/compose.ts';
import { readConfig } from '../../src/config.ts';
import type { Assignment } from '../../src/departments/departments.schema.ts';
import type { MessageAnswer } from '../../src/intake/message.schema.ts';
import { createLog } from '../../src/platform/log.ts';
import { cloneTemplate, dropDatabase, urlOf } from './databases.ts';
import { watchForLeaks } from './leaks.ts';
import type { Test } from './tap.ts';

export const ADMIN_KEY = 'admin-key-of-the-test-city-0123456789';
/** A Tuesday morning without anything special about it. */
export const TUESDAY = '2026-03-10T10:00:00+08:00';

export interface CityOptions {
  /** Business time at the start; default: a plain Tuesday, 10:00. */
  at?: string;
  /** Whether workers run; default true. Without them the clock can only be moved while nothing is due. */
  workers?: boolean;
  /** Queue on this Redis; default: on PostgreSQL. */
  redisUrl?: string | undefined;
  /** What is kept in `city.logs`; default nothing. */
  logLevel?: string;
  /** Key ring; default: one made in DATA_DIR. */
  dataKey?: string;
  /** Further settings, by their names in the environment. */
  settings?: Record<string, string>;
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  errors?: { pointer: string; detail: string }[];
  allowed?: string[];
}

export interface Reply<T> {
  status: number;
  headers: Record<string, string>;
  body: T;
}

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface Receipt {
  id: string;
  messageId: string;
  kind: 'receipt' | 'notice';
  status: string;
  dueAt: string;
  sentAt: string | null;
  deliveredAt: string | null;
  text: string | null;
  to: string;
}

export interface OutboxEntry {
  id: number;
  receiptId: string;
  to: string;
  text: string;
  sentAt: string;
}

/** API and workers of one process on the city's database. */
export interface Node {
  instance: Instance;
  app: FastifyInstance;
  close(): Promise<void>;
}

export type City = Awaited<ReturnType<typeof createCity>>;

const sources: Record<ChannelName, string> = {
  phone: '12345',
  wechat: 'wechat-12345',
  weibo: 'weibo-12345',
  mailbox: 'mayor-mailbox',
  portal: 'portal',
};
let posted = 0;

/**
 * A city of its own: a fresh database cloned from the template, an instance and the app built by the same functions as in
 * production, simulated time, workers. Everything is taken down at the end of the test; what leaks makes it fail.
 */
export async function createCity(t: Test, options: CityOptions = {}) {
  watchForLeaks();
  const database = await cloneTemplate();
  const dataDir = mkdtempSync(path.join(tmpdir(), 'minsheng-test-'));
  const logs: string[] = [];
  const nodes: Node[] = [];
  t.teardown(async () => {
    for (const node of [...nodes].reverse()) await node.close();
    rmSync(dataDir, { recursive: true, force: true });
    await dropDatabase(database);
  });

  /** One more process on the same database, with a queue client, pools and (unless told not to) workers of its own. */
  async function start({ workers = true, dataKey = options.dataKey }: CityOptions = {}): Promise<Node> {
    const config = readConfig({
      DATABASE_URL: urlOf(database),
      REDIS_URL: options.redisUrl,
      DATA_DIR: dataDir,
      DATA_KEY: dataKey,
      CLOCK: 'simulated',
      MINSHENG_ADMIN_KEY: ADMIN_KEY,
      LOG_LEVEL: options.logLevel ?? 'silent',
      ...options.settings,
    });
    const log = createLog(config.LOG_LEVEL, { write: (line) => logs.push(line) });
    const instance = await compose(config, urlOf(database), log);
    const app = await buildApp(instance);
    let open = true;
    const node: Node = {
      instance,
      app,
      async close() {
        if (!open) return;
        open = false;
        instance.stopTaking();
        await app.close();
        await instance.intake.stop();
        if (workers) await instance.stopWorkers();
        await instance.close();
      },
    };
    nodes.push(node);
    if (workers) await instance.startWorkers();
    return node;
  }

  const first = await start({ workers: options.workers ?? true });
  const { db } = first.instance;

  async function inject<T>(request: InjectOptions, app = first.app): Promise<Reply<T>> {
    const response = await app.inject(request);
    const text = response.body;
    const isJson = /json/.test(String(response.headers['content-type'] ?? ''));
    return {
      status: response.statusCode,
      headers: response.headers as Record<string, string>,
      body: (isJson && text !== '' ? JSON.parse(text) : text) as T,
    };
  }

  /** Any call; with the admin key unless `headers` say otherwise (`authorization: ''` sends none). */
  function call<T = Problem>(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    url: string,
    body?: unknown,
    headers: Record<string, string | undefined> = {},
    node: Node = first,
  ): Promise<Reply<T>> {
    const all: Record<string, string | undefined> = { authorization: `Bearer ${ADMIN_KEY}`, ...headers };
    const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value)) as Record<string, string>;
    return inject<T>(
      { method, url, headers: sent, ...(body === undefined ? {} : { payload: body as InjectOptions['payload'] & {} }) },
      node.app,
    );
  }

  async function mustGet<T>(url: string, headers?: Record<string, string>): Promise<T> {
    const reply = await call<T>('GET', url, undefined, headers);
    if (reply.status !== 200) throw new Error(`GET ${url}: ${reply.status} ${JSON.stringify(reply.body)}`);
    return reply.body;
  }

  /** All entries of a list, page by page. */
  async function all<T>(url: string): Promise<T[]> {
    const items: T[] = [];
    for (let after = ''; ; ) {
      const page = await mustGet<Page<T>>(`${url}${url.includes('?') ? '&' : '?'}${after}`);
      items.push(...page.items);
      if (page.next === null) return items;
      after = `after=${encodeURIComponent(page.next)}`;
    }
  }

  /** A message of a channel with an id of its own and a text that matches no rule, changed as given. */
  function message(channel: ChannelName, changes: Record<string, unknown> = {}): Record<string, unknown> {
    posted += 1;
    return { source: sources[channel], externalId: `m-${posted}`, body: '想了解一下近期的便民活动安排', ...changes };
  }

  function post<T = MessageAnswer>(
    channel: ChannelName,
    changes: Record<string, unknown> = {},
    headers: Record<string, string> = {},
    node: Node = first,
  ): Promise<Reply<T>> {
    return call<T>('POST', `/v1/channels/${channel}/messages`, message(channel, changes), headers, node);
  }

  /** Posts a message that must be accepted. */
  async function register(
    channel: ChannelName,
    changes?: Record<string, unknown>,
    node?: Node,
  ): Promise<MessageAnswer> {
    const reply = await post(channel, changes, {}, node);
    if (reply.status !== 201) throw new Error(`${reply.status} ${JSON.stringify(reply.body)}`);
    return reply.body;
  }

  /** A step on an appeal or an assignment with the version it has now (or the one given). */
  async function act<T = Appeal>(
    kind: 'appeals' | 'assignments',
    id: string,
    action: string,
    body: object = {},
    version?: number,
  ): Promise<Reply<T>> {
    const current = version ?? (await mustGet<{ version: number }>(`/v1/${kind}/${id}`)).version;
    return call<T>('POST', `/v1/${kind}/${id}/${action}`, body, { 'if-match': `"${current}"` });
  }

  async function moveClock(body: { set?: string; advance?: string }): Promise<void> {
    const reply = await call<Problem>('POST', '/v1/dev/clock', body);
    if (reply.status !== 200) throw new Error(`The clock did not move: ${JSON.stringify(reply.body)}`);
  }

  const clock = {
    now: async (): Promise<string> => (await mustGet<{ now: string }>('/v1/dev/clock')).now,
    set: (instant: string) => moveClock({ set: instant }),
    advance: (duration: string) => moveClock({ advance: duration }),
    /** Works off what is due now. */
    settle: async () => moveClock({ set: (await first.instance.clock.now()).toISOString() }),
  };

  /** Rows of a query. */
  async function rows<Row extends object = Record<string, unknown>>(
    query: string,
    values: unknown[] = [],
  ): Promise<Row[]> {
    return (await db.$client.query<Row>(query, values)).rows;
  }

  async function tables(): Promise<string[]> {
    const found = await rows<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
       where schemaname in ('public', 'bullmq') order by 1`,
    );
    return found.map(({ name }) => name);
  }

  /** How many rows each of our tables has, as `table:count` lines, once the workers have done what is due. */
  async function counts(): Promise<string[]> {
    if (options.workers ?? true) await clock.settle();
    const found = (await tables()).filter((table) => table.startsWith('public.'));
    const lines = await rows<{ line: string }>(
      found.map((table) => `select '${table}:' || count(*) as line from ${table}`).join(' union all '),
    );
    return lines.map(({ line }) => line).sort();
  }

  /** Every row of every table as text, the queue's included. */
  async function dump(): Promise<string[]> {
    const found = await tables();
    const lines = await rows<{ line: string }>(
      found.map((table) => `select '${table} ' || x::text as line from ${table} x`).join(' union all '),
    );
    return lines.map(({ line }) => line);
  }

  let keys = 0;
  /** A new key with these scopes, as an Authorization header. */
  async function key(...scopes: string[]): Promise<{ authorization: string }> {
    keys += 1;
    return { authorization: `Bearer ${await first.instance.keys.create({ name: `test-${keys}`, scopes })}` };
  }

  await clock.set(options.at ?? TUESDAY);

  return {
    ...first,
    database,
    url: urlOf(database),
    dataDir,
    logs,
    clock,
    start,
    call,
    inject,
    get: mustGet,
    all,
    message,
    post,
    register,
    act,
    rows,
    counts,
    dump,
    key,
    appeal: (id: string) => mustGet<Appeal>(`/v1/appeals/${id}`),
    assignment: (id: string) => mustGet<Assignment>(`/v1/assignments/${id}`),
    events: (id: string) =>
      all<{ seq: number; type: string; actor: string; data: Record<string, unknown> }>(`/v1/appeals/${id}/events`),
    deadlines: (id: string) =>
      all<{ name: string; dueAt: string; metAt: string | null; state: string; messageId: string | null }>(
        `/v1/appeals/${id}/deadlines`,
      ),
    receipts: (id: string) => all<Receipt>(`/v1/appeals/${id}/receipts`),
    outbox: () => all<OutboxEntry>('/v1/dev/outbox?limit=1000'),
    escalations: (id: string) =>
      all<{ deadline: string; dueAt: string; step: number; role: string; department: string | null; at: string }>(
        `/v1/escalations?appealId=${id}`,
      ),
  };
}
