import { createHmac } from 'node:crypto';
import type { Call } from '../../src/calls/calls.schema.ts';
import { createCity } from '../support/city.ts';
import t from '../support/tap.ts';
import { answered, callCentre, connect, missed, SECRET } from './support.ts';

const city = await createCity(t);
await connect(city);
const { push, take, callOf } = callCentre(city);

t.test('a call as the call centre tells it, with everybody’s numbers masked', async (t) => {
  const call = await callOf(
    answered({
      callId: 'told-1',
      called: '12369',
      seat: 'S07',
      shift: '早班',
      hangupParty: 'caller',
      queuedAt: '2026-03-10T09:58:05+08:00',
    }),
  );
  t.match(call, {
    callId: 'told-1',
    provider: '12345',
    status: 'answered',
    direction: 'inbound',
    source: '12369',
    line: '12369',
    caller: '138****1234',
    called: '12369',
    agent: 'E021',
    seat: 'S07',
    shift: '早班',
    answeredAt: '2026-03-10T09:58:20+08:00',
    durationSeconds: 60,
    talkSeconds: 40,
    hangupParty: 'caller',
    callBack: null,
  });
  t.equal((await city.all<Call>('/v1/calls?line=12369&shift=早班&agent=E021&seat=S07&status=answered')).length, 1);
  t.equal((await city.all<Call>('/v1/calls?source=12318')).length, 0);
  t.notOk(
    (await city.dump()).some((row) => row.includes('13800001234')),
    'nothing in clear',
  );
  const counts = await city.counts();
  t.ok(counts.includes('public.appeals:0'), 'a call is no appeal');
});

t.test('again, late and in any order: one call', async (t) => {
  const end = answered({ callId: 'order-1' });
  const start = { callId: 'order-1', caller: '13800001234', called: '12345', startedAt: '2026-03-10T09:57:58+08:00' };
  const one = await callOf(end);
  const two = await callOf([start, end, start]);
  t.equal(one.id, two.id);
  t.match(two, { startedAt: '2026-03-10T09:58:00+08:00', endedAt: '2026-03-10T09:59:00+08:00', status: 'answered' });
  await Promise.all(Array.from({ length: 8 }, () => take([start, end])));
  t.same(await city.rows(`select count(*)::int as n from call_events where leg_id = 'order-1'`), [{ n: 2 }]);
  t.equal((await city.all<Call>('/v1/calls?callId=order-1')).length, 1);
  t.equal((await callOf({ callId: 'order-2' })).status, 'under-way');
});

t.test('legs of one linked id are one call with its parties, whichever comes first', async (t) => {
  const caller = answered({ callId: 'three-1', called: '12369' });
  const agent = {
    callId: 'three-2',
    party: 'agent',
    linkedId: 'three-1',
    called: '8021',
    agent: 'E021',
    answeredAt: '2026-03-10T09:58:20+08:00',
  };
  const expert = {
    callId: 'three-3',
    party: 'department',
    linkedId: 'three-2',
    called: '13900005678',
    answeredAt: '2026-03-10T09:58:40+08:00',
    endedAt: '2026-03-10T09:59:00+08:00',
  };
  const lone = await callOf(expert);
  await take(caller);
  const whole = await callOf(agent);
  t.equal(whole.id, lone.id, 'the oldest takes the others in');
  t.equal((await city.all<Call>('/v1/calls?callId=three-1')).length, 1);
  t.match(whole, {
    callId: 'three-1',
    source: '12369',
    caller: '138****1234',
    agent: 'E021',
    parties: [
      { party: 'caller', number: '138****1234' },
      { party: 'agent', agent: 'E021' },
      { party: 'department', number: '139****5678' },
    ],
  });
});

t.test('a message that names the call belongs to it, in either order', async (t) => {
  const before = await callOf(answered({ callId: 'linked-1' }));
  const told = await city.register('phone', { call: { callId: 'linked-1' } });
  t.match(await city.get<Call>(`/v1/calls/${before.id}`), {
    appeals: [{ messageId: told.messageId, appealId: told.appealId }],
  });
  const first = await city.register('phone', { call: { callId: 'linked-2' } });
  const after = await callOf(answered({ callId: 'linked-2' }));
  t.match(after.appeals, [{ appealId: first.appealId }]);
  await connect(city, '12319');
  const other = await callOf(answered({ callId: 'linked-1', called: '12319' }), {}, '12319');
  t.not(other.id, before.id, 'another call centre’s id');
  t.same(other.appeals, []);
});

t.test('the dialled line decides the routing too', async (t) => {
  await connect(city, 'mayor-phone', { lines: { '087112369': '12369' } });
  const message = await city.register('phone', {
    source: 'mayor-phone',
    call: { callId: 'line-1', called: '0871-12369' },
  });
  await take(answered({ callId: 'line-2', called: '12318' }));
  const later = await city.register('phone', { call: { callId: 'line-2' } });
  await city.clock.settle();
  t.equal((await city.appeal(message.appealId)).assignment?.department, 'ecology');
  t.equal((await city.appeal(later.appealId)).assignment?.department, 'culture');
});

t.test('wrong records are named, right ones beside them are taken', async (t) => {
  const { refused, accepted } = await take([
    answered({ callId: 'mixed-1' }),
    { callId: 'mixed-2', answerdAt: '2026-03-10T09:58:20+08:00' },
    missed({ callId: 'mixed-3', endedAt: '2027-01-01T00:00:00+08:00' }),
    missed({ callId: 'mixed-4', endedAt: '2026-03-10T09:00:00+08:00' }),
    missed({ callId: 'mixed-5', durationSeconds: 1e300 }),
    missed({ callId: 'a\u0000b' }),
  ]);
  t.equal(accepted, 1);
  t.same(
    refused.map(({ index, errors }) => [index, errors[0]?.pointer]),
    [
      [1, '/answerdAt'],
      [2, '/endedAt'],
      [3, '/endedAt'],
      [4, '/durationSeconds'],
      [5, '/callId'],
    ],
  );
  t.match(await push([{ callId: '' }]), { status: 400, body: { errors: [{ pointer: '/0/callId' }] } });
  const before = await city.counts();
  const bombs = [
    '',
    '{',
    '[]',
    '['.repeat(100_000),
    JSON.stringify(Array(201).fill(missed())),
    '{"callId":"x","legs":[[[[[]]]]]}',
    '{"uuid":{},"start_stamp":1}',
  ];
  for (const bomb of bombs) t.equal((await push(bomb)).status, 400, bomb.slice(0, 20));
  t.equal((await push(`{"callId":"${'x'.repeat(1_100_000)}"}`)).status, 413);
  let deep: unknown = 1;
  for (let i = 0; i < 1_000; i += 1) deep = { variables: deep };
  t.equal((await push({ variables: deep, uuid: 'x' })).status, 400);
  t.same(await city.counts(), before);
});

t.test('who may push', async (t) => {
  const body = answered({ callId: 'key-1' });
  t.equal((await push(body, { authorization: '' })).status, 401);
  t.equal((await push(body, { authorization: 'Bearer wrong' })).status, 401);
  t.equal((await push(body, {}, '96927')).status, 404, 'without settings');
  t.equal((await push(body, {}, 'portal')).status, 404);
  const basic = Buffer.from(`freeswitch:${SECRET}`).toString('base64');
  t.equal((await push(body, { authorization: `Basic ${basic}` })).status, 200);

  await connect(city, '12318', { signature: 'hmac' });
  const text = JSON.stringify(body);
  const sign = (at: number, signed = text) => ({
    'x-minsheng-timestamp': String(at),
    'x-minsheng-signature': `sha256=${createHmac('sha256', SECRET).update(`${at}.${signed}`).digest('hex')}`,
  });
  const seconds = Math.floor(Date.now() / 1000);
  t.equal((await push(text, sign(seconds), '12318')).status, 200);
  t.equal((await push(text, {}, '12318')).status, 401, 'the key alone is not enough');
  t.equal((await push(text, sign(seconds, `${text} `), '12318')).status, 401);
  t.equal((await push(text, sign(seconds - 301), '12318')).status, 401, 'replayed later');
});

t.test('the provider another source is set to is not named by a source that is not', async (t) => {
  await connect(city, 'mayor-phone', { signature: 'hmac', provider: 'pbx2' });
  await connect(city, '12369', { provider: 'pbx2' });
  await connect(city, '12318');
  const theirs = await callOf(missed({ callId: 'h1', caller: '13500000001' }), {}, '12369');
  t.match(theirs, { status: 'missed', callBack: { status: 'open' } });
  const foreign = answered({ provider: 'pbx2', callId: 'h1', caller: '13500000002' });
  t.match(await push(foreign), { status: 400, body: { errors: [{ pointer: '/0/provider' }] } });
  t.match(await push([foreign, answered({ provider: '12318' }), answered({ provider: 'free' })]), {
    status: 200,
    body: { accepted: 1, refused: [{ index: 0, errors: [{ pointer: '/provider' }] }, { index: 1 }] },
  });
  t.match(await city.get<Call>(`/v1/calls/${theirs.id}`), { status: 'missed', caller: '135****0001' });
  t.match(await callOf(answered({ provider: '12345' })), { provider: '12345' }, 'its own');
  t.match(await callOf({ ...foreign, caller: '13500000001' }, {}, '12369'), { id: theirs.id, status: 'answered' });
});

t.test('settings that name a source name one of the phone', async (t) => {
  const lines = (lines: object) => city.call('PUT', '/v1/sources/96927/settings', { secret: SECRET, lines });
  t.match(await lines({ '1': '12345', '#2/3': 'nope' }), {
    status: 400,
    body: { errors: [{ pointer: '/lines/#2~13' }] },
  });
  t.match(await lines({ '1': 'portal' }), { status: 400, body: { errors: [{ pointer: '/lines/1' }] } });
  t.equal((await lines({ '1': '12345' })).status, 200);
});
