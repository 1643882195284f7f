import { createCity } from '../support/city.ts';
import t from '../support/tap.ts';

const city = await createCity(t);

t.test('each key has its own limit', async (t) => {
  const key = await city.instance.keys.create({ name: 'slow', scopes: ['operations'], perMinute: 3 });
  const ask = () => city.call('GET', '/v1/receipts', undefined, { authorization: `Bearer ${key}` });
  for (let at = 0; at < 3; at += 1) t.equal((await ask()).status, 200);
  t.match(await ask(), {
    status: 429,
    headers: { 'retry-after': /^[1-9]\d*$/ },
    body: { type: 'urn:minsheng:problem:too-many-requests' },
  });
  t.equal(
    (await city.call('GET', '/v1/receipts', undefined, await city.key('operations'))).status,
    200,
    'others go on',
  );
});

t.test('query codes cannot be tried out: per caller, and per appeal from many callers', async (t) => {
  const { appealNumber } = await city.register('phone');
  const look = (number: string, remoteAddress: string) =>
    city.inject({ method: 'GET', url: `/v1/citizen/appeals/${number}?code=00000000`, remoteAddress });
  const one: number[] = [];
  for (let at = 0; at < 40; at += 1) one.push((await look(`20260310000${at}`, '10.0.0.1')).status);
  t.ok(one.includes(404) && one.at(-1) === 429, 'one caller, many numbers');
  const many: number[] = [];
  for (let at = 0; at < 40; at += 1) many.push((await look(appealNumber, `10.0.1.${at}`)).status);
  t.ok(many.includes(404) && many.at(-1) === 429, 'many callers, one number');
  t.equal((await look('2026031000000001', '10.0.2.1')).status, 404, 'others go on');
});

t.test('while stopping: not ready, no new message, a word when to come again', async (t) => {
  const node = await city.start({ workers: false });
  const ready = () => city.call('GET', '/readyz', undefined, {}, node);
  t.match(await ready(), { status: 200, body: { status: 'ok', warnings: [] } });
  node.instance.stopTaking();
  t.match(await ready(), { status: 503, headers: { 'retry-after': /\d/ } });
  t.equal((await city.call('GET', '/healthz', undefined, {}, node)).status, 200);
  await node.instance.intake.stop();
  const before = await city.counts();
  t.match(await city.post('phone', {}, {}, node), {
    status: 503,
    headers: { 'retry-after': /\d/ },
    body: { type: 'urn:minsheng:problem:busy' },
  });
  t.same(await city.counts(), before);
});

t.test('what is answered with 201 before a stop is kept', async (t) => {
  const node = await city.start({ workers: false });
  const posts = Array.from({ length: 50 }, (_, at) => city.post('phone', { externalId: `stop-${at}` }, {}, node));
  await new Promise((resolve) => setImmediate(resolve));
  await node.instance.intake.stop();
  const replies = await Promise.all(posts);
  const kept = await city.rows<{ external_id: string }>(
    "select external_id from messages where external_id like 'stop-%'",
  );
  t.ok(replies.every(({ status }) => status === 201 || status === 503));
  t.equal(kept.length, replies.filter(({ status }) => status === 201).length);
});
