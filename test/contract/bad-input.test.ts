import type { InjectOptions } from 'fastify';
import { ADMIN_KEY, createCity, type Problem } from '../support/city.ts';
import t from '../support/tap.ts';

const city = await createCity(t);
const seen = await city.register('phone', { body: '路灯坏了', sender: { phone: '13800001234' } });
await city.clock.settle();
const intakeOnly = await city.key('intake:phone');
const expired = await city.key('intake:phone');
await city.rows("update api_keys set expires_at = now() - interval '1 second' where name = 'test-2'");

const admin = { authorization: `Bearer ${ADMIN_KEY}` };
const json = { 'content-type': 'application/json' };
const MESSAGES = '/v1/channels/phone/messages';
const APPEAL = `/v1/appeals/${seen.appealId}`;

interface Case {
  name: string;
  request: InjectOptions;
  status: number;
  /** Pointer of one of the errors; '' is the body as a whole. */
  at?: string;
}

const get = (name: string, url: string, at: string, status = 400): Case => ({
  name,
  request: { method: 'GET', url, headers: admin },
  status,
  at,
});
const body = (name: string, changes: object, at: string): Case => ({
  name,
  request: { method: 'POST', url: MESSAGES, headers: admin, payload: city.message('phone', { ...changes }) },
  status: 400,
  at,
});
/** A body exactly as written. */
const raw = (name: string, payload: string | Buffer, at: string, status = 400, headers: object = json): Case => ({
  name,
  request: { method: 'POST', url: MESSAGES, headers: { ...admin, ...headers }, payload },
  status,
  at,
});
const text = (content: string): string => `{"source":"12345","externalId":"raw","body":${content}}`;

const cases: Case[] = [
  body('an unknown field', { extra: 1 }, '/extra'),
  body('an unknown field inside', { sender: { telephone: '13800001234' } }, '/sender/telephone'),
  body('the block of another channel', { wechat: { openId: 'o1' } }, '/wechat'),
  body('no text', { body: undefined }, '/body'),
  body('empty text', { body: '' }, '/body'),
  body('blank text', { body: ' \n\t' }, '/body'),
  body('too long a text', { body: '长'.repeat(20_001) }, '/body'),
  body('no source', { source: undefined }, '/source'),
  body('no id', { externalId: undefined }, '/externalId'),
  body('a number for a text', { body: 12345 }, '/body'),
  body('a text for a boolean', { sender: { verified: 'true' } }, '/sender/verified'),
  body('a list for an object', { sender: [] }, '/sender'),
  body('null for a text', { title: null }, '/title'),
  body('an unknown nature', { nature: 'rant' }, '/nature'),
  body('an unknown urgency', { suggestedUrgency: 'yesterday' }, '/suggestedUrgency'),
  body('a region of five digits', { region: '53010' }, '/region'),
  body('a time without offset', { receivedAt: '2026-03-10T09:00:00' }, '/receivedAt'),
  body('a day that does not exist', { receivedAt: '2026-02-30T09:00:00+08:00' }, '/receivedAt'),
  body('a time in words', { receivedAt: 'yesterday' }, '/receivedAt'),
  body('a time six minutes ahead', { receivedAt: '2026-03-10T10:06:00+08:00' }, '/receivedAt'),
  body('a time in 2999', { receivedAt: '2999-01-01T00:00:00Z' }, '/receivedAt'),
  body('a time in 1999', { receivedAt: '1999-12-31T00:00:00Z' }, '/receivedAt'),
  body('the year 0000', { receivedAt: '0000-01-01T00:00:00Z' }, '/receivedAt'),
  body('an unregistered source', { source: 'nobody' }, '/source'),
  body('a source of another channel', { source: 'wechat-12345' }, '/source'),
  body('an empty answer on the spot', { answered: { text: ' ' } }, '/answered/text'),
  raw('no body', '', ''),
  raw('malformed JSON', '{"source": "12345",', ''),
  raw('a JSON text', '"hello"', ''),
  raw('JSON null', 'null', ''),
  raw('a list', '[]', ''),
  raw('a NUL, escaped', text('"a\\u0000b"'), '/body'),
  raw('a NUL, as it is', text('"a\u0000b"'), ''),
  raw('half a character, escaped', text('"a\\ud83d"'), '/body'),
  raw('the other half, escaped', text('"\\udd4a b"'), '/body'),
  raw('a NUL in a field name', '{"source":"12345","externalId":"raw","body":"a","x\\u0000":1}', '/x\u0000'),
  raw(
    'bytes that are not UTF-8',
    Buffer.concat([Buffer.from('{"body":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]),
    '',
  ),
  raw(
    'half a character in CESU-8',
    Buffer.concat([Buffer.from('{"body":"'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"}')]),
    '',
  ),
  raw('ten thousand lists deep', text(`${'['.repeat(10_000)}${']'.repeat(10_000)}`), '/body'),
  raw('deep, with an escape', text(`${'['.repeat(10_000)}"\\u0041"${']'.repeat(10_000)}`), '/body/0/0'),
  raw('__proto__', '{"source":"12345","externalId":"raw","body":"a","__proto__":{"admin":true}}', ''),
  raw('__proto__, escaped', '{"source":"12345","externalId":"raw","body":"a","\\u005f_proto__":{"admin":true}}', ''),
  raw('constructor.prototype', '{"source":"12345","externalId":"raw","body":"a","constructor":{"prototype":{}}}', ''),
  raw('a mebibyte', text(`"${'a'.repeat(1024 * 1024)}"`), '', 413),
  raw('plain text', 'hello', '/headers/content-type', 415, { 'content-type': 'text/plain' }),
  raw('a form', 'body=hello', '/headers/content-type', 415, { 'content-type': 'application/x-www-form-urlencoded' }),
  raw('no content type', 'hello', '/headers/content-type', 415, {}),
  {
    name: 'too long an idempotency key',
    request: {
      method: 'POST',
      url: MESSAGES,
      headers: { ...admin, 'idempotency-key': 'k'.repeat(201) },
      payload: city.message('phone'),
    },
    status: 400,
    at: '/headers/idempotency-key',
  },
  get('a cursor of somebody else', '/v1/appeals?after=abc', '/query/after'),
  get('a cursor of another list', `/v1/appeals?after=${Buffer.from('[12]').toString('base64url')}`, '/query/after'),
  get('a page of none', '/v1/appeals?limit=0', '/query/limit'),
  get('a page of 101', '/v1/appeals?limit=101', '/query/limit'),
  get('a page of many', '/v1/appeals?limit=many', '/query/limit'),
  get('two limits', '/v1/appeals?limit=1&limit=2', '/query/limit'),
  get('an unknown query parameter', '/v1/appeals?sort=title', '/query/sort'),
  get('an unknown parameter where none is known', '/healthz?verbose=1', '/query/verbose'),
  get('an unknown status', '/v1/appeals?status=lost', '/query/status'),
  get('a NUL in the query', '/v1/appeals?source=a%00b', '/query/source'),
  get('a NUL in a code', `/v1/citizen/appeals/${seen.appealNumber}?code=%00`, '/query/code'),
  get('a NUL in the path', '/v1/appeals/a%00b', '/params/id'),
  get('a time in words in the query', '/v1/receipts?dueBefore=soon', '/query/dueBefore'),
  get('a path that cannot be decoded', '/v1/appeals/%zz', ''),
  get('no such appeal', '/v1/appeals/2026031000000001', '', 404),
  get('no such department', '/v1/departments/nobody/feed', '', 404),
  get('no such address', '/v1/nothing', '', 404),
  get('no code', `/v1/citizen/appeals/${seen.appealNumber}`, '/query/code'),
  get('a leap second', '/v1/receipts?dueBefore=2026-06-30T23:59:60Z', '/query/dueBefore'),
  get('the year 0', '/v1/receipts?dueBefore=0000-01-01T00:00:00Z', '/query/dueBefore'),
  get(
    'a cursor with 36 dashes',
    `/v1/departments/housing/assignments?after=${Buffer.from(JSON.stringify([` ${'-'.repeat(36)}`])).toString('base64url')}`,
    '/query/after',
  ),
  get('half a feed cursor', '/v1/departments/housing/feed?after=WzEu', '/query/after'),
  get('a long wait', '/v1/departments/housing/feed?wait=31', '/query/wait'),
  {
    name: 'no If-Match',
    request: { method: 'POST', url: `${APPEAL}/answer`, headers: admin, payload: { text: '已答复' } },
    status: 428,
    at: '/headers/if-match',
  },
  {
    name: 'the clock set and advanced at once',
    request: {
      method: 'POST',
      url: '/v1/dev/clock',
      headers: admin,
      payload: { set: '2026-03-11T10:00:00Z', advance: 'P1D' },
    },
    status: 400,
    at: '',
  },
  {
    name: 'no key',
    request: { method: 'POST', url: MESSAGES, payload: city.message('phone') },
    status: 401,
    at: '/headers/authorization',
  },
  {
    name: 'an unknown key',
    request: {
      method: 'POST',
      url: MESSAGES,
      headers: { authorization: 'Bearer nobody' },
      payload: city.message('phone'),
    },
    status: 401,
    at: '/headers/authorization',
  },
  {
    name: 'another scheme',
    request: {
      method: 'POST',
      url: MESSAGES,
      headers: { authorization: `Basic ${ADMIN_KEY}` },
      payload: city.message('phone'),
    },
    status: 401,
    at: '/headers/authorization',
  },
  {
    name: 'an expired key',
    request: { method: 'POST', url: MESSAGES, headers: expired, payload: city.message('phone') },
    status: 401,
    at: '/headers/authorization',
  },
  {
    name: 'a key of another channel',
    request: {
      method: 'POST',
      url: '/v1/channels/wechat/messages',
      headers: intakeOnly,
      payload: city.message('wechat'),
    },
    status: 403,
  },
  {
    name: 'a key that may only post',
    request: { method: 'GET', url: APPEAL, headers: intakeOnly },
    status: 403,
  },
  {
    name: 'historic without the scope',
    request: { method: 'POST', url: MESSAGES, headers: intakeOnly, payload: city.message('phone', { historic: true }) },
    status: 403,
    at: '/historic',
  },
];

t.test('every wrong request is a problem that says where, in both languages, and nothing is written', async (t) => {
  const before = await city.counts();
  for (const { name, request, status, at } of cases) {
    const english = await city.inject<Problem>(request);
    const chinese = await city.inject<Problem>({
      ...request,
      headers: { ...request.headers, 'accept-language': 'zh-CN,zh;q=0.9' },
    });
    await t.test(name, async (t) => {
      t.equal(english.status, status, JSON.stringify(english.body).slice(0, 300));
      t.match(english.headers['content-type'], /^application\/problem\+json/);
      t.match(english.body, {
        type: /^urn:minsheng:problem:[a-z-]+$/,
        title: /^[ -~]+$/,
        status,
        detail: /./,
        instance: /^[0-9a-f-]{36}$/,
      });
      t.match(chinese.body, { type: english.body.type, title: /\p{Script=Han}/u, detail: /\p{Script=Han}/u, status });
      if (at !== undefined && status !== 404) {
        const pointers = (english.body.errors ?? []).map((error) => error.pointer);
        t.ok(
          pointers.some((pointer) => (at === '' ? pointer === '' : pointer.startsWith(at))),
          `${at} in ${pointers.join(' ')}`,
        );
        t.ok(english.body.errors?.every((error) => error.detail.length > 0));
        t.match(chinese.body.errors, [{ detail: /\p{Script=Han}/u }]);
      }
    });
  }
  t.same(await city.counts(), before);
});

t.test('the table would notice a write: a right message is written', async (t) => {
  const before = await city.counts();
  await city.register('phone');
  t.notSame(await city.counts(), before);
});

t.test('limits count characters, not bytes', async (t) => {
  t.equal((await city.post('phone', { body: '长'.repeat(20_000) })).status, 201);
  t.equal((await city.post('phone', { body: '🙂'.repeat(20_000) })).status, 201);
});

t.test('a key works until it is revoked', async (t) => {
  const header = await city.key('intake:phone');
  t.equal((await city.post('phone', {}, header)).status, 201);
  t.equal(await city.instance.keys.revoke('test-3'), true);
  const other = await city.start({ workers: false });
  t.equal((await city.post('phone', {}, header, other)).status, 401);
});
