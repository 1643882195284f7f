import { createCity } from '../support/city.ts';
import t from '../support/tap.ts';
import { change, changes, type Day, preview } from './support.ts';

const local = (date: string, more: object = {}) => ({ date, name: '州庆', kind: 'day-off', scope: 'local', ...more });

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
