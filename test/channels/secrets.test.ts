import { setTimeout as pause } from 'node:timers/promises';
import type { InjectOptions } from 'fastify';
import { createRefusals } from '../../src/channels/webhook/refusals.ts';
import { callCentre, connect } from '../calls/support.ts';
import { createCity } from '../support/city.ts';
import { mail, openMailbox, postMail } from '../support/mail.ts';
import t from '../support/tap.ts';
import * as wechat from '../support/wechat.ts';
import * as weibo from '../support/weibo.ts';

const city = await createCity(t, { logLevel: 'warn' });
const put = (code: string, settings: object) => city.call('PUT', `/v1/sources/${code}/settings`, settings);
const send = (request: InjectOptions) => city.inject<string>(request);

const OLD = { token: wechat.TOKEN, aesKey: wechat.AES_KEY };
const NEW = { token: 'another-token', aesKey: 'GFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba' };
let person = 0;
const line = (Content: string) => wechat.message({ FromUserName: `${wechat.OPEN_ID}-${++person}`, Content });

/** Readiness is kept for two seconds: waits until it says so. */
async function warned(pattern: RegExp): Promise<string[]> {
  for (const end = Date.now() + 20_000; ; ) {
    const warnings = (await city.instance.warnings()).filter((warning) => warning.startsWith('pushes'));
    if (warnings.some((warning) => pattern.test(warning)) || Date.now() > end) return warnings;
    await pause(50);
  }
}

t.test('refused pushes of every channel are logged with their reason, and readiness tells how many', async (t) => {
  await put('wechat-12345', wechat.settingsFor('encrypted'));
  await put('weibo-12345', { appSecret: weibo.APP_SECRET });
  await connect(city);
  await connect(city, '12369', { signature: 'hmac' });
  await openMailbox(city);
  city.logs.length = 0;
  for (let n = 0; n < 3; n++) await send(weibo.push(weibo.message({ text: '秘密' }), { secret: 'wrong' }));
  await send(weibo.push(weibo.message(), { timestamp: Date.now() - 86_400_000 }));
  await send(wechat.push(line('秘密'), 'encrypted', { token: 'wrong' }));
  await send(wechat.pushBroken(line('秘密'), 'app-id'));
  await send(wechat.push(line('秘密'), 'plain'));
  await callCentre(city).push([], { authorization: 'Bearer wrong' });
  await callCentre(city).push([], {}, '12369');
  await postMail(city, mail(), { authorization: 'Bearer wrong' });
  // Not counted: what is not connected, what no platform would send, and what is taken.
  await send({ ...wechat.push(line('甲')), url: '/v1/webhooks/wechat/nowhere' });
  await send(weibo.push('{'));
  await send(weibo.push(weibo.message()));
  const refusals = city.logs.map((entry) => JSON.parse(entry)).filter(({ msg }) => msg === 'a push was refused');
  t.same(
    refusals.map(({ level, source, reason }) => [level, source, reason]),
    [
      ...Array.from({ length: 3 }, () => ['warn', 'weibo-12345', '/query/signature is not right']),
      ['warn', 'weibo-12345', '/query/timestamp is too far from now'],
      ['warn', 'wechat-12345', '/query/msg_signature is not right'],
      ['warn', 'wechat-12345', '/query/msg_signature is of something not encrypted for this account'],
      ['warn', 'wechat-12345', 'The message is not encrypted, and this source has an encodingAesKey.'],
      ['warn', '12345', '/headers/authorization is missing or not right'],
      ['warn', '12369', '/headers/x-minsheng-signature is missing or not right'],
      ['warn', 'mayor-mailbox', "Send the mailbox's secret as `Authorization: Bearer …`."],
    ],
  );
  t.notMatch(city.logs.join('\n'), /秘密|wrong/, 'nothing of what was sent');
  const warnings = await warned(/mayor-mailbox/);
  t.equal(warnings.length, 5);
  t.match(
    warnings.find((warning) => warning.includes('weibo')),
    /^pushes to weibo-12345 were refused 4 times in the last hour, last 0 min ago \(\/query\/signature is not right: 3; \/query\/timestamp is too far from now: 1\)/,
  );
});

t.test('refusals are remembered for an hour, in bounded memory', async (t) => {
  const { count, warningsAt } = createRefusals();
  const hour = 3_600_000;
  t.same(warningsAt(0), []);
  for (let at = 0; at < 3 * hour; at += 1_000) count('wechat-12345', 'wrong', at);
  t.match(warningsAt(3 * hour - 1), [
    /^pushes to wechat-12345 were refused 3600 times in the last hour, last 0 min ago/,
  ]);
  t.match(warningsAt(3 * hour + hour / 2), [/refused 1740 times in the last hour, last 31 min ago/]);
  t.same(warningsAt(4 * hour), [], 'then nobody is told any more');
});

t.test('plain mode: the previous token is good for as long as it stands in the settings', async (t) => {
  const settings = { ...wechat.settingsFor('plain'), token: NEW.token };
  t.equal((await put('wechat-12345', { ...settings, previousToken: OLD.token })).status, 200);
  for (const secrets of [OLD, NEW]) {
    const { status, body } = await send(wechat.push(line('路灯不亮'), 'plain', secrets));
    t.equal(status, 200);
    t.match(wechat.replyIn(body).Content, /诉求编号/);
  }
  t.equal((await send(wechat.push(line('伪造'), 'plain', { token: 'a-third-token' }))).status, 403);
  t.equal((await send(wechat.check())).status, 200, 'the address may be checked under either');
  await put('wechat-12345', settings);
  t.equal((await send(wechat.push(line('旧令牌'), 'plain', OLD))).status, 403, 'a leaked one is not kept by accident');
  t.equal((await send(wechat.push(line('新令牌'), 'plain', NEW))).status, 200);
});

t.test('encrypted: what the platform still sends under the old secrets is answered under them', async (t) => {
  const settings = { ...wechat.settingsFor('encrypted'), token: NEW.token, encodingAesKey: NEW.aesKey };
  t.match(
    await put('wechat-12345', { ...wechat.settingsFor('plain'), previousEncodingAesKey: OLD.aesKey }),
    { status: 400, body: { errors: [{ pointer: '/encodingAesKey' }] } },
    'plain mode has no key to replace',
  );
  const both = { ...settings, previousToken: OLD.token, previousEncodingAesKey: OLD.aesKey };
  const shown = (await put('wechat-12345', both)).body;
  t.match(shown, { previousToken: '***', previousEncodingAesKey: '***' }, 'never read back');
  await put('wechat-12345', shown);
  for (const token of [OLD.token, NEW.token])
    for (const aesKey of [OLD.aesKey, NEW.aesKey]) {
      const { status, body } = await send(wechat.push(line('井盖没了'), 'encrypted', { token, aesKey }));
      t.equal(status, 200);
      t.match(wechat.replyIn(body, { token, aesKey }).Content, /诉求编号/, 'signed and sealed as it came');
    }
  await put('wechat-12345', settings);
  t.equal((await send(wechat.push(line('旧'), 'encrypted', OLD))).status, 403);
  t.equal((await send(wechat.push(line('旧密钥'), 'encrypted', { ...NEW, aesKey: OLD.aesKey }))).status, 403);
});

t.test('Weibo: the previous AppSecret likewise', async (t) => {
  const signedBy = (secret: string) => send(weibo.push(weibo.message(), { secret }));
  await put('weibo-12345', { appSecret: 'new-secret', previousAppSecret: weibo.APP_SECRET });
  for (const secret of ['new-secret', weibo.APP_SECRET]) {
    t.equal((await signedBy(secret)).status, 200);
    t.equal((await send(weibo.check({ secret }))).status, 200);
  }
  t.equal((await signedBy('a-third')).status, 403);
  await put('weibo-12345', { appSecret: 'new-secret' });
  t.equal((await signedBy(weibo.APP_SECRET)).status, 403);
  t.equal((await signedBy('new-secret')).status, 200);
});
