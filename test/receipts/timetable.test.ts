import { createCity } from '../support/city.ts';
import t from '../support/tap.ts';

/** What is received when is forwarded and told by when, and leaves when: on a working day, on a holiday, in the night. */
const timetable: { name: string; at: string; forwardDueAt: string; receiptDueAt: string; sentAt: string }[] = [
  {
    name: 'the last millisecond before 17:00',
    at: '2026-03-10T16:59:59.999+08:00',
    forwardDueAt: '2026-03-11T00:00:00+08:00',
    receiptDueAt: '2026-03-11T10:00:00+08:00',
    sentAt: '2026-03-10T16:59:59.999+08:00',
  },
  {
    name: '17:00 sharp',
    at: '2026-03-10T17:00:00+08:00',
    forwardDueAt: '2026-03-11T10:00:00+08:00',
    receiptDueAt: '2026-03-11T10:00:00+08:00',
    sentAt: '2026-03-10T17:00:00+08:00',
  },
  {
    name: 'the last minute before the quiet hours',
    at: '2026-03-10T20:59:59+08:00',
    forwardDueAt: '2026-03-11T10:00:00+08:00',
    receiptDueAt: '2026-03-11T10:00:00+08:00',
    sentAt: '2026-03-10T20:59:59+08:00',
  },
  {
    name: 'the beginning of the quiet hours',
    at: '2026-03-10T21:00:00+08:00',
    forwardDueAt: '2026-03-11T10:00:00+08:00',
    receiptDueAt: '2026-03-11T10:00:00+08:00',
    sentAt: '2026-03-11T08:00:00+08:00',
  },
  {
    name: 'ten to midnight',
    at: '2026-03-10T23:50:00+08:00',
    forwardDueAt: '2026-03-11T10:00:00+08:00',
    receiptDueAt: '2026-03-11T10:00:00+08:00',
    sentAt: '2026-03-11T08:00:00+08:00',
  },
  {
    name: 'midnight belongs to the new day',
    at: '2026-03-11T00:00:00+08:00',
    forwardDueAt: '2026-03-12T00:00:00+08:00',
    receiptDueAt: '2026-03-12T10:00:00+08:00',
    sentAt: '2026-03-11T08:00:00+08:00',
  },
  {
    name: 'the hotline knows no holidays (National Day)',
    at: '2026-10-01T18:00:00+08:00',
    forwardDueAt: '2026-10-02T10:00:00+08:00',
    receiptDueAt: '2026-10-02T10:00:00+08:00',
    sentAt: '2026-10-01T18:00:00+08:00',
  },
];

for (const [at, row] of timetable.entries()) {
  t.test(row.name, async (t) => {
    const city = await createCity(t, { at: row.at });
    const posted = await city.register('phone', { body: '路灯不亮', sender: { phone: `1380000000${at}` } });
    t.match(posted, { forwardDueAt: row.forwardDueAt, receiptDueAt: row.receiptDueAt });
    await city.clock.settle();
    t.match(await city.appeal(posted.appealId), { status: 'assigned' });
    if (row.sentAt > row.at) t.same(await city.outbox(), [], 'held back in the quiet hours');
    await city.clock.set(posted.receiptDueAt ?? '');
    const [receipt] = await city.receipts(posted.appealId);
    t.match(await city.outbox(), [
      { receiptId: receipt?.id, sentAt: row.sentAt, to: /\*{4}/, text: new RegExp(posted.queryCode) },
    ]);
    t.match(receipt, {
      status: 'delivered',
      sentAt: row.sentAt,
      deliveredAt: row.sentAt,
      text: new RegExp(`编号${posted.appealNumber}.*转办至市城市管理局`),
    });
    t.notMatch(receipt?.text ?? '', new RegExp(posted.queryCode));
    const kept = (await city.deadlines(posted.appealId)).filter(({ name }) => name === 'forward' || name === 'receipt');
    t.match(
      kept.map(({ state }) => state),
      ['met', 'met'],
    );
  });
}
