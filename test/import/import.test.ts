import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { projectRoot } from '../../src/config.ts';
import { runImport } from '../../src/import/import.ts';
import { workbook } from '../support/workbook.ts';

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
  remarks?: Record<string, number>;
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
  const lines = rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row)));
  return prepareFile('rows.jsonl', lines.join('\n'), map);
}

function prepareFile(name: string, content: string | Buffer, map: unknown = MAP) {
  const folder = mkdtempSync(join(tmpdir(), 'import-'));
  const file = join(folder, name);
  writeFileSync(file, content);
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
  return { folder, file, mapFile, state, run };
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

const SHEET_MAP = {
  externalId: '编号',
  body: '内容',
  receivedAt: '来信时间',
  source: { channel: 'portal', source: 'letters' },
  sender: { phone: '电话' },
};
const HEADER = ['编号', '内容', '来信时间', '电话'];

t.test('yes and no in the words of offices; what is neither is refused rather than guessed', async (t) => {
  const peer = await startPeer(t);
  const map = {
    ...MAP,
    source: { channel: 'portal', source: 'portal' },
    sender: { anonymous: 'anon', confidential: 'secret' },
    publish: 'open',
  };
  const yes = ['匿名', 'TRUE', 'True', 'Y', 'ｙ', '√', '是', '1', true, 1];
  const no = ['实名', 'FALSE', 'N', '×', '否', '0', '', false, null];
  const { run } = prepare(
    [
      ...[...yes, ...no, '看情况'].map((anon, at) => row(at, { anon, secret: '否', open: '否' })),
      row(100, { anon: '否', secret: '保密', open: '公开' }),
      row(101, { anon: '否', secret: '公开', open: '不公开' }),
      row(102, { anon: '否', secret: '大概', open: '否' }),
    ],
    map,
  );
  const { json } = await run(peer.url, ['--concurrency', '1']);
  const of = (field: string) =>
    new Map(peer.posted.map(({ body }) => [Number(body.externalId), (body.sender as Record<string, unknown>)[field]]));
  const anonymous = of('anonymous');
  t.same(
    yes.map((_, at) => anonymous.get(at)),
    yes.map(() => true),
  );
  t.same(
    no.map((_, at) => anonymous.get(yes.length + at)),
    no.map(() => false),
  );
  t.same([of('confidential').get(100), of('confidential').get(101)], [true, false]);
  const forms = peer.posted.flatMap(({ body }) => (Number(body.externalId) >= 100 ? [body.form] : []));
  t.same(forms, [{ publish: true }, { publish: false }]);
  t.match(json.reasons, {
    'anonymous: anon "看情况" is neither yes nor no; list it in the map': 1,
    'confidential: secret "大概" is neither yes nor no; list it in the map': 1,
  });
});

t.test('a table for other words; empty is no', async (t) => {
  const peer = await startPeer(t);
  const anonymous = { field: 'anon', values: { 隐去: true, 署名: false } };
  const rows = ['隐去', '署名', '', '别的'].map((anon, at) => row(at, { anon }));
  const { json } = await prepare(rows, { ...MAP, sender: { anonymous } }).run(peer.url, ['--concurrency', '1']);
  t.same(
    peer.posted.map(({ body }) => body.sender),
    [{ anonymous: true }, { anonymous: false }, { anonymous: false }],
  );
  t.match(json.reasons, { 'anonymous: anon "别的" is not listed in the map': 1 });
});

t.test('a table without a column of the map is not begun; JSON lines tell how many rows lack a field', async (t) => {
  const peer = await startPeer(t);
  const map = { ...SHEET_MAP, sender: { phone: '手机号', anonymous: '匿名与否' } };
  const csv = `编号,内容,来信时间,联系电话,是否匿名\n1,路灯不亮,2026-03-01,13800001234,是\n`;
  for (const more of [[], ['--dry-run'], ['--preview']]) {
    const result = await prepareFile('rows.csv', csv, map).run(peer.url, more);
    t.match(result, { code: 1, err: /手机号, 匿名与否|匿名与否, 手机号/ });
    t.match(result.err, /row 1 has: 编号, 内容, 来信时间, 联系电话, 是否匿名/);
  }
  t.equal(peer.posted.length, 0);
  const lines = prepare([row(1), row(2, { who: null }), row(3, { who: 'u3' })]);
  for (const more of [['--dry-run'], []]) {
    const { out, json } = await lines.run(peer.url, more);
    t.match(out, /1 {2}the field who is absent \(line 1\)/);
    t.same(json.remarks, { 'the field who is absent': 1 });
  }
});

t.test('xlsx numbers: one value is one text, every exact digit is kept, what was rounded is refused', async (t) => {
  const peer = await startPeer(t);
  const exact = ['880001.0', '1.3800001235E10', '53010220260310000117', '8.80002E5', '12.50'];
  const rounded = ['1.23456789012345E+17', '123456789012345000'];
  const ids = [...[...exact, ...rounded].map((number) => ({ number })), '1.38E+10'];
  const rows = ids.map((id, at) => [id, `路灯不亮${at}`, '2026-03-01 08:00', '']);
  const file = workbook([{ name: '来信', rows: [HEADER, ...rows] }]);
  const { json } = await prepareFile('rows.xlsx', file, SHEET_MAP).run(peer.url, ['--concurrency', '1']);
  t.same(
    peer.posted.map(({ body }) => body.externalId),
    ['880001', '13800001235', '53010220260310000117', '880002', '12.5'],
  );
  t.same(json.reasons, { 'externalId: 编号 is a number that was rounded; make the column text in the sheet': 3 });
  const line = prepare(['{"id":53010220260310000117,"text":"a","at":"2026-03-01","by":"电话"}']);
  t.match((await line.run(peer.url)).json.reasons, {
    'externalId: id is a number that was rounded; make the column text in the sheet': 1,
  });
});

t.test('a given number that nobody can be called at is reported, and the row posted', async (t) => {
  const peer = await startPeer(t);
  const csv =
    '编号,内容,来信时间,电话\n1,a,2026-03-01,13800001234\n2,b,2026-03-01,1380000\n3,c,2026-03-01,没有\n4,d,2026-03-01,\n';
  const { run } = prepareFile('rows.csv', csv, SHEET_MAP);
  for (const more of [['--dry-run'], []]) {
    const { code, out, json } = await run(peer.url, more);
    t.equal(code, 0);
    t.match(out, /2 {2}sender\.phone is no usable telephone number \(line 3, 4\)/);
    t.same(json.remarks, { 'sender.phone is no usable telephone number': 2 });
  }
  t.equal(peer.posted.length, 4);
});

t.test('xlsx times are right to the second; a date without a time is a day; a bare number is refused', async (t) => {
  const peer = await startPeer(t);
  const quarters = Array.from({ length: 96 }, (_, at) => ({ serial: 46_091 + at / 96 }));
  const rows = quarters.map(({ serial }, at) => [`Q${at}`, '路灯不亮', { serial }, '']);
  const file = workbook([
    { name: '来信', rows: [HEADER, ...rows, ['bare', '路灯不亮', { number: '46091.34375' }, '']] },
  ]);
  const { json } = await prepareFile('rows.xlsx', file, SHEET_MAP).run(peer.url, ['--concurrency', '1']);
  const times = new Map(peer.posted.map(({ body }) => [body.externalId, String(body.receivedAt)]));
  for (let at = 1; at < 96; at += 1)
    t.equal(times.get(`Q${at}`), new Date(Date.parse('2026-03-10T00:00:00+08:00') + at * 900_000).toISOString());
  t.equal(times.get('Q0'), '2026-03-10T07:00:00.000Z', 'in the middle of the waking hours');
  t.match(json.listed, [{ row: 98, reason: /bare number; give the column a date format/ }]);
});

t.test('rows of a day that is not over stand in what is past of it, also when the import goes on later', async (t) => {
  const peer = await startPeer(t, ({ body }, attempt) =>
    body.externalId === '2' && attempt === 1 ? { status: 401 } : undefined,
  );
  t.equal(new Date(peer.now()).toISOString(), '2026-09-30T00:00:00.000Z', '08:00 in China');
  const { run } = prepare(['2026-09-30', '2026-09-30', '2026-09-29', '2026-10-01'].map((at, i) => row(i + 1, { at })));
  await run(peer.url, ['--concurrency', '1']);
  await fetch(`${peer.url}/v1/dev/clock`, {
    method: 'POST',
    headers: { authorization: 'Bearer test-key' },
    body: JSON.stringify({ set: '2026-09-30T12:00:00+08:00' }),
  });
  t.equal((await run(peer.url, ['--concurrency', '1'])).json.before, 2);
  t.same(
    peer.posted.map(({ body }) => [body.externalId, body.receivedAt]),
    [
      ['3', '2026-09-29T07:00:00.000Z'],
      ['1', '2026-09-29T18:00:00.000Z'],
      ['2', '2026-09-29T22:00:00.000Z'],
      ['4', '2026-10-01T07:00:00.000Z'],
    ],
    'a day that has not come is left to be refused by the service',
  );
});

t.test('the table is found below its title, on the first visible sheet that has it, or on the named one', async (t) => {
  const peer = await startPeer(t);
  const letters = (id: string) => [
    ['群众来信登记表', '', '', ''],
    ['填报单位：城管局', '', '', ''],
    [],
    HEADER,
    [id, '路灯不亮', '2026-03-01 08:00', ''],
  ];
  const file = workbook([
    { name: '旧表', rows: letters('hidden'), hidden: true },
    { name: '说明', rows: [['填表说明'], ['电话要写全']] },
    { name: '来信', rows: letters('first') },
    { name: '二月', rows: letters('second') },
  ]);
  const { run } = prepareFile('rows.xlsx', file, SHEET_MAP);
  t.match(await run(peer.url), { code: 0, out: /Taken: sheet "来信", its columns named in row 4\./ });
  t.match(await run(peer.url, ['--sheet', '二月']), { code: 0, out: /sheet "二月"/ });
  t.match(await run(peer.url, ['--sheet', '旧表']), { code: 0 });
  t.same(
    peer.posted.map(({ body }) => body.externalId),
    ['first', 'second', 'hidden'],
  );
  t.match(await run(peer.url, ['--sheet', '三月']), {
    code: 1,
    err: /no sheet "三月"; it has "旧表" \(hidden\), "说明"/,
  });
  const other = prepareFile('rows.csv', '姓名,手机\n王小明,13800001234\n', SHEET_MAP);
  const { code, err } = await other.run(peer.url, ['--dry-run']);
  t.equal(code, 1);
  t.match(err, /None of the columns .*: 编号, 内容, 来信时间, 电话/);
  t.match(err, /row 1: 姓名, 手机\n.*row 2: .*138\*{4}1234/);
});

t.test('an import that is killed leaves nothing readable; SIGTERM ends it in good order', async (t) => {
  for (const [signal, code] of [
    ['SIGKILL', null],
    ['SIGTERM', 130],
  ] as const) {
    const peer = await startPeer(t, ({ body }) => (body.externalId === '2' ? { status: 503 } : undefined));
    const csv = '编号,内容,来信时间,电话\n1,张三家路灯不亮,2026-03-01 08:00,\n2,b,2026-03-01 09:00,\n';
    const { folder, file, mapFile, state } = prepareFile('rows.csv', csv, SHEET_MAP);
    const temporary = mkdtempSync(join(tmpdir(), 'import-tmp-'));
    const child = spawn(
      process.execPath,
      [join(projectRoot, 'dist/src/main.js'), 'import', file, '--map', mapFile, '--url', peer.url, '--resume', state],
      { cwd: folder, env: { PATH: process.env.PATH, MINSHENG_KEY: 'test-key', TMPDIR: temporary } },
    );
    let out = '';
    const waiting = new Promise<void>((resolve) =>
      child.stdout.on('data', (piece) => {
        out += piece;
        if (/answers 503/.test(out)) resolve();
      }),
    );
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    await Promise.race([waiting, ended]);
    t.same(readdirSync(temporary), [], 'not even while it runs');
    child.kill(signal);
    t.equal(await ended, code);
    t.same(readdirSync(temporary), []);
    if (signal === 'SIGTERM') t.match(out, /same command goes on/);
  }
});

t.test('what keeps the import waiting is said at once', async (t) => {
  const { out } = await prepare([row(1)]).run('http://127.0.0.1:1');
  t.match(out, /^0 of 1 .*http:\/\/127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\), trying again$/m);
  const { err } = await prepare([row(1)]).run('http://127.0.0.1:1', ['--preview']);
  t.match(err, /cannot be reached \(ECONNREFUSED\), trying again/);
});
