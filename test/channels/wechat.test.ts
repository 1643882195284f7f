import { readdirSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { readXml } from '../../src/channels/wechat/xml.ts';
import { createCity } from '../support/city.ts';
import t from '../support/tap.ts';
import { check, type Mode, message, OPEN_ID, push, replyIn, settingsFor } from '../support/wechat.ts';

const city = await createCity(t, { logLevel: 'warn' });
const configure = (settings: object) => city.call('PUT', '/v1/sources/wechat-12345/settings', settings);
const send = (xml: string, mode: Mode = 'plain') => city.inject<string>(push(xml, mode));
let person = 0;
/** Somebody who has written nothing yet. */
const someone = (): string => `${OPEN_ID}-${++person}`;

interface Listed {
  id: string;
  body: string;
  title: string;
  address: string | null;
  number: string;
  receivedAt: string;
}
const newest = async (): Promise<Listed> => {
  const { items } = await city.get<{ items: Listed[] }>('/v1/appeals?limit=1');
  if (!items[0]) throw new Error('no appeal');
  return items[0];
};

t.test('the address is checked: echostr comes back as it was, for the right signature only', async (t) => {
  await configure(settingsFor('plain'));
  const verify = (changes?: Record<string, string>) => city.inject<string>(check(changes));
  t.match(await verify(), { status: 200, body: '5927782489442352469<b>', headers: { 'content-type': /^text\/plain/ } });
  t.match(await verify({ nonce: 'n2' }), { status: 403, body: { errors: [{ pointer: '/query/signature' }] } });
  t.equal((await verify({ signature: '' })).status, 403);
  const nowhere = await city.inject({
    method: 'GET',
    url: '/v1/webhooks/wechat/nowhere?timestamp=1&nonce=2&echostr=3',
  });
  t.equal(nowhere.status, 404);
  const phone = await city.inject({ method: 'GET', url: '/v1/webhooks/wechat/12345?timestamp=1&nonce=2&echostr=3' });
  t.equal(phone.status, 404, 'a source of another channel');
});

for (const mode of ['plain', 'compatible', 'encrypted'] as const) {
  t.test(`${mode} mode: recorded, answered in the same mode with number and query code`, async (t) => {
    await configure(settingsFor(mode));
    const from = someone();
    const xml = message({ FromUserName: from, Content: '0012 路灯不亮 <a>&amp;' });
    const reply = await send(xml, mode);
    t.match(reply, { status: 200, headers: { 'content-type': /^text\/xml/ } });
    t.equal(/<Encrypt>/.test(reply.body), mode !== 'plain');
    const appeal = await newest();
    t.equal(appeal.body, '0012 路灯不亮 <a>&amp;', 'every character as it was written');
    t.equal(appeal.receivedAt, '2026-03-10T10:00:00+08:00', 'when WeChat says it was written');
    const said = replyIn(reply.body);
    t.match(said, { ToUserName: from, FromUserName: 'gh_city12345', MsgType: 'text' });
    const code = /查询码：(\S+)/.exec(String(said.Content))?.[1];
    t.match(said.Content, `诉求编号：${appeal.number}`);
    t.equal((await city.call('GET', `/v1/citizen/appeals/${appeal.number}?code=${code}`)).status, 200);
    t.same(replyIn((await send(xml, mode)).body).Content, said.Content, 'a repeat is told the same');
    t.equal((await city.all(`/v1/appeals/${appeal.id}/messages`)).length, 1);
    t.notOk(
      (await city.dump()).some((row) => row.includes(from)),
      'who wrote is sealed',
    );
  });
}

t.test('every kind of message becomes what a person would read', async (t) => {
  await configure(settingsFor('plain'));
  const read = async (changes: Record<string, string | number | undefined>) => {
    const { status, body } = await send(message({ FromUserName: someone(), ...changes }));
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
    return newest();
  };
  const bodies: [Record<string, string | undefined>, string][] = [
    [{ MsgType: 'image', PicUrl: 'http://mmbiz.example/1', MediaId: 'm1' }, '[图片]'],
    [{ MsgType: 'voice', MediaId: 'm2', Format: 'amr', Recognition: '楼下漏水' }, '楼下漏水'],
    [{ MsgType: 'voice', MediaId: 'm3', Format: 'speex', Recognition: '' }, '[语音]'],
    [{ MsgType: 'voice', MediaId: 'm4', Format: 'amr' }, '[语音]'],
    [{ MsgType: 'video', MediaId: 'm5', ThumbMediaId: 't5' }, '[视频]'],
    [{ MsgType: 'shortvideo', MediaId: 'm6', ThumbMediaId: 't6' }, '[视频]'],
    [
      { MsgType: 'location', Location_X: '25.04', Location_Y: '102.71', Scale: '15', Label: '翠湖东路5号' },
      '[位置] 翠湖东路5号\n纬度 25.04，经度 102.71',
    ],
    [
      { MsgType: 'link', Title: '小区通知', Description: '停水三天', Url: 'https://example.cn/a?b=1' },
      '[链接] 小区通知\n停水三天\nhttps://example.cn/a?b=1',
    ],
    [{ MsgType: 'miniprogrampage', Title: '报修' }, '[暂不能显示的消息：miniprogrampage]\n报修'],
    [{ MsgType: 'text', Content: ' \u0008 ' }, '[空白消息]'],
    [{ MsgType: 'text', Content: '没有编号的消息', MsgId: undefined }, '没有编号的消息'],
    [{ MsgType: 'text', Content: '网页里有<!DOCTYPE html>和<!ENTITY' }, '网页里有<!DOCTYPE html>和<!ENTITY'],
  ];
  for (const [changes, body] of bodies) t.equal((await read(changes)).body, body);
  t.equal((await read({ MsgType: 'location', Label: '翠湖东路5号' })).address, '翠湖东路5号');
  const future = await read({ Content: '时钟走快了', CreateTime: 1773108000 + 86_400 });
  t.equal(future.receivedAt, '2026-03-10T10:00:00+08:00', 'a platform clock ahead of ours costs nothing');
});

t.test('text outside CDATA is read as XML 1.0 says, and no blank is lost', async (t) => {
  await configure(settingsFor('plain'));
  const written: [string, string][] = [
    ['&#36335;&#x706F;&#x1F4A1;不亮 &amp; &lt;b&gt; &apos;&quot;', '路灯💡不亮 & <b> \'"'],
    ['&amp;#36335;', '&#36335;'],
    ['<![CDATA[&#36335;&amp;]]>', '&#36335;&amp;'],
    ['路<![CDATA[ <灯> ]]>&#19981;亮', '路 <灯> 不亮'],
    // Not references of XML 1.0, or to no character of it: shown as they stand.
    ['&nbsp;&#0;&#xD83D;&#x110000;&#xFFFE;&#X41; a&b', '&nbsp;&#0;&#xD83D;&#x110000;&#xFFFE;&#X41; a&b'],
    ['  两格，\t一格\r\n第二行\r第三行&#13;\n\n', '  两格，\t一格\n第二行\n第三行\r\n\n'],
    ['<![CDATA[\u3000\u3000首行缩进 ]]>', '\u3000\u3000首行缩进 '],
  ];
  for (const [content, body] of written) {
    const xml = message({ FromUserName: someone(), Content: 'X' }).replace('<![CDATA[X]]>', content);
    t.equal((await send(xml)).status, 200);
    t.equal((await newest()).body, body);
  }
  const bare = message({ FromUserName: someone(), Content: '美观' }).replaceAll(/<!\[CDATA\[(.*?)\]\]>/g, '\n  $1\n');
  t.equal((await send(bare)).status, 200, 'what is no text of a person’s may be laid out');
});

t.test('any text comes back from any way of writing it', async () => {
  const character = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 1 })
    .filter((text) => /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]$/u.test(text));
  const written = fc.tuple(character, fc.constantFrom('decimal', 'hex', 'cdata')).map(([text, way]) => {
    const code = text.codePointAt(0) ?? 0;
    if (way === 'decimal') return [text, `&#${code};`];
    if (way === 'hex') return [text, `&#x${code.toString(16)};`];
    return [text === '\r' ? '\n' : text, `<![CDATA[${text}]]>`];
  });
  fc.assert(
    fc.property(fc.array(written, { minLength: 1, maxLength: 20 }), (parts) => {
      const xml = `<xml><Content>${parts.map(([, code]) => code).join('')}</Content></xml>`;
      return readXml(xml).Content === parts.map(([text]) => text).join('');
    }),
  );
});

t.test('a message without id is known by sender, time and words', async (t) => {
  const from = someone();
  const xml = message({ FromUserName: from, Content: '井盖没了', MsgId: undefined });
  const [first, again] = [await send(xml), await send(xml)];
  t.equal(replyIn(first.body).Content, replyIn(again.body).Content);
  const { id } = await newest();
  await send(message({ FromUserName: from, Content: '井盖还是没了', MsgId: undefined }));
  t.equal((await city.all(`/v1/appeals/${id}/messages`)).length, 2, 'other words in the same second');
});

t.test('lines of a conversation are one appeal, routed after two quiet minutes', async (t) => {
  const from = someone();
  for (const Content of ['你好', '我们小区', '路灯不亮']) await send(message({ FromUserName: from, Content }));
  const { id } = await newest();
  t.match(await city.appeal(id), { status: 'registered', body: '你好\n我们小区\n路灯不亮' });
  await city.clock.advance('PT2M');
  t.match(await city.appeal(id), { status: 'assigned', assignment: { department: 'urban-management' } });
});

t.test('an id that comes again with other words is the same message, not an error', async (t) => {
  const xml = message({ FromUserName: someone(), Content: '甲' });
  await send(xml);
  const before = await city.counts();
  t.match(await send(xml.replace('甲', '乙')), { status: 200, body: 'success' });
  t.same(await city.counts(), before);
  t.match(city.logs.join('\n'), /repeated an id/);
});

t.test('events are no appeals: they leave nothing, and the two that expect an answer get one', async (t) => {
  const before = await city.counts();
  const event = (Event: string, more: object = {}) =>
    send(message({ MsgType: 'event', Event, MsgId: undefined, ...more }));
  for (const name of ['unsubscribe', 'SCAN', 'LOCATION', 'VIEW', 'pic_weixin', 'TEMPLATESENDJOBFINISH', 'of-tomorrow'])
    t.match(await event(name), { status: 200, body: 'success' }, name);
  for (const name of ['subscribe', 'CLICK'])
    t.match(replyIn((await event(name, { EventKey: 'V1001' })).body), { MsgType: 'text', Content: /请直接在此发送/ });
  t.same(await city.counts(), before);
});

t.test('a text beyond the limit is kept whole', async (t) => {
  const long = message({ FromUserName: someone(), Content: '路'.repeat(30_000) });
  await send(long);
  const { id, body } = await newest();
  t.equal(body.length, 20_000);
  t.match(body, /（全文见附件）$/);
  const rows = await city.rows<{ state: string; media_type: string; size: string }>(
    'select state, media_type, size from attachments where appeal_id = $1',
    [id],
  );
  t.same(rows, [{ state: 'stored', media_type: 'text/plain', size: '90000' }]);
  const kept = (): number =>
    readdirSync(path.join(city.dataDir, 'attachments'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.includes('/'),
    ).length;
  const before = kept();
  await send(long);
  t.equal(kept(), before, 'a repeat leaves no second content');
});

t.test('a city’s own words for its answers', async (t) => {
  for (const recordedText of ['没有编号', '{number}，凭密钥{code}查询'])
    t.match(await configure(settingsFor('plain', { recordedText })), {
      status: 400,
      body: { errors: [{ pointer: '/recordedText' }] },
    });
  await configure(settingsFor('plain', { recordedText: '昆明12345：{number} / 查询码 {code}', welcomeText: '欢迎' }));
  const { body } = await send(message({ FromUserName: someone(), Content: '自来水停了' }));
  t.match(replyIn(body).Content, /^昆明12345：\d+ \/ 查询码 \S+$/);
  const followed = await send(message({ MsgType: 'event', Event: 'subscribe' }));
  t.equal(replyIn(followed.body).Content, '欢迎');
});

t.test('with a key set nothing unencrypted is taken; without one nothing that is only encrypted', async (t) => {
  await configure(settingsFor('encrypted'));
  t.equal((await send(message({ Content: '伪造' }), 'plain')).status, 403);
  await configure(settingsFor('plain'));
  t.equal((await send(message({ Content: '密文' }), 'encrypted')).status, 403);
  const compatible = await send(message({ FromUserName: someone(), Content: '兼容模式，密钥还没填' }), 'compatible');
  t.match(replyIn(compatible.body).Content, /诉求编号/, 'the plain half is enough until the key is set');
});
