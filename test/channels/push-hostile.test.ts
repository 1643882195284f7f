import type { InjectOptions } from 'fastify';
import { createCity, type Problem } from '../support/city.ts';
import t from '../support/tap.ts';
import * as wechat from '../support/wechat.ts';
import * as weibo from '../support/weibo.ts';
import { hostile as hostileWechat } from '../trial/hostile-wechat.ts';
import { hostile as hostileWeibo } from '../trial/hostile-weibo.ts';

const city = await createCity(t);
const put = (code: string, settings: object) => city.call('PUT', `/v1/sources/${code}/settings`, settings);
await put('wechat-12345', wechat.settingsFor('plain'));
await put('weibo-12345', { appSecret: weibo.APP_SECRET });
const send = (request: InjectOptions) => city.inject<Problem>(request);
const text = () => wechat.message({ Content: '路灯不亮' });

async function nothingWritten(work: () => Promise<void>): Promise<void> {
  const before = await city.counts();
  await work();
  t.same(await city.counts(), before, 'nothing was written');
}

t.test('XML that declares, nests, hides or breaks off is refused', (t) =>
  nothingWritten(async () => {
    const laughs = Array.from({ length: 9 }, (_, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`).join('');
    const bodies: [string, string][] = [
      ['external entity', `<!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/passwd">]>${text()}`],
      ['billion laughs', `<!DOCTYPE xml [<!ENTITY l0 "lol">${laughs}]><xml><Content>&l9;</Content></xml>`],
      ['a declaration between comments', `<!-- <![CDATA[ --><!DOCTYPE xml [<!ENTITY a "b">]><!-- ]]> -->${text()}`],
      ['an open CDATA', text().replace(']]></Content>', '')],
      ['deep nesting', text().replace('</xml>', `${'<a>'.repeat(20_000)}${'</a>'.repeat(20_000)}</xml>`)],
      ['a prototype', text().replace('</xml>', '<__proto__>1</__proto__></xml>')],
      ['cut off', text().slice(0, -20)],
      ['two documents', text() + text()],
      ['no sender', wechat.message({ FromUserName: undefined, Content: 'x' })],
      ['a list for a sender', text().replace('</xml>', '<FromUserName>a</FromUserName></xml>')],
      ['no time', wechat.message({ CreateTime: 'gestern' })],
      ['no kind', wechat.message({ MsgType: undefined })],
      ['JSON', '{"FromUserName":"a"}'],
      ['nothing', ''],
      ['unclosed comments', '<!--'.repeat(60_000)],
    ];
    for (const [what, body] of bodies) {
      const reply = await send(wechat.push(body));
      t.equal(reply.status, 400, what);
      t.match(reply.body.type, /malformed-body$/, what);
    }
    t.equal((await send(wechat.push(wechat.message({ Content: 'x'.repeat(300_000) })))).status, 413);
    const notUtf8 = wechat.push('');
    t.equal((await send({ ...notUtf8, payload: Buffer.from([0x3c, 0xff, 0xfe]) })).status, 400);
  }),
);

t.test('JSON that is broken, nested or names things twice is refused', (t) =>
  nothingWritten(async () => {
    const bodies: [string, string][] = [
      ['a trailing comma', weibo.message().replace('"data":{}', '"data":{},')],
      ['deep nesting', '['.repeat(200_000)],
      ['a name twice', weibo.message().replace('{', '{"sender_id":1,')],
      ['no sender', weibo.message({ sender_id: undefined })],
      ['a sender that is no id', weibo.message({ sender_id: -1.5 })],
      ['no type', weibo.message({ type: undefined })],
      ['a list', '[]'],
      ['nothing', ''],
    ];
    for (const [what, body] of bodies) t.equal((await send(weibo.push(body))).status, 400, what);
    t.equal((await send(weibo.push(weibo.message({ text: 'x'.repeat(300_000) })))).status, 413);
  }),
);

t.test('a wrong signature, somebody else’s, or one kept for later: refused, nothing written', (t) =>
  nothingWritten(async () => {
    const old = Math.floor(Date.now() / 1000) - 3_600;
    const right = wechat.push(text());
    const wrong = [
      { ...right, query: { ...(right.query as object), signature: 'f'.repeat(40) } },
      { ...right, query: { ...(right.query as object), signature: '' } },
      { ...right, query: { ...(right.query as object), nonce: '1' } },
      wechat.push(text(), 'plain', { timestamp: old }),
      wechat.push(text(), 'plain', { timestamp: old + 7_200 }),
      weibo.push(weibo.message(), { secret: 'another' }),
      weibo.push(weibo.message(), { timestamp: old * 1000 }),
      weibo.check({ secret: 'another' }),
    ];
    for (const request of wrong) t.equal((await send(request as InjectOptions)).status, 403);
    t.equal((await send({ ...right, query: {} })).status, 400);
    t.equal((await send({ ...right, url: '/v1/webhooks/wechat/letters' })).status, 404);
  }),
);

t.test('a replay within the bound is the same message', async (t) => {
  const request = wechat.push(text());
  const first = await city.inject<string>(request);
  const before = await city.counts();
  t.equal((await city.inject<string>(request)).body.length, first.body.length);
  t.same(await city.counts(), before);
});

t.test('encrypted mode: what is damaged, badly padded or meant for another account', async (t) => {
  await put('wechat-12345', wechat.settingsFor('encrypted'));
  await nothingWritten(async () => {
    for (const broken of ['pad-zero', 'pad-33', 'pad-mixed', 'length', 'app-id', 'not-a-block', 'empty'] as const)
      t.equal((await send(wechat.pushBroken(text(), broken))).status, 403, broken);
    const swapped = wechat.push(text(), 'encrypted');
    const { payload } = wechat.push(text(), 'encrypted');
    t.equal((await send({ ...swapped, payload: payload ?? '' })).status, 403, 'another body under the signature');
  });
  await put('wechat-12345', wechat.settingsFor('plain'));
});

t.test('anything else is refused or recorded, never an error of ours', async (t) => {
  for (let seed = 0; seed < 300; seed++)
    for (const hostile of [hostileWechat, hostileWeibo]) {
      const { status } = await send(hostile(seed));
      if (![200, 400, 403, 404, 413].includes(status)) t.fail(`${hostile.name} ${seed}: ${status}`);
    }
  t.equal((await city.call('GET', '/readyz')).status, 200);
});
