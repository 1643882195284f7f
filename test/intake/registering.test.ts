import type { MessageAnswer } from '../../src/intake/message.schema.ts';
import { createCity, type Problem } from '../support/city.ts';
import t from '../support/tap.ts';

const city = await createCity(t);

t.test('a message is registered once: replayed by its id, refused when the content differs', async (t) => {
  const message = city.message('phone', {
    body: '翠湖东路路灯不亮三天了',
    sender: { phone: '13800000001' },
    receivedAt: '2026-03-10T09:58:00+08:00',
  });
  const first = await city.call<MessageAnswer>('POST', '/v1/channels/phone/messages', message);
  t.match(first, {
    status: 201,
    body: {
      disposition: 'registered',
      status: 'registered',
      appealNumber: /^20260310\d{8}$/,
      queryCode: /^[0-9A-HJKMNP-TV-Z]{8}$/,
      receivedAt: '2026-03-10T09:58:00+08:00',
      forwardDueAt: '2026-03-11T00:00:00+08:00',
      receiptDueAt: '2026-03-11T10:00:00+08:00',
      noReceiptReason: null,
    },
  });
  await city.clock.settle();
  await city.clock.advance('PT1H');
  const before = await city.counts();
  const again = await city.call<MessageAnswer>('POST', '/v1/channels/phone/messages', {
    ...Object.fromEntries(Object.entries(message).reverse()),
    receivedAt: '2026-03-10T10:00:01+08:00',
  });
  t.equal(again.status, 200);
  t.same(again.body, { ...first.body, disposition: 'replayed', status: 'assigned' });
  const other = await city.call('POST', '/v1/channels/phone/messages', { ...message, body: '另一件事' });
  t.match(other, { status: 409, body: { errors: [{ pointer: '/externalId' }] } });
  t.same(await city.counts(), before, 'neither wrote anything');
  t.match(await city.post('phone', { ...message, source: '12319' }), { status: 201 }, 'ids are the source’s own');
});

t.test('an idempotency key belongs to its caller and its body', async (t) => {
  const message = city.message('portal', { body: '希望增加自行车停放点' });
  const key = { 'idempotency-key': 'form-1' };
  const url = '/v1/channels/portal/messages';
  const first = await city.call<MessageAnswer>('POST', url, message, key);
  t.equal(first.status, 201);
  t.match(await city.call('POST', url, message, key), {
    status: 200,
    body: { disposition: 'replayed', messageId: first.body.messageId },
  });
  t.match(await city.call('POST', url, city.message('portal', { body: '别的' }), key), {
    status: 422,
    body: { errors: [{ pointer: '/headers/idempotency-key' }] },
  });
  const somebodyElse = await city.key('intake:portal');
  t.match(await city.call('POST', url, city.message('portal', { body: '别的' }), { ...key, ...somebodyElse }), {
    status: 201,
  });
  const twins = await Promise.all(
    ['a', 'b', 'c'].map((body) =>
      city.call('POST', url, city.message('portal', { body }), { 'idempotency-key': 'form-2' }),
    ),
  );
  t.same(twins.map((reply) => reply.status).sort(), [201, 422, 422], 'also within one batch');
});

t.test('same matter: the same verified person, the same class of nature, a text alike', async (t) => {
  const text = '盘龙区通达小区3栋住户在阳台上搭建鸽子棚，气味很大，影响邻居生活';
  const phone = '13800000002';
  const first = await city.register('phone', { body: text, nature: 'complaint', sender: { phone } });
  const joins = async (
    name: string,
    channel: 'phone' | 'wechat' | 'portal' | 'mailbox',
    changes: object,
    expected: boolean,
  ) => {
    const reply = await city.register(channel, { body: `${text}。`, nature: 'complaint', ...changes });
    t.equal(reply.disposition, expected ? 'attached' : 'registered', name);
    t.equal(reply.appealId === first.appealId, expected, name);
    return reply;
  };
  await joins('the same number calls again', 'phone', { sender: { phone: '+86 138 0000 0002' } }, true);
  await joins('full-width digits are the same number', 'phone', { sender: { phone: '１３８００００００02' } }, true);
  await joins('a confirmed number on the portal', 'portal', { sender: { phone, verified: true } }, true);
  await joins('no nature counts as a complaint', 'phone', { sender: { phone }, nature: undefined }, true);
  await joins('a number claimed in a form', 'portal', { sender: { phone } }, false);
  await joins('a number typed in WeChat', 'wechat', { sender: { phone }, wechat: { openId: 'o-2' } }, false);
  await joins('another person', 'phone', { sender: { phone: '13800000003' } }, false);
  await joins('nobody known', 'phone', {}, false);
  await joins('another class of nature', 'phone', { sender: { phone }, nature: 'suggestion' }, false);
  await joins('another matter', 'phone', { sender: { phone }, body: '公交车99路末班车太早，希望延长' }, false);
  const report = await joins(
    'a report never joins a complaint',
    'phone',
    { sender: { phone }, nature: 'report' },
    false,
  );
  await city.clock.settle();
  const after = await city.appeal(first.appealId);
  t.equal((await city.events(first.appealId)).length, after.version);
  t.equal((await city.all(`/v1/appeals/${first.appealId}/messages`)).length, 5, 'every message is kept');
  t.equal((await city.appeal(report.appealId)).nature, 'report');
});

t.test('an openid is as good as a number; an answered appeal is opened again', async (t) => {
  const body = '滇池路积水严重，下雨就没过脚踝';
  const wechat = { openId: 'o-3' };
  const first = await city.register('wechat', { body, wechat });
  t.equal((await city.register('wechat', { body, wechat })).appealId, first.appealId);
  t.not((await city.register('wechat', { body, wechat: { openId: 'o-4' } })).appealId, first.appealId);
  t.not((await city.register('weibo', { body, weibo: { uid: '3' } })).appealId, first.appealId);
  const triaged = await city.register('wechat', { body: '我想反映一个情况，说来话长', wechat });
  await city.clock.settle();
  t.equal((await city.act('appeals', triaged.appealId, 'answer', { text: '请补充具体情况' })).status, 200);
  t.match(await city.register('wechat', { body: '我想反映一个情况，说来话长', wechat }), {
    disposition: 'attached',
    appealId: triaged.appealId,
    status: 'triage',
  });
});

t.test('answered on the spot: closed, nothing to forward, the answer is told', async (t) => {
  const reply = await city.register('phone', {
    body: '请问社保卡在哪里补办',
    answered: { text: '请到就近社保服务中心办理' },
    sender: { phone: '13800000005' },
  });
  t.match(reply, { status: 'answered', forwardDueAt: null, receiptDueAt: '2026-03-11T10:00:00+08:00' });
  await city.clock.settle();
  t.match(await city.appeal(reply.appealId), {
    status: 'answered',
    outcome: '请到就近社保服务中心办理',
    assignment: null,
  });
  t.match(await city.receipts(reply.appealId), [{ status: 'delivered', text: /请到就近社保服务中心办理/ }]);
});

t.test('when it was received is the adapter’s word, within reason', async (t) => {
  const now = Date.parse(await city.clock.now());
  const at = (ms: number): string => new Date(now + ms).toISOString();
  const minute = 60_000;
  const day = 24 * 60 * minute;
  t.equal((await city.post('phone', { receivedAt: at(5 * minute) })).status, 201, 'five minutes ahead');
  t.equal((await city.post('phone', { receivedAt: at(5 * minute + 1) })).status, 400);
  const late = await city.register('phone', { receivedAt: at(-8 * day), sender: { phone: '13800000006' } });
  t.match(late, { forwardDueAt: '2026-03-03T00:00:00+08:00' });
  t.match(await city.appeal(late.appealId), { lateByAdapter: true });
  const recent = await city.register('phone', { receivedAt: at(-6 * day) });
  t.match(await city.appeal(recent.appealId), { lateByAdapter: false });
});

t.test('historic cases are filed and nothing else happens', async (t) => {
  const importer = await city.key('intake:portal', 'import');
  const reply = await city.post(
    'portal',
    {
      historic: true,
      body: '路灯不亮',
      receivedAt: '2019-05-01T08:00:00+08:00',
      sender: { phone: '13800000007', verified: true },
    },
    importer,
  );
  t.match(reply, {
    status: 201,
    body: { status: 'archived', forwardDueAt: null, receiptDueAt: null, noReceiptReason: 'historic' },
  });
  const appealId = reply.body.appealId;
  await city.clock.settle();
  t.same(await city.deadlines(appealId), []);
  t.same(await city.receipts(appealId), []);
  t.match(await city.appeal(appealId), { status: 'archived', historic: true, lateByAdapter: false });
  const live = await city.register('portal', { body: '路灯不亮', sender: { phone: '13800000007', verified: true } });
  t.not(live.appealId, appealId, 'nothing joins it');
});

t.test('a query code opens its sender’s appeal and no other', async (t) => {
  const body = '小区充电桩损坏多日无人维修，影响出行';
  const sender = { phone: '13800000008' };
  const mine = await city.register('phone', { body, sender });
  const again = await city.register('portal', { body, sender: { ...sender, verified: true } });
  const claimed = await city.register('portal', { body, sender });
  t.equal(again.appealNumber, mine.appealNumber);
  t.not(again.queryCode, mine.queryCode);
  await city.clock.settle();
  const look = (number: string, code: string) =>
    city.call<Problem & { status: string }>(
      'GET',
      `/v1/citizen/appeals/${number}?code=${encodeURIComponent(code)}`,
      undefined,
      {
        authorization: '',
      },
    );
  const seen = await look(mine.appealNumber, mine.queryCode);
  t.match(seen, {
    status: 200,
    headers: { 'cache-control': 'no-store' },
    body: { departmentName: '市住房和城乡建设局' },
  });
  t.equal((await look(mine.appealNumber, again.queryCode.toLowerCase())).status, 200);
  t.equal((await look(claimed.appealNumber, claimed.queryCode)).status, 200);
  const refusals = await Promise.all([
    look(mine.appealNumber, claimed.queryCode),
    look(claimed.appealNumber, mine.queryCode),
    look(mine.appealNumber, 'ZZZZZZZZ'),
    look(mine.appealNumber, ''),
    look(mine.appealNumber, '多少'),
    look('2026031000000000', mine.queryCode),
    look('nonsense', mine.queryCode),
    look(mine.appealId, mine.queryCode),
  ]);
  for (const { status, body } of refusals) {
    t.equal(status, 404);
    t.same({ ...body, instance: '' }, { ...refusals[0]?.body, instance: '' }, 'all alike');
  }
});
