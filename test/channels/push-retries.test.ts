import type { AddressInfo } from 'node:net';
import type { FastifyInstance, InjectOptions } from 'fastify';
import pg from 'pg';
import { createCity, type Node } from '../support/city.ts';
import { send as sendTo } from '../support/send.ts';
import t from '../support/tap.ts';
import * as wechat from '../support/wechat.ts';
import * as weibo from '../support/weibo.ts';

const city = await createCity(t, { logLevel: 'warn' });
const other = await city.start({ workers: false });
await city.call('PUT', '/v1/sources/wechat-12345/settings', wechat.settingsFor('plain'));
await city.call('PUT', '/v1/sources/weibo-12345/settings', { appSecret: weibo.APP_SECRET });
for (const { app } of [city, other]) await app.listen({ host: '127.0.0.1', port: 0 });

/** Sent over a real connection. Undefined: it was closed without an answer. */
async function send({ app }: { app: FastifyInstance }, request: InjectOptions) {
  const sent = await sendTo((app.server.address() as AddressInfo).port, request);
  return typeof sent === 'string' ? undefined : sent;
}
const messages = async (): Promise<number> =>
  Number((await city.rows<{ n: string }>('select count(*) as n from messages'))[0]?.n);

t.test('the same message at two replicas at once is one message, and both are told the same', async (t) => {
  for (let round = 0; round < 5; round++) {
    const before = await messages();
    const xml = wechat.message({ FromUserName: `two-${round}`, Content: `第${round}次` });
    const answers = await Promise.all([city, other, city].map((node) => send(node, wechat.push(xml))));
    const said = new Set(answers.map((answer) => wechat.replyIn(answer?.body ?? '').Content));
    t.equal(said.size, 1);
    t.match([...said][0], /诉求编号：\d+/);
    t.equal(await messages(), before + 1);
  }
});

/** Keeps the intake from writing for as long as `work` takes. */
async function whileLocked<T>(work: () => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: city.url });
  await client.connect();
  try {
    await client.query('begin; lock table messages in access exclusive mode');
    return await work();
  } finally {
    await client.end();
  }
}

t.test('no COMMIT in time: closed without an answer, and the repeat is recognised', async (t) => {
  const requests: [string, (node: Node | typeof city) => Promise<{ status: number; body: string } | undefined>][] = [];
  const xml = wechat.message({ FromUserName: 'slow', Content: '慢' });
  const json = weibo.message({ text: '慢' });
  requests.push(['wechat', (node) => send(node, wechat.push(xml))]);
  requests.push(['weibo', (node) => send(node, weibo.push(json))]);
  const before = await messages();
  const first = await whileLocked(() => Promise.all(requests.map(([, deliver]) => deliver(city))));
  t.same(first, [undefined, undefined]);
  t.match(city.logs.join('\n'), /not recorded in time/);
  // While the first try may still be on its way to the table.
  const again = await Promise.all(requests.flatMap(([, deliver]) => [deliver(city), deliver(other)]));
  t.ok(again.every((answer) => answer?.status === 200));
  t.equal(wechat.replyIn(again[0]?.body ?? '').Content, wechat.replyIn(again[1]?.body ?? '').Content);
  t.equal(again[2]?.body, again[3]?.body);
  t.equal(await messages(), before + 2);
});

t.test('an intake that takes nothing more: closed too, for another replica to take it', async (t) => {
  await city.instance.intake.stop();
  const xml = wechat.message({ FromUserName: 'stopped', Content: '停' });
  t.equal(await send(city, wechat.push(xml)), undefined);
  t.equal(await send(city, weibo.push(weibo.message())), undefined);
  t.match(await send(other, wechat.push(xml)), { status: 200, body: /诉求编号/ });
});
