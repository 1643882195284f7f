import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { runImport } from '../../src/import/import.ts';

interface Seen {
  path: string;
  body: Record<string, unknown>;
  clock: number;
}

type Behaviour = (
  seen: Seen,
  attempt: number,
) => { status: number; body?: unknown; headers?: Record<string, string> } | 'drop' | undefined;

/** A peer that answers as the contract says: messages unique by source and external id, and a simulated clock. */
async function startPeer(
  t: Test,
  behaviour: Behaviour = () => undefined,
  mode: 'simulated' | 'system' | 'none' = 'simulated',
) {
  const known = new Map<string, number>();
  const attempts = new Map<string, number>();
  const posted: Seen[] = [];
  const moves: string[] = [];
  let now = Date.parse('2026-09-30T08:00:00+08:00');
  let open = 0;
  let most = 0;
  const respond = (
    response: ServerResponse,
    status: number,
    body: unknown,
    headers: Record<string, string> = {},
  ): void => {
    response.writeHead(status, {
      'content-type': status < 400 ? 'application/json' : 'application/problem+json',
      ...headers,
    });
    response.end(JSON.stringify(body));
  };
  const handle = (request: IncomingMessage, response: ServerResponse, text: string): unknown => {
    if (request.headers.authorization !== 'Bearer test-key')
      return respond(response, 401, { type: 'urn:minsheng:problem:unauthenticated', detail: 'no' });
    const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
    if (request.url === '/v1/dev/clock' && mode !== 'none') {
      if (request.method === 'POST') {
        const target = Date.parse(String(body.set));
        if (target < now) return respond(response, 409, { type: 'urn:minsheng:problem:clock-conflict' });
        moves.push(String(body.set));
        now = target;
      }
      return respond(response, 200, { mode, now: new Date(now).toISOString() });
    }
    if (!/^\/v1\/channels\/[a-z]+\/messages$/.test(request.url ?? ''))
      return respond(response, 404, { type: 'urn:minsheng:problem:not-found' });
    const id = `${String(body.source)}/${String(body.externalId)}`;
    attempts.set(id, (attempts.get(id) ?? 0) + 1);
    const seen = { path: request.url ?? '', body, clock: now };
    const special = behaviour(seen, attempts.get(id) ?? 0);
    if (special === 'drop') return request.socket.destroy();
    if (special) return respond(response, special.status, special.body ?? {}, special.headers);
    const count = known.get(id) ?? 0;
    known.set(id, count + 1);
    posted.push(seen);
    return respond(response, count > 0 ? 200 : 201, {
      messageId: id,
      disposition: count > 0 ? 'replayed' : 'registered',
    });
  };
  const server = createServer((request, response) => {
    open += 1;
    most = Math.max(most, open);
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', () =>
      setImmediate(() => {
        open -= 1;
        handle(request, response, text);
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    posted,
    moves,
    known,
    now: () => now,
    most: () => most,
  };
}

interface Report {
  before?: number;
  retries?: number;
  failure?: string;
  total?: { registered: number; attached: number; replayed: number; refused: number };
  reasons?: Record<string, number>;
  listed?: { row: number; reason: string }[];
}

const MAP = {
  externalId: 'id',
  body: 'text',
  receivedAt: 'at',
  source: {
    field: 'by',
    values: { 电话: { channel: 'phone', source: '12345' }, 网站: { channel: 'portal', source: 'portal' } },
  },
  sender: { person: 'who' },
};

function prepare(rows: readonly unknown[], map: unknown = MAP) {
  const folder = mkdtempSync(join(tmpdir(), 'import-'));
  const file = join(folder, 'rows.jsonl');
  writeFileSync(file, rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n'));
  const mapFile = join(folder, 'map.json');
  writeFileSync(mapFile, JSON.stringify(map));
  const state = join(folder, 'state');
  const run = async (url: string, more: string[] = [], interrupt?: AbortSignal) => {
    const out: string[] = [];
    const err: string[] = [];
    const argv = [file, '--map', mapFile, '--url', url, '--resume', state, '--json', ...more];
    const code = await runImport(argv, {
      stdout: { write: (text: string) => out.push(text) },
      stderr: { write: (text: string) => err.push(text) },
      env: { MINSHENG_KEY: 'test-key' },
      giveUpAfter: 3_000,
      interrupt: interrupt ?? new AbortController().signal,
    });
    const last = out.join('').trimEnd().split('\n').at(-1) ?? '';
    return {
      code,
      out: out.join(''),
      err: err.join(''),
      json: last.startsWith('{') ? (JSON.parse(last) as Report) : {},
    };
  };
  return { folder, file, state, run };
}

const row = (id: number, more: Record<string, unknown> = {}) => ({
  id,
  text: `路灯不亮${id}`,
  at: '2020-09-30 10:00:00',
  by: '电话',
  ...more,
});

t.test(
  'posts in the order received, with zone, channel and source by the map; unlisted values are refused',
  async (t) => {
    const peer = await startPeer(t);
    const { run, folder } = prepare([
      row(3, { at: '2020-09-30 12:00:00' }),
      row(1, { at: '2020-09-30T01:30:00Z', by: '网站' }),
      row(2, { at: '2020-09-30 10:00' }),
      row(4, { by: '传真' }),
      '{not json',
      row(5, { at: 'gestern' }),
    ]);
    const result = await run(peer.url, ['--concurrency', '1', '--historic', '--refused', join(folder, 'refused')]);
    t.equal(result.code, 1);
    t.same(
      peer.posted.map(({ path, body }) => [path, body.externalId, body.receivedAt, body.historic]),
      [
        ['/v1/channels/portal/messages', '1', '2020-09-30T01:30:00.000Z', true],
        ['/v1/channels/phone/messages', '2', '2020-09-30T02:00:00.000Z', true],
        ['/v1/channels/phone/messages', '3', '2020-09-30T04:00:00.000Z', true],
      ],
    );
    t.match(result.json, {
      whole: true,
      total: { registered: 3, attached: 0, replayed: 0, refused: 3 },
      places: { 'phone/12345': { registered: 2 } },
    });
    t.match(result.json.listed, [
      { row: 4, reason: /source: by "传真" is not listed/ },
      { row: 5, reason: /not JSON/ },
      { row: 6, reason: /receivedAt/ },
    ]);
    t.equal(readFileSync(join(folder, 'refused'), 'utf8').trim().split('\n').length, 3);
  },
);

t.test('tries again after 503 and broken connections; counts refusals by their reason', async (t) => {
  const problem = {
    type: 'urn:minsheng:problem:validation',
    errors: [{ pointer: '/body', detail: 'must NOT have more than 20000 characters' }],
  };
  const peer = await startPeer(t, ({ body }, attempt) => {
    const id = Number(body.externalId);
    if (id % 5 === 0) return { status: 400, body: problem };
    if (id % 3 === 0 && attempt === 1) return { status: 503, headers: { 'retry-after': '0' } };
    if (id % 4 === 0 && attempt === 1) return 'drop';
    return undefined;
  });
  const { run, state } = prepare(Array.from({ length: 40 }, (_, i) => row(i + 1)));
  const result = await run(peer.url, ['--concurrency', '8']);
  t.equal(result.code, 1);
  t.same(result.json.total, { registered: 32, attached: 0, replayed: 0, refused: 8 });
  t.same(result.json.reasons, { '400 validation: /body must NOT have more than 20000 characters': 8 });
  t.ok((result.json.retries ?? 0) >= 16);
  t.equal(peer.known.size, 32);
  t.ok(peer.most() > 1 && peer.most() <= 9, `at most ${peer.most()} requests at once`);
  t.notOk(existsSync(state), 'everything was tried: no progress is kept');
});

t.test('an interrupted import finishes what is in flight and goes on where it stopped', async (t) => {
  const controller = new AbortController();
  const peer = await startPeer(t, () => {
    if (peer.posted.length === 20) controller.abort();
    return undefined;
  });
  const { run } = prepare(Array.from({ length: 50 }, (_, i) => row(i + 1)));
  const first = await run(peer.url, ['--concurrency', '4'], controller.signal);
  t.equal(first.code, 130);
  t.match(first.out, /same command goes on/);
  const done = first.json.total?.registered ?? 0;
  t.ok(done >= 20 && done < 30);
  t.equal(peer.posted.length, done, 'every message that went out was counted');
  const second = await run(peer.url);
  t.equal(second.code, 0);
  t.match(second.json, { before: done, total: { registered: 50 - done, replayed: 0 } });
  t.equal(peer.known.size, 50);
});

t.test('a progress file torn by a kill loses its last line only, and another import is not mixed in', async (t) => {
  const peer = await startPeer(t, ({ body }) => (Number(body.externalId) === 31 ? { status: 401 } : undefined));
  const { run, state } = prepare(Array.from({ length: 40 }, (_, i) => row(i + 1)));
  const first = await run(peer.url, ['--concurrency', '1']);
  t.equal(first.code, 1, 'a refused key stops the import');
  writeFileSync(state, readFileSync(state, 'utf8').replace(/30\n$/, '3'));
  const other = await run(peer.url, ['--historic']);
  t.match(other, { code: 1, err: /another historic/ });
  const again = await run(peer.url, ['--concurrency', '1']);
  t.match(again.json, { before: 29, total: { registered: 0, replayed: 1 }, failure: /refuses every row/ });
  const last = await run(peer.url, ['--concurrency', '1']);
  t.equal(last.json.before, 30, 'what was torn is not read as a row');
});

t.test(
  '--over plays the file in simulated time: order, relative position, the clock before the messages',
  async (t) => {
    const peer = await startPeer(t);
    const start = peer.now();
    const { run } = prepare([
      row(4, { at: '2020-01-11 00:00:00' }),
      row(1, { at: '2020-01-01 00:00:00' }),
      row(2, { at: '2020-01-01 00:10:00' }),
      row(3, { at: '2020-01-06 00:00:00' }),
    ]);
    const result = await run(peer.url, ['--over', 'P2D']);
    t.equal(result.code, 0);
    const at = (i: number): number => Date.parse(String(peer.posted[i]?.body.receivedAt));
    t.same(peer.posted.map(({ body }) => body.externalId).sort(), ['1', '2', '3', '4']);
    t.equal(peer.posted[2]?.body.externalId, '3');
    t.equal(at(2), start + 86_400_000, 'half of the time is half of the span');
    t.equal(at(3), start + 2 * 86_400_000);
    for (const seen of peer.posted) {
      const received = Date.parse(String(seen.body.receivedAt));
      t.ok(seen.clock >= received && seen.clock - received <= 15 * 60_000, 'posted at its simulated time');
    }
    t.equal(peer.now(), start + 2 * 86_400_000);
  },
);

t.test('--over says clearly when the service has no simulated time', async (t) => {
  for (const mode of ['system', 'none'] as const) {
    const peer = await startPeer(t, undefined, mode);
    const result = await prepare([row(1)]).run(peer.url, ['--over', 'P1D']);
    t.match(result, { code: 1, err: /CLOCK=simulated/ });
    t.equal(peer.posted.length, 0);
  }
});

t.test('gives up on a service that cannot be reached, and keeps its progress', async (t) => {
  const { run, state } = prepare([row(1)]);
  const result = await run('http://127.0.0.1:1');
  t.match(result, { code: 1, err: /cannot be reached .*gave up/ });
  t.ok(existsSync(state));
});

t.test('--dry-run posts nothing and shows rows without personal data', async (t) => {
  const peer = await startPeer(t);
  const { run } = prepare([row(1, { text: '电话13800001234', who: 'u1' })]);
  const result = await run(peer.url, ['--dry-run', '--invent-phones']);
  t.equal(result.code, 0);
  t.match(result.out, /电话138\*{4}1234/);
  t.notMatch(result.out, /139\d{8}/);
  t.equal(peer.posted.length, 0);
});

t.test('what is not understood is said with the usage', async (t) => {
  const io = { stdout: { write: () => true }, env: {} };
  for (const argv of [
    [],
    ['a.jsonl'],
    ['a.jsonl', '--map', 'm', '--nonsense'],
    ['a.jsonl', '--map', 'm', '--key', 'k', '--over', '7 days'],
  ]) {
    const err: string[] = [];
    t.equal(await runImport(argv, { ...io, stderr: { write: (text: string) => err.push(text) } }), 2);
    t.match(err.join(''), /minsheng import/);
  }
});
