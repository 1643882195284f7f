import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { projectRoot } from '../../src/config.ts';
import { freePort } from '../../src/platform/database/embedded/free-port.ts';
import t from '../support/tap.ts';

const ADMIN = 'chaos-admin-key-0123456789abcdef';

interface Running {
  call(method: string, url: string, body?: object): Promise<{ status: number; body: never }>;
  /** `kill -9` of the service and of its database server. */
  killEverything(): Promise<void>;
  stop(): Promise<void>;
}

/** The service as `npm start` runs it: a process of its own on an embedded database under `dataDir`. */
async function start(dataDir: string, port: number, redisUrl: string | undefined): Promise<Running> {
  const env = {
    ...process.env,
    PORT: String(port),
    DATA_DIR: dataDir,
    CLOCK: 'simulated',
    MINSHENG_ADMIN_KEY: ADMIN,
    LOG_LEVEL: 'error',
    ...(redisUrl ? { REDIS_URL: redisUrl } : {}),
  };
  const child = spawn(process.execPath, [path.join(projectRoot, 'dist/src/main.js'), 'start'], {
    env,
    stdio: 'ignore',
  });
  const call: Running['call'] = async (method, url, body) => {
    const answer = await fetch(`http://127.0.0.1:${port}${url}`, {
      method,
      headers: { authorization: `Bearer ${ADMIN}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: answer.status, body: (await answer.json()) as never };
  };
  await untilReady(child, () => call('GET', '/readyz'));
  return {
    call,
    killEverything: async () => {
      const postmaster = Number(readFileSync(path.join(dataDir, 'postgres/postmaster.pid'), 'utf8').split('\n')[0]);
      const gone = ended(child);
      child.kill('SIGKILL');
      process.kill(postmaster, 'SIGKILL');
      await gone;
    },
    stop: async () => {
      const gone = ended(child);
      child.kill('SIGTERM');
      await gone;
    },
  };
}

const ended = (child: ChildProcess): Promise<void> => new Promise((resolve) => child.once('exit', () => resolve()));

async function untilReady(child: ChildProcess, ask: () => Promise<{ status: number }>): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the service ended with ${child.exitCode}`);
    const ready = await ask().then(
      ({ status }) => status === 200,
      () => false,
    );
    if (ready) return;
    await sleep(50);
  }
}

interface Posted {
  appealId: string;
  messageId: string;
}

const { TEST_REDIS_URL } = process.env;
/** A database of Redis that no other test wipes. */
const redis = TEST_REDIS_URL && `${TEST_REDIS_URL}/9`;

for (const redisUrl of redis ? [undefined, redis] : [undefined]) {
  const queue = redisUrl ? 'Redis' : 'PostgreSQL';
  t.test(
    `kill -9 of everything right after the 201s, queue on ${queue}: each appeal is there, routed, receipted once`,
    async (t) => {
      const dataDir = mkdtempSync(path.join(tmpdir(), 'minsheng-chaos-'));
      t.teardown(() => rmSync(dataDir, { recursive: true, force: true }));
      const port = await freePort();
      const first = await start(dataDir, port, redisUrl);
      await first.call('POST', '/v1/dev/clock', { set: '2026-09-29T17:00:00+08:00' });
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, at) =>
          first.call('POST', '/v1/channels/phone/messages', {
            source: '12345',
            externalId: `kill-${at}`,
            body: `第${at}号楼路灯不亮，编号${at * 7919}，请派人来修。`,
            sender: { phone: `139${String(10_000_000 + at)}` },
          }),
        ),
      );
      await first.killEverything();

      const second = await start(dataDir, port, redisUrl);
      t.teardown(() => second.stop());
      t.equal((await second.call('POST', '/v1/dev/clock', { set: '2026-09-30T10:00:00+08:00' })).status, 200);
      const posted = answers.map(({ status, body }) => {
        t.equal(status, 201);
        return body as Posted;
      });
      const sends = new Map<string, number>();
      const outbox = (await second.call('GET', '/v1/dev/outbox?limit=1000')).body as { items: { receiptId: string }[] };
      for (const { receiptId } of outbox.items) sends.set(receiptId, (sends.get(receiptId) ?? 0) + 1);
      for (const { appealId } of posted) {
        const appeal = (await second.call('GET', `/v1/appeals/${appealId}`)).body as { status: string };
        t.equal(appeal.status, 'assigned');
        const receipts = (await second.call('GET', `/v1/appeals/${appealId}/receipts`)).body as {
          items: { id: string; status: string; sentAt: string }[];
        };
        t.equal(receipts.items.length, 1);
        const [receipt] = receipts.items;
        t.match(String(receipt?.status), /^(sent|delivered)$/);
        t.ok(Date.parse(receipt?.sentAt ?? '') <= Date.parse('2026-09-30T10:00:00+08:00'), String(receipt?.sentAt));
        t.equal(sends.get(receipt?.id ?? ''), 1, 'sent once');
      }
      t.equal(outbox.items.length, posted.length);
    },
  );
}
