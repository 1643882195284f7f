import { createCity, type Problem } from '../support/city.ts';
import t from '../support/tap.ts';
import { apply, change, changes, type Day, notice2027, preview } from './support.ts';

const local = (date: string, more: object = {}) => ({ date, name: '州庆', kind: 'day-off', scope: 'local', ...more });

t.test('imports that cannot be used say where and why, and leave nothing behind', async (t) => {
  const city = await createCity(t, { workers: false });
  const before = await city.counts();
  const set = (...days: object[]): object => ({ set: days, source: '州政府' });
  const days = [
    { name: '元旦', date: '2027-01-01', isOffDay: true },
    { name: '元旦', date: '2027-13-01', isOffDay: true },
  ];
  const cases: [input: object, pointer: string, detail?: RegExp][] = [
    [{}, ''],
    [{ notice: notice2027, ...set(local('2027-03-01')) }, ''],
    [{ notice: notice2027.replace('共5天', '共6天') }, '/notice', /5月1日.*says 6 days but names 5/],
    [{ notice: `${notice2027}另外，12月24日下午放假。` }, '/notice', /12月24日下午放假.*not understood/],
    [{ notice: notice2027, year: 2026 }, '/year'],
    [{ notice: '5月1日放假', year: 2027 }, '/source'],
    [{ holidayCn: { year: 2027, days } }, '/holidayCn/days/1/date'],
    [{ holidayCn: { year: 2027, days: [] } }, '/holidayCn/days'],
    [{ holidayCn: { year: 2026, days: [days[0]] } }, '/holidayCn/days/0/date', /not in 2026/],
    [{ holidayCn: { year: 2027, days: [days[0], { ...days[0], isOffDay: false }] } }, '/holidayCn/days/1', /again/],
    [{ set: [local('2027-03-01')] }, '/source'],
    [set(local('2027-02-29')), '/set/0/date'],
    [set(local('2027-3-1')), '/set/0/date'],
    [set(local('2027-03-01'), local('2027-03-01', { kind: 'workday' })), '/set/1', /again/],
    [set(local('2027-03-01', { kind: 'half-day' })), '/set/0/worked'],
    [set(local('2027-03-01', { worked: { to: '12:00' } })), '/set/0/worked'],
    [set(local('2027-03-01', { kind: 'half-day', worked: {} })), '/set/0/worked'],
    [set(local('2027-03-01', { kind: 'half-day', worked: { from: '14:00', to: '12:00' } })), '/set/0/worked'],
    [set(local('2027-03-01', { kind: 'half-day', worked: { to: '25:00' } })), '/set/0/worked/to'],
    [set(local('2027-03-01', { scope: 'world' })), '/set/0/scope'],
    [set(local('2027-03-01', { source: '别处' })), '/set/0/source'],
    [{ remove: [{ date: '2027-03-01', scope: 'local' }], source: '州政府' }, '/remove/0', /not in the calendar/],
    [{ ...set(local('2026-10-01')), remove: [{ date: '2026-10-01', scope: 'local' }] }, '/remove/0', /also set/],
  ];
  for (const [input, pointer, detail = /./] of cases) {
    for (const reply of [await city.call('POST', '/v1/calendar/preview', input), await apply(city, input, '0')]) {
      t.equal(reply.status, 400, JSON.stringify(input).slice(0, 100));
      t.match(
        reply.body.errors?.filter((error) => error.pointer === pointer),
        [{ detail }],
        `${pointer} ${JSON.stringify(reply.body.errors)}`,
      );
    }
  }
  const chinese = await city.call<Problem>(
    'POST',
    '/v1/calendar/preview',
    { notice: '五月放假', year: 2027 },
    { 'accept-language': 'zh-CN' },
  );
  t.match(chinese.body.detail, /“五月放假”: 无法理解/);
  t.match(await city.call('GET', '/v1/calendar/1999'), {
    status: 400,
    body: { errors: [{ pointer: '/params/year' }] },
  });
  t.equal((await city.call('GET', '/v1/calendar/versions/99')).status, 404);
  t.same(await city.counts(), before);
});

t.test('everybody reads the calendar, the administrator changes it', async (t) => {
  const city = await createCity(t, { workers: false });
  const dispatch = await city.key('dispatch', 'operations');
  const input = { set: [local('2026-04-15')], source: '州政府' };
  t.equal((await city.call('POST', '/v1/calendar/preview', input, dispatch)).status, 403);
  t.equal((await city.call('POST', '/v1/calendar/versions', input, dispatch)).status, 403);
  t.equal((await city.call('GET', '/v1/calendar/2026', undefined, dispatch)).status, 200);
  t.equal((await city.call('GET', '/v1/calendar/2026', undefined, { authorization: '' })).status, 401);
  t.equal((await city.call('GET', '/v1/deadline-changes', undefined, await city.key('intake:phone'))).status, 403);
});

t.test(
  'a year of holiday-cn and single days come in like a notice; each version keeps what it was made of',
  async (t) => {
    const city = await createCity(t);
    await change(city, {
      holidayCn: {
        $schema: 'schema.json',
        year: 2027,
        papers: ['https://www.gov.cn/notice'],
        days: [
          { name: '元旦', date: '2026-12-31', isOffDay: true },
          { name: '元旦', date: '2027-01-01', isOffDay: true },
          { name: '元旦', date: '2027-01-02', isOffDay: false },
          { name: '元旦', date: '2027-01-04', isOffDay: false },
        ],
      },
    });
    await change(city, {
      set: [local('2027-01-08', { kind: 'half-day', worked: { from: '13:00' } })],
      source: '州政府',
    });
    const { days } = await city.get<{ days: Day[] }>('/v1/calendar/2027');
    t.same(
      days.map(({ date, kind, scope }) => `${date} ${kind} ${scope}`),
      ['2027-01-01 day-off national', '2027-01-02 workday national', '2027-01-08 half-day local'],
      'a Monday that is worked is an ordinary day',
    );
    t.match(days[0], { source: 'https://www.gov.cn/notice' });
    t.match((await city.get<{ days: Day[] }>('/v1/calendar/2026')).days.at(-1), {
      date: '2026-12-31',
      kind: 'day-off',
    });
    t.match(await city.all('/v1/calendar/versions'), [
      { version: 3, source: '州政府', actor: 'key:admin', at: '2026-03-10T10:00:00+08:00' },
      { version: 2, source: 'https://www.gov.cn/notice', actor: 'key:admin' },
      { version: 1, actor: 'system:seed', at: null },
    ]);
    const first = await city.get<{ days: Day[] }>('/v1/calendar/versions/1');
    t.equal(
      first.days.some(({ date }) => date.startsWith('2027')),
      false,
      'older versions stay as they were',
    );
    t.match(await city.all('/v1/audit?action=calendar'), [{ data: { version: 3 } }, { data: { version: 2 } }]);
  },
);

t.test('the warning of an unknown year goes when its notice comes, in every process that runs', async (t) => {
  const city = await createCity(t, { at: '2026-11-30T10:00:00+08:00' });
  const [other, third] = [await city.start({ workers: false }), await city.start({ workers: false })];
  // Each process keeps its warnings for two seconds, so each is asked once.
  const warned = async (node?: typeof other): Promise<boolean> => {
    const { body } = await city.call<{ warnings: string[] }>('GET', '/readyz', undefined, {}, node);
    return body.warnings.some((warning) => /calendar of 2027/.test(warning));
  };
  t.equal(await warned(), false, 'before December nobody has to worry');
  await city.clock.set('2026-12-01T00:00:00+08:00');
  t.equal(await warned(other), true);
  await change(city, { notice: notice2027 });
  // What the seconds do for which a process keeps the rules.
  third.instance.book.forget();
  t.equal(await warned(third), false);
});

t.test('a preview goes page by page through all that would move', async (t) => {
  const city = await createCity(t);
  for (let at = 0; at < 5; at++)
    await city.register('phone', { body: '路灯不亮', sender: { phone: `1380000010${at}` } });
  await city.clock.settle();
  const input = { set: [local('2026-03-11')], source: '州政府' };
  const seen: string[] = [];
  for (let query = '?limit=3', pages = 0; ; pages++) {
    const { moves } = await preview(city, input, query);
    t.equal(moves.count, 10);
    t.ok(moves.items.length <= 3);
    seen.push(...moves.items.map(({ appealId, name }) => `${appealId} ${name}`));
    if (moves.next === null || pages > 10) break;
    query = `?limit=3&after=${moves.next}`;
  }
  t.equal(new Set(seen).size, 10);
  t.equal((await city.call('POST', '/v1/calendar/preview?after=x', input)).status, 400);
  t.equal((await changes(city)).length, 0, 'and moves nothing');
});
