import { createCity } from '../support/city.ts';
import t from '../support/tap.ts';

t.test('still in triage at 09:30: told so truthfully, and told again when forwarded', async (t) => {
  const city = await createCity(t, { at: '2026-03-10T14:00:00+08:00' });
  const { appealId } = await city.register('phone', { body: '一言难尽', sender: { phone: '13800000001' } });
  await city.clock.set('2026-03-11T09:29:59+08:00');
  t.same(await city.outbox(), []);
  t.match(await city.receipts(appealId), [{ status: 'created', text: null, sentAt: null }]);
  await city.clock.set('2026-03-11T09:30:00+08:00');
  const [assessing] = await city.receipts(appealId);
  t.match(assessing, { kind: 'receipt', status: 'delivered', sentAt: '2026-03-11T09:30:00+08:00', text: /正在研判/ });
  t.notMatch(assessing?.text ?? '', /转办至/);
  await city.clock.set('2026-03-11T11:00:00+08:00');
  await city.act('appeals', appealId, 'assign', { department: 'housing' });
  await city.clock.settle();
  const [same, notice, ...more] = await city.receipts(appealId);
  t.same(more, []);
  t.same(same, assessing, 'what was sent stays as it was');
  t.match(notice, {
    kind: 'notice',
    status: 'delivered',
    sentAt: '2026-03-11T11:00:00+08:00',
    text: /转办至市住房和城乡建设局/,
  });
  t.equal((await city.outbox()).length, 2);
  t.match(
    (await city.deadlines(appealId)).find(({ name }) => name === 'receipt'),
    { state: 'met' },
  );
});

t.test('without a mobile number nothing is promised, and the reason is given', async (t) => {
  const city = await createCity(t);
  for (const [phone, noReceiptReason] of [
    [undefined, 'no-number'],
    ['0871-63131234', 'not-a-mobile-number'],
    ['12345', 'not-a-mobile-number'],
    ['我没有电话', 'not-a-mobile-number'],
  ] as const) {
    const posted = await city.register('phone', { body: '路灯不亮', sender: { ...(phone ? { phone } : {}) } });
    t.match(posted, { receiptDueAt: null, noReceiptReason }, String(phone));
    await city.clock.settle();
    t.same(await city.receipts(posted.appealId), []);
    t.notOk((await city.deadlines(posted.appealId)).some(({ name }) => name === 'receipt'));
  }
  const typed = await city.register('wechat', {
    body: '路灯不亮',
    sender: { phone: '13800000002' },
    wechat: { openId: 'o-1' },
  });
  t.match(typed, { receiptDueAt: '2026-03-11T10:00:00+08:00' }, 'a typed number is good enough to be told');
  const abroad = await city.register('mailbox', { body: '路灯不亮', sender: { phone: '+447911123456' } });
  t.match(abroad, { noReceiptReason: null });
});

t.test('every message gets exactly one, however many workers run', async (t) => {
  const city = await createCity(t, { at: '2026-03-10T22:00:00+08:00' });
  await city.start();
  await city.start();
  const posted = await Promise.all(
    Array.from({ length: 150 }, (_, at) =>
      city.register('phone', { body: '路灯不亮', sender: { phone: `13811110${String(at % 100).padStart(3, '0')}` } }),
    ),
  );
  t.equal(new Set(posted.map(({ appealId }) => appealId)).size, 100, 'fifty of them joined');
  await city.clock.set('2026-03-11T10:00:00+08:00');
  const sent = await city.outbox();
  t.equal(sent.length, 150);
  t.equal(new Set(sent.map(({ receiptId }) => receiptId)).size, 150);
  const rows = await city.rows<{ message_id: string; sent_at: Date; due_at: Date }>(
    "select * from receipts where status = 'delivered'",
  );
  t.same(rows.map((row) => row.message_id).sort(), posted.map(({ messageId }) => messageId).sort());
  t.ok(rows.every((row) => row.sent_at < row.due_at));
  t.match(await city.get('/v1/receipts?status=created'), { items: [] });
});

t.test('a crash between the attempt and its end: sent once, whether it had left or not', async (t) => {
  const city = await createCity(t, { at: '2026-03-10T22:00:00+08:00' });
  const posted = await Promise.all(
    Array.from({ length: 6 }, (_, at) =>
      city.register('phone', { body: '路灯不亮', sender: { phone: `1382222000${at}` } }),
    ),
  );
  await city.clock.settle();
  const receipts = await city.rows<{ id: string; message_id: string }>(
    'select id, message_id from receipts order by id',
  );
  // What a worker that was killed leaves behind: rows that say `sending`, items leased for ever longer ago.
  await city.rows("update receipts set status = 'sending', attempt_started_at = now()");
  await city.rows(`update agenda set state = 'leased', attempts = 1, lease_token = gen_random_uuid(),
    lease_until = clock_timestamp() - interval '1 minute' where kind = 'receipt'`);
  const left = receipts.slice(0, 3);
  for (const { id } of left)
    await city.instance.sink.send({ receiptId: id, to: '+8613800000000', text: 'left before the crash' });
  await city.clock.set('2026-03-11T10:00:00+08:00');
  const sent = await city.outbox();
  t.same(sent.map(({ receiptId }) => receiptId).sort(), receipts.map(({ id }) => id).sort(), 'each exactly once');
  t.same(
    sent.filter(({ text }) => text === 'left before the crash').map(({ receiptId }) => receiptId),
    left.map(({ id }) => id),
  );
  for (const { appealId } of posted) {
    const [receipt] = await city.receipts(appealId);
    t.match(receipt?.status, /^(sent|delivered)$/);
    t.match(
      (await city.deadlines(appealId)).find(({ name }) => name === 'receipt'),
      { state: 'met' },
    );
  }
  t.match(await city.get('/v1/agenda?status=leased'), { items: [] });
});

t.test('sent back before it was told: the text is taken back, one SMS names who has the case at last', async (t) => {
  const city = await createCity(t, { at: '2026-03-10T22:00:00+08:00' });
  const { appealId } = await city.register('phone', { body: '路灯不亮', sender: { phone: '13800000003' } });
  await city.clock.settle();
  const id = (await city.appeal(appealId)).assignment?.id ?? '';
  t.match(await city.receipts(appealId), [{ status: 'created', text: /市城市管理局/ }]);
  await city.act('assignments', id, 'return', { reason: '属住建' });
  t.match(await city.receipts(appealId), [{ status: 'created', text: null }]);
  await city.clock.set('2026-03-11T07:00:00+08:00');
  await city.act('appeals', appealId, 'assign', { department: 'housing' });
  await city.clock.set('2026-03-11T10:00:00+08:00');
  const sent = await city.outbox();
  t.equal(sent.length, 1);
  t.match(sent[0]?.text, /市住房和城乡建设局/);
  t.notMatch(sent[0]?.text, /市城市管理局/);
});

t.test('sent back after it was told: the first text stays, a notice follows', async (t) => {
  const city = await createCity(t);
  const { appealId } = await city.register('phone', { body: '路灯不亮', sender: { phone: '13800000004' } });
  await city.clock.settle();
  const [told] = await city.receipts(appealId);
  const id = (await city.appeal(appealId)).assignment?.id ?? '';
  await city.act('assignments', id, 'return', { reason: '属住建' });
  await city.clock.advance('PT1H');
  await city.act('appeals', appealId, 'assign', { department: 'housing' });
  await city.clock.settle();
  const [same, notice] = await city.receipts(appealId);
  t.same(same, told);
  t.match(notice, { kind: 'notice', status: 'delivered', text: /转办至市住房和城乡建设局/ });
  t.equal((await city.outbox()).length, 2);
});

t.test('what operations asks at 09:55', async (t) => {
  const city = await createCity(t, { at: '2026-03-10T22:00:00+08:00' });
  const { messageId } = await city.register('phone', { body: '路灯不亮', sender: { phone: '13800000005' } });
  await city.clock.settle();
  const due = (before: string) =>
    city.get<{ items: object[] }>(`/v1/receipts?status=created&dueBefore=${encodeURIComponent(before)}`);
  t.match(await due('2026-03-11T10:00:01+08:00'), {
    items: [{ messageId, to: /^\+?[0-9 ]*\*{4}/, status: 'created' }],
  });
  t.same((await due('2026-03-11T10:00:00+08:00')).items, []);
});
