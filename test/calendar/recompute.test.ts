import { createCity } from '../support/city.ts';
import t from '../support/tap.ts';
import { apply, change, changes, type Day, notice2027, preview, running } from './support.ts';

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

t.test(
  'processes that run reckon with the new calendar; what one began with the old is found afterwards',
  async (t) => {
    const city = await createCity(t, { at: '2026-07-23T10:00:00+08:00' });
    const other = await city.start({ workers: false });
    const versions = async (id: string): Promise<number[]> =>
      (await city.all<{ policy: { calendarVersion: number } }>(`/v1/appeals/${id}/deadlines`)).map(
        ({ policy }) => policy.calendarVersion,
      );
    await other.instance.book.current();
    await change(city, {
      set: [{ date: '2026-07-24', name: '火把节', kind: 'day-off', scope: 'local' }],
      source: '州政府',
    });
    const stale = await city.register('phone', { body: '一言难尽' }, other);
    other.instance.book.forget();
    const fresh = await city.register('phone', { body: '不知所云' }, other);
    t.same(await versions(fresh.appealId), [2]);
    await city.clock.advance('PT1M');
    t.same(await versions(stale.appealId), [2]);
    t.match(await city.get('/v1/calendar/versions/2'), { pending: 0 });
  },
);

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

t.test('local days off, half days, and taking them back', async (t) => {
  const city = await createCity(t, { at: '2026-07-23T10:00:00+08:00' });
  const { appealId } = await city.register('phone', { body: '路灯不亮' });
  await city.clock.settle();
  const due = ['sign 2026-07-24T17:00:00+08:00', 'resolve 2026-07-30T17:00:00+08:00'];
  t.same(await running(city, appealId), due);
  const torches = { date: '2026-07-24', name: '火把节', kind: 'day-off', scope: 'local' };
  await change(city, { set: [torches], source: '州政府通知' });
  t.same(await running(city, appealId), ['sign 2026-07-27T17:00:00+08:00', 'resolve 2026-07-31T17:00:00+08:00']);
  const year = await city.get<{ days: Day[] }>('/v1/calendar/2026');
  t.match(
    year.days.filter(({ scope }) => scope === 'local'),
    [{ ...torches, source: '州政府通知' }],
  );
  await change(city, { set: [{ ...torches, kind: 'half-day', worked: { to: '12:00' } }], source: '州政府通知' });
  t.same(await running(city, appealId), ['sign 2026-07-24T12:00:00+08:00', due[1]]);
  await change(city, { remove: [{ date: torches.date, scope: 'local' }], source: '撤销' });
  t.same(await running(city, appealId), due);
  t.equal((await changes(city, `appealId=${appealId}&calendarVersion=3`)).length, 2);
});

t.test('a ladder whose days change is climbed on the new ones, also where the due time stays', async (t) => {
  const city = await createCity(t, { at: '2026-03-12T11:00:00+08:00' });
  const { appealId } = await city.register('phone', { body: '路灯不亮' });
  await city.clock.set('2026-03-13T18:00:00+08:00');
  // Friday's sign is missed: step 2 comes a working day later, which is now Saturday.
  const saturday = { date: '2026-03-14', name: '调休', kind: 'workday', scope: 'local' };
  const seen = await change(city, { set: [saturday], source: '市政府' });
  t.same(
    seen.moves.items.map(({ name }) => name),
    ['resolve'],
  );
  await city.clock.set('2026-03-14T18:00:00+08:00');
  const steps = (await city.escalations(appealId)).filter(({ deadline }) => deadline === 'sign');
  t.same(
    steps.map(({ step, at }) => `${step} ${at}`),
    ['0 2026-03-13T15:00:00+08:00', '1 2026-03-13T17:00:00+08:00', '2 2026-03-14T17:00:00+08:00'],
  );
});

t.test('what is applied is what was seen', async (t) => {
  const city = await createCity(t);
  const input = (date: string) => ({
    set: [{ date, name: '州庆', kind: 'day-off', scope: 'local' }],
    source: '州政府',
  });
  const seen = await preview(city, input('2026-04-15'));
  t.equal((await apply(city, input('2026-04-16'), seen.fingerprint)).status, 412, 'another import');
  t.equal((await city.call('POST', '/v1/calendar/versions', input('2026-04-15'))).status, 428);
  await change(city, input('2026-04-20'));
  t.equal((await apply(city, input('2026-04-15'), seen.fingerprint)).status, 412, 'another calendar');
  const again = await preview(city, input('2026-04-20'));
  t.same([again.differences, again.moves.count], [[], 0]);
  t.equal((await apply(city, input('2026-04-20'), again.fingerprint)).status, 409);
  const versions = await city.all<{ version: number }>('/v1/calendar/versions?limit=1');
  t.same(
    versions.map(({ version }) => version),
    [2, 1],
  );
  // Two at once: one is in force, the other has to look again.
  const both = [input('2026-05-06'), input('2026-05-07')];
  const prints = await Promise.all(both.map((one) => preview(city, one)));
  const replies = await Promise.all(both.map((one, at) => apply(city, one, prints[at]?.fingerprint ?? '')));
  t.same(replies.map(({ status }) => status).sort(), [201, 412]);
});

t.test('a recompute that breaks in the middle ends complete', async (t) => {
  const city = await createCity(t, { workers: false, at: '2026-07-23T10:00:00+08:00' });
  const { appealId } = await city.register('phone', { body: '路灯不亮' });
  const first = await city.start();
  await city.clock.settle();
  await first.close();
  // 1,200 more of its kind, so that the work takes several batches; the last of them cannot be written at first.
  await city.rows(
    `with more as (select gen_random_uuid() as id from generate_series(1, 1200)),
      copied as (insert into appeals select (jsonb_populate_record(a, jsonb_build_object('id', more.id, 'number', more.id, 'assignment_id', null))).*
        from appeals a, more where a.id = $1 returning id)
    insert into deadlines select (jsonb_populate_record(d, jsonb_build_object('id', gen_random_uuid(), 'appeal_id', copied.id))).*
      from deadlines d, copied where d.appeal_id = $1 and d.name = 'resolve'`,
    [appealId],
  );
  const [last] = await city.rows<{ id: string }>(
    "select id from deadlines where state = 'running' order by calendar_version, id offset 1000 limit 1",
  );
  await city.rows(`create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$`);
  await city.rows(
    `create trigger refuse before update on deadlines for each row when (old.id = '${last?.id}') execute function refuse()`,
  );
  const input = { set: [{ date: '2026-07-24', name: '火把节', kind: 'day-off', scope: 'local' }], source: '州政府' };
  const seen = await preview(city, input, '?limit=100');
  t.equal(seen.moves.count, 1202);
  const second = await preview(city, input, `?limit=100&after=${seen.moves.next}`);
  t.equal(new Set([...seen.moves.items, ...second.moves.items].map((move) => move.appealId)).size >= 199, true);
  await apply(city, input, seen.fingerprint);
  const node = await city.start();
  const pending = async (): Promise<number> => (await city.get<{ pending: number }>('/v1/calendar/versions/2')).pending;
  await node.instance.worker.drain('recompute');
  t.ok((await pending()) > 0, 'the batch that cannot be written is rolled back as a whole');
  t.ok((await pending()) < 1202, 'those before it stay done');
  await node.close();

  await city.rows('drop trigger refuse on deadlines');
  await city.start();
  await city.clock.advance('PT1M');
  t.equal(await pending(), 0);
  t.same(await city.rows("select due_at::text, count(*)::int as n from deadlines where name = 'resolve' group by 1"), [
    { due_at: '2026-07-31 09:00:00+00', n: 1201 },
  ]);
  t.same(await city.rows('select count(*)::int as n from deadline_changes'), [{ n: 1202 }], 'one record each');
});
