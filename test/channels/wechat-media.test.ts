import { createHash } from 'node:crypto';
import { createCity } from '../support/city.ts';
import { type PlatformAnswer, startPlatform } from '../support/platform.ts';
import t from '../support/tap.ts';
import { message, OPEN_ID, push, settingsFor } from '../support/wechat.ts';

const city = await createCity(t);
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const AMR = Buffer.from('#!AMR\n<voice>');
/** What WeChat has for a media id, or the error it answers. */
let media: Record<string, PlatformAnswer> = {};
let token = 'token-1';
const { base, asked } = await startPlatform(t, (url, body) => {
  if (url.pathname === '/cgi-bin/stable_token') {
    const { secret } = JSON.parse(body) as { secret: string };
    const values: Record<string, string> = { 'secret-of-the-app': token, 'secret-of-another': 'token-of-another' };
    const value = values[secret];
    return value ? { access_token: value, expires_in: 7200 } : { errcode: 40125, errmsg: 'invalid appsecret' };
  }
  if (url.pathname === '/film') return Buffer.from('\0\0\0\x18ftypmp42\0\0\0\0mp42isom', 'latin1');
  if (url.searchParams.get('access_token') === 'token-of-another')
    return { errcode: 40007, errmsg: 'invalid media_id' };
  if (url.searchParams.get('access_token') !== token) return { errcode: 42001, errmsg: 'access_token expired' };
  return media[url.searchParams.get('media_id') ?? ''] ?? { errcode: 40007, errmsg: 'invalid media_id' };
});

const configure = (more: object) =>
  city.call('PUT', '/v1/sources/wechat-12345/settings', settingsFor('plain', { apiBaseUrl: base, ...more }));
let person = 0;
async function send(changes: Record<string, string>): Promise<void> {
  const from = `${OPEN_ID}-${++person}`;
  t.equal((await city.inject(push(message({ FromUserName: from, ...changes })))).status, 200);
}
const files = () =>
  city.rows<{ kind: string; state: string; media_type: string | null; sha256: string | null; failure: string | null }>(
    "select kind, state, media_type, encode(sha256, 'hex') as sha256, failure from attachments order by id",
  );
const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

t.test('pictures, voices and films are fetched with one token, kept by what they are', async (t) => {
  await configure({ appSecret: 'secret-of-the-app' });
  media = { m1: PNG, m2: AMR, m3: { video_url: `${base}/film` } };
  await send({ MsgType: 'image', MediaId: 'm1', PicUrl: `${base}/never-asked` });
  await send({ MsgType: 'voice', MediaId: 'm2', Format: 'amr' });
  await send({ MsgType: 'video', MediaId: 'm3', ThumbMediaId: 't3' });
  await city.clock.settle();
  t.match(await files(), [
    { kind: 'image', state: 'stored', media_type: 'image/png', sha256: sha256(PNG) },
    { kind: 'voice', state: 'stored', media_type: 'audio/amr', sha256: sha256(AMR) },
    { kind: 'video', state: 'stored', media_type: 'video/mp4' },
  ]);
  t.notOk(
    asked.some((request) => request.includes('never-asked')),
    'an address in a message is not called',
  );
  t.notOk((await city.dump()).some((row) => row.includes('secret-of-the-app') || row.includes(token)));
});

t.test('a token that WeChat no longer takes is asked for once more', async (t) => {
  token = 'token-2';
  media = { m4: PNG };
  const before = asked.length;
  await send({ MsgType: 'image', MediaId: 'm4' });
  await city.clock.settle();
  t.match((await files()).at(-1), { state: 'stored' });
  const calls = asked.slice(before).map((request) => request.split('?')[0]);
  t.same(calls, ['GET /cgi-bin/media/get', 'POST /cgi-bin/stable_token', 'GET /cgi-bin/media/get']);
});

t.test('whatever WeChat answers, a file is asked for again until its three days are over', async (t) => {
  media = { m6: { errcode: 45009, errmsg: 'reach max api daily quota limit' } };
  await send({ MsgType: 'image', MediaId: 'deleted' });
  await send({ MsgType: 'image', MediaId: 'm6' });
  await city.clock.settle();
  t.match((await files()).slice(-2), [{ state: 'pending' }, { state: 'pending' }]);
  media = { m6: PNG };
  await city.clock.advance('PT1H');
  t.match((await files()).slice(-2), [{ state: 'pending' }, { state: 'stored' }]);
  await city.clock.advance('P3D');
  t.match((await files()).at(-2), { state: 'failed', failure: 'PlatformError 40007' });
});

t.test('corrected AppID and AppSecret are used at once: the token of another account brings nothing', async (t) => {
  media = { m9: PNG };
  await configure({ appId: 'wx-of-another', appSecret: 'secret-of-another' });
  await send({ MsgType: 'image', MediaId: 'm9' });
  await city.clock.settle();
  t.match((await files()).at(-1), { state: 'pending' }, 'not lost: the account may be the wrong one');
  await configure({ appSecret: 'secret-of-the-app' });
  await city.clock.advance('PT1H');
  t.match((await files()).at(-1), { state: 'stored' });
});

t.test('readiness warns of files that will be lost, and no longer when they are there', async (t) => {
  // Each process keeps its warnings for two seconds, so each is asked once.
  const warned = async () => {
    const node = await city.start({ workers: false });
    const { body } = await city.call<{ warnings: string[] }>('GET', '/readyz', undefined, {}, node);
    return body.warnings.filter((warning) => warning.startsWith('files'));
  };
  await city.clock.set('2026-04-01T10:00:00+08:00');
  t.same(await warned(), []);
  media = { n1: PNG, n2: { errcode: 40164, errmsg: 'invalid ip, not in whitelist' } };
  await configure({});
  await send({ MsgType: 'image', MediaId: 'n1' });
  await city.clock.settle();
  t.match(await warned(), [
    /^files: 1 waits? for the settings .*NO_APP_SECRET.*; the first expires at 2026-04-04T10:00:00\+08:00$/,
  ]);
  await configure({ appSecret: 'secret-of-the-app' });
  await send({ MsgType: 'voice', MediaId: 'n2' });
  await city.clock.advance('PT1H');
  t.match(await warned(), [/^files: 1 could not be fetched .*40164.*2026-04-04T10/]);
  media.n2 = AMR;
  await city.clock.advance('PT1H');
  t.same(await warned(), []);
});

t.test('without an AppSecret files wait for one, three days at most', async (t) => {
  await configure({});
  token = 'token-3';
  media = { m7: PNG };
  await send({ MsgType: 'image', MediaId: 'm7' });
  await city.clock.advance('PT2H');
  t.match((await files()).at(-1), { state: 'pending' });
  await configure({ appSecret: 'secret-of-the-app' });
  await city.clock.advance('PT1H');
  t.match((await files()).at(-1), { state: 'stored' });
  await configure({});
  token = 'token-4';
  await send({ MsgType: 'image', MediaId: 'm8' });
  await city.clock.advance('P3DT1H');
  t.match((await files()).at(-1), { state: 'failed', failure: 'PlatformError NO_APP_SECRET' });
});
