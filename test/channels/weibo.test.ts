import { createCity } from '../support/city.ts';
import { startPlatform } from '../support/platform.ts';
import t from '../support/tap.ts';
import { ACCOUNT, APP_SECRET, check, message, push, textIn } from '../support/weibo.ts';

const city = await createCity(t);
const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0]);
const { base } = await startPlatform(t, (url) =>
  url.pathname === '/mss/msget' && url.searchParams.get('access_token') === 'token-of-the-account'
    ? url.searchParams.get('fid') === '7001'
      ? JPEG
      : { error: 'not exist', error_code: 20003 }
    : { status: 403 },
);
await city.call('PUT', '/v1/sources/weibo-12345/settings', {
  appSecret: APP_SECRET,
  accessToken: 'token-of-the-account',
  uploadBaseUrl: base,
});
type Reply = { result: boolean; receiver_id: string; sender_id: string; type: string; data: string };
const send = (body: string) => city.inject<Reply & string>(push(body));

interface Listed {
  id: string;
  number: string;
  body: string;
  receivedAt: string;
}
async function newest(): Promise<Listed> {
  const { items } = await city.get<{ items: Listed[] }>('/v1/appeals?limit=1');
  if (!items[0]) throw new Error('no appeal');
  return items[0];
}
const messagesOf = ({ id }: Listed) => city.all<{ externalId: string }>(`/v1/appeals/${id}/messages`);

t.test('the address is checked: echostr comes back for the right signature only', async (t) => {
  t.match(await city.inject(check()), { status: 200, body: 'e<1>', headers: { 'content-type': /^text\/plain/ } });
  t.match(await city.inject(check({ secret: 'another' })), { status: 403 });
});

t.test('a private message is recorded and answered; 64-bit ids keep every digit', async (t) => {
  const body = message({ text: '0012 楼下施工太吵' });
  const sender = /"sender_id":(\d+)/.exec(body)?.[1];
  const reply = await send(body);
  t.match(reply, { status: 200, headers: { 'content-type': /^application\/json/ } });
  t.match(reply.body, { result: true, receiver_id: sender, sender_id: ACCOUNT, type: 'text' });
  const appeal = await newest();
  t.match(appeal, { body: '0012 楼下施工太吵', receivedAt: '2026-03-10T09:59:00+08:00' });
  const [, number, code] = /诉求编号：(\d+)\n查询码：(\S+)/.exec(textIn(reply.body)) ?? [];
  t.equal(number, appeal.number);
  t.equal((await city.call('GET', `/v1/citizen/appeals/${number}?code=${code}`)).status, 200);
  t.same((await send(body)).body, reply.body, 'a repeat is told the same');
  t.equal((await messagesOf(appeal)).length, 1);
});

t.test('there is no message id: two messages of one second are told apart by their words', async (t) => {
  const first = message({ text: '第一句' });
  await send(first);
  await send(first.replace('第一句', '第二句'));
  const appeal = await newest();
  t.equal(appeal.body.split('\n').length, 2);
  t.match(await city.appeal(appeal.id), { status: 'registered', body: '第一句\n第二句' });
  await send(first);
  t.equal((await messagesOf(appeal)).length, 2);
});

t.test('every kind becomes what a person would read; a picture is fetched', async (t) => {
  const kinds: [object, string][] = [
    [
      { type: 'position', text: '我在这里: http://t.cn/1', data: { longitude: '102.7', latitude: '25.0' } },
      '[位置] 我在这里: http://t.cn/1\n纬度 25.0，经度 102.7',
    ],
    [{ type: 'position', text: '发送了一个位置', data: {} }, '[位置]\n纬度 ，经度 '],
    [{ type: 'voice', text: '发了一个语音消息', data: { vfid: 7000, tovfid: 7002 } }, '[语音]'],
    [{ type: 'image', text: '发了一张图片', data: { vfid: 7000, tovfid: 7001 } }, '[图片]'],
  ];
  for (const [changes, body] of kinds) {
    t.equal((await send(message({ ...changes }))).status, 200);
    t.equal((await newest()).body, body);
  }
  await city.clock.settle();
  const files = await city.rows('select kind, state, media_type from attachments order by id');
  t.same(files, [
    { kind: 'voice', state: 'pending', media_type: null },
    { kind: 'image', state: 'stored', media_type: 'image/jpeg' },
  ]);
});

t.test('a pushed mention is complete, and known by the id of its post', async (t) => {
  const data = { subtype: 'status', key: '#4985000000000001#' };
  const mention = message({ type: 'mention', text: '@12345 路灯不亮', data });
  t.match(textIn((await send(mention)).body), /诉求编号/);
  const appeal = await newest();
  t.match(await messagesOf(appeal), [{ externalId: 'status:4985000000000001' }]);
  await city.clock.settle();
  t.equal((await city.appeal(appeal.id)).status, 'assigned', 'routed at once');
  await send(message({ type: 'mention', text: '@12345 井盖', data: { ...data, subtype: 'comment' } }));
  t.match(await messagesOf(await newest()), [{ externalId: 'comment:4985000000000001' }]);
});

t.test('events and what is unknown leave nothing', async (t) => {
  await city.clock.settle();
  const before = await city.counts();
  const event = (subtype: string) => send(message({ type: 'event', text: '事件消息', data: { subtype } }));
  for (const subtype of ['unfollow', 'unsubscribe', 'scan', 'scan_follow', 'view', 'of-tomorrow'])
    t.match(await event(subtype), { status: 200, body: '' }, subtype);
  for (const subtype of ['follow', 'subscribe', 'click'])
    t.match(textIn((await event(subtype)).body), /请直接在此发送/, subtype);
  t.match(await send(message({ type: 'hologram' })), { status: 200, body: '' });
  t.same(await city.counts(), before);
});
