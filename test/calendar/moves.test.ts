import { createCity } from '../support/city.ts';
import t from '../support/tap.ts';
import { change, changes, notice2027, preview, running } from './support.ts';

t.test('the notice for the next year: what moves is told, moved, recorded, and escalated anew', async (t) => {
  const city = await createCity(t, { at: '2026-12-29T10:00:00+08:00' });
  const other = await city.start();
  const { appealId, appealNumber } = await city.register('phone', { body: '路灯不亮' });
  const ended = await city.register('phone', { body: '路灯坏了', sender: { phone: '13800000009' } });
  await city.clock.settle();
  const own = (await city.appeal(appealId)).assignment?.id ?? '';
  await city.act('assignments', own, 'sign');
  const done = (await city.appeal(ended.appealId)).assignment?.id ?? '';
  await city.act('assignments', done, 'sign');
  await city.act('assignments', done, 'submit', { result: '已修复' });
  const before = await city.deadlines(ended.appealId);
  // 30, 31 December, and, as far as anybody knows, 1, 4 and 5 January.
  t.same(await running(city, appealId), ['resolve 2027-01-05T17:00:00+08:00']);
  t.match(await city.get('/readyz'), { warnings: [/2027/] });
  t.match(await city.get('/v1/calendar/2027'), { known: false, days: [] });

  const seen = await change(city, { notice: notice2027 });
  t.equal(seen.source, '国办发明电〔2026〕99号');
  t.match(seen.moves, {
    count: 1,
    items: [
      {
        appealId,
        number: appealNumber,
        name: 'resolve',
        from: '2027-01-05T17:00:00+08:00',
        to: '2027-01-06T17:00:00+08:00',
        provisional: false,
      },
    ],
    next: null,
  });
  t.same(await running(city, appealId), ['resolve 2027-01-06T17:00:00+08:00']);
  t.equal((await city.assignment(own)).dueAt, '2027-01-06T17:00:00+08:00');
  t.match(await changes(city), [
    {
      appealId,
      name: 'resolve',
      cause: 'calendar',
      from: { dueAt: '2027-01-05T17:00:00+08:00', provisional: true, policy: { calendarVersion: 1 } },
      to: { dueAt: '2027-01-06T17:00:00+08:00', provisional: false, policy: { calendarVersion: 2 } },
      actor: 'key:admin',
      at: '2026-12-29T10:00:00+08:00',
    },
  ]);
  t.equal((await changes(city)).length, 1);
  t.same(await city.deadlines(ended.appealId), before, 'what has ended is left alone');
  t.match(await city.call('GET', '/v1/calendar/2027', undefined, {}, other), { body: { known: true, version: 2 } });
  t.match(await city.get('/v1/calendar/versions/2'), { actor: 'key:admin', pending: 0, input: { notice: notice2027 } });

  await city.clock.set('2027-01-08T18:00:00+08:00');
  const steps = (await city.escalations(appealId)).filter(({ deadline }) => deadline === 'resolve');
  t.same(
    steps.map(({ step, at }) => `${step} ${at}`),
    [
      '0 2027-01-05T17:00:00+08:00',
      '1 2027-01-06T17:00:00+08:00',
      '2 2027-01-07T17:00:00+08:00',
      '3 2027-01-08T17:00:00+08:00',
    ],
  );
  t.equal((await running(city, appealId)).length, 1, 'overdue, and still running');
});

t.test('a due time that only becomes certain has its record too, and nothing is escalated for it', async (t) => {
  const city = await createCity(t, { at: '2026-12-30T18:00:00+08:00' });
  const { appealId } = await city.register('phone', { body: '路灯不亮' });
  await city.clock.settle();
  await change(city, {
    set: [{ date: '2027-01-01', name: '元旦', kind: 'workday', scope: 'local' }],
    source: '市政府',
  });
  const certain = { set: [{ date: '2027-01-01', name: '元旦', kind: 'day-off', scope: 'national' }], source: '先行' };
  const seen = await preview(city, certain);
  t.equal(seen.moves.count, 1, 'the local word holds, so no due time changes, but the year is known');
  t.match(seen.moves.items, [{ name: 'resolve', provisional: false }]);
  await change(city, certain);
  t.match(
    (await changes(city)).map(({ from, to }) => [from.provisional, to.provisional, from.dueAt === to.dueAt]),
    [[true, false, true]],
  );
  t.equal((await city.escalations(appealId)).length, 0);
});

t.test('a make-up Saturday that is cancelled after publication, as in 2020', async (t) => {
  const city = await createCity(t, { at: '2020-01-21T10:00:00+08:00' });
  // As the notice of November 2019 had it.
  await change(city, {
    set: [{ date: '2020-02-01', name: '春节', kind: 'workday', scope: 'national' }],
    remove: [
      { date: '2020-01-31', scope: 'national' },
      { date: '2020-02-02', scope: 'national' },
    ],
    source: '国办发明电〔2019〕16号',
  });
  const { appealId } = await city.register('phone', { body: '路灯不亮' });
  await city.clock.settle();
  t.same(await running(city, appealId), [
    'sign 2020-01-22T17:00:00+08:00',
    // 22 and 23 January, Friday 31 January, Saturday 1 February, Monday 3 February.
    'resolve 2020-02-03T17:00:00+08:00',
  ]);
  const seen = await change(city, {
    notice: `国务院办公厅关于延长2020年春节假期的通知
国办发明电〔2020〕1号
经国务院批准，现将有关事项通知如下：
一、延长2020年春节假期至2月2日（农历正月初九、星期日），2月3日（星期一）起正常上班。
二、学校推迟开学，具体时间另行通知。`,
  });
  t.same(
    seen.differences.map(({ date, before, after }) => [date, before?.kind, after?.kind]),
    [
      ['2020-01-31', undefined, 'day-off'],
      ['2020-02-01', 'workday', 'day-off'],
      ['2020-02-02', undefined, 'day-off'],
    ],
  );
  t.same(await running(city, appealId), ['sign 2020-01-22T17:00:00+08:00', 'resolve 2020-02-05T17:00:00+08:00']);
});
