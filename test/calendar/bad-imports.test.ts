import { createCity, type Problem } from '../support/city.ts';
import t from '../support/tap.ts';
import { apply, notice2027 } from './support.ts';

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
    const reply = await city.call('POST', '/v1/calendar/preview', input);
    t.equal(reply.status, 400, JSON.stringify(input).slice(0, 100));
    t.match(
      reply.body.errors?.filter((error) => error.pointer === pointer),
      [{ detail }],
      `${pointer} ${JSON.stringify(reply.body.errors)}`,
    );
  }
  t.equal((await apply(city, { notice: '五月放假', year: 2027 }, '0')).status, 400, 'nor is it applied');
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
