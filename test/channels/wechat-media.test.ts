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
  if (url.pathname === '/cgi-bin/stable_token')
    return JSON.parse(body).secret === 'secret-of-the-app'
      ? { access_token: token, expires_in: 7200 }
      : { errcode: 40125, errmsg: 'invalid appsecret' };
  if (url.pathname === '/film') return Buffer.from('\0\0\0\x18ftypmp42\0\0\0\0mp42isom', 'latin1');
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

t.test(
  'what WeChat deleted has failed, with its reason; what passes is tried again within the three days',
  async (t) => {
    media = { m6: { errcode: 45009, errmsg: 'reach max api daily quota limit' } };
    await send({ MsgType: 'image', MediaId: 'deleted' });
    await send({ MsgType: 'image', MediaId: 'm6' });
    await city.clock.settle();
    t.match((await files()).slice(-2), [{ state: 'failed', failure: 'WeChat answered 40007' }, { state: 'pending' }]);
    media = { m6: PNG };
    await city.clock.advance('PT1H');
    t.match((await files()).at(-1), { state: 'stored' });
  },
);

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
