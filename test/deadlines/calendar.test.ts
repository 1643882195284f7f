import fc from 'fast-check';
import t from 'tap';
import { type CalendarDay, createCalendar, type Interval } from '../../src/deadlines/calendar/calendar.ts';
import { stateCouncilDays } from '../../src/deadlines/calendar/state-council.ts';
import { dateString, isWeekday, parseDate } from '../../src/deadlines/civil-date.ts';
import { nationalCalendar } from './support.ts';

// chinese-days is wrong on machines west of Greenwich, and keeps the zone it was loaded in. Ours asks for none.
process.env.TZ = 'Asia/Shanghai';
const { default: chineseDays } = await import('chinese-days');

const calendar = nationalCalendar();
const first = parseDate('2018-01-01');
const last = parseDate('2026-12-31');

t.test('agrees with chinese-days on every day of 2018 to 2026', async (t) => {
  const differ: string[] = [];
  for (let day = first; day <= last; day++) {
    const date = dateString(day);
    if (calendar.isWorkday(day) !== chineseDays.isWorkday(date)) differ.push(date);
  }
  t.same(differ, []);
});

t.test('days of the notices that are easily got wrong', async (t) => {
  const worked = [
    '2026-01-04',
    '2026-02-14',
    '2026-02-28',
    '2026-05-09',
    '2026-09-20',
    '2026-10-10',
    '2020-02-03',
    '2018-12-29',
  ];
  const off = [
    '2026-10-01',
    '2026-10-07',
    '2020-01-31',
    '2020-02-01',
    '2020-02-02',
    '2018-12-31',
    '2022-12-31',
    '2026-09-26',
  ];
  for (const date of worked) t.equal(calendar.isWorkday(parseDate(date)), true, `${date} is worked`);
  for (const date of off) t.equal(calendar.isWorkday(parseDate(date)), false, `${date} is off`);
});

t.test('the table holds each day once, and nothing that the weekday rule says anyway without a name', async (t) => {
  const { days, source } = stateCouncilDays();
  t.equal(new Set(days.map((day) => day.date)).size, days.length);
  t.same(
    days.filter((day) => day.name === '' || (day.kind === 'workday' && isWeekday(parseDate(day.date)))),
    [],
  );
  t.match(source, /国办发明电〔2020〕1号.*国办发明电〔2025〕7号/);
});

t.test('counts working days', async (t) => {
  const cases: [string, number, string, boolean][] = [
    ['2026-09-30', 1, '2026-10-08', false],
    ['2026-09-30', 2, '2026-10-09', false],
    ['2026-09-30', 3, '2026-10-10', false],
    ['2026-09-30', 7, '2026-10-15', false],
    ['2026-09-24', 2, '2026-09-29', false],
    ['2026-10-09', 1, '2026-10-10', false],
    ['2026-10-10', -1, '2026-10-09', false],
    ['2026-10-08', -1, '2026-09-30', false],
    ['2020-01-23', 1, '2020-02-03', false],
    ['2026-10-03', 0, '2026-10-03', false],
    ['2026-12-30', 1, '2026-12-31', false],
    ['2026-12-31', 1, '2027-01-01', true],
    ['2026-12-30', 2, '2027-01-01', true],
    ['2027-01-04', -1, '2027-01-01', true],
    ['2027-01-01', -1, '2026-12-31', false],
    ['2017-12-31', 1, '2018-01-02', false],
    ['2018-01-02', -1, '2017-12-29', true],
    ['2027-01-02', 0, '2027-01-02', false],
  ];
  for (const [from, n, to, provisional] of cases) {
    const counted = calendar.addWorkdays(parseDate(from), n);
    t.same([dateString(counted.day), counted.provisional], [to, provisional], `${from} ${n}`);
  }
  t.throws(() => calendar.addWorkdays(first, 1.5), RangeError);
});

t.test('counting agrees with going day by day, both ways', async () => {
  const anyDay = fc.integer({ min: first - 400, max: last + 400 });
  fc.assert(
    fc.property(anyDay, fc.integer({ min: -30, max: 30 }), (start, n) => {
      const { day, provisional } = calendar.addWorkdays(start, n);
      const passed = Array.from({ length: Math.abs(day - start) }, (_, at) => start + Math.sign(n) * (at + 1));
      const unknown = passed.some((each) => !calendar.knows(Number(dateString(each).slice(0, 4))));
      return (
        passed.filter(calendar.isWorkday).length === Math.abs(n) &&
        (n === 0 || calendar.isWorkday(day)) &&
        provisional === unknown
      );
    }),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(anyDay, (start) => {
      const { day } = calendar.workdayOnOrAfter(start);
      return (
        calendar.isWorkday(day) &&
        day >= start &&
        day === (calendar.isWorkday(start) ? start : calendar.addWorkdays(start, 1).day)
      );
    }),
  );
});

t.test('knows the years whose New Year it was told, not those a notice reaches back into', async (t) => {
  t.same(
    [2017, 2018, 2026, 2027].map((year) => calendar.knows(year)),
    [false, true, true, false],
  );
  const only2019 = createCalendar({
    version: 3,
    days: stateCouncilDays().days.filter((day) => day.date >= '2018-12-29' && day.date < '2020'),
  });
  t.same([only2019.version, only2019.knows(2018), only2019.knows(2019)], [3, false, true]);
  t.equal(only2019.isWorkday(parseDate('2018-12-29')), true, 'but it heeds what it was told');
});

const local: CalendarDay = {
  date: '2026-07-24',
  name: '火把节',
  kind: 'day-off',
  scope: 'local',
  source: '州政府通知',
};
const withDays = (...days: CalendarDay[]) =>
  createCalendar({ version: 2, days: [...stateCouncilDays().days, ...days] });

t.test('a local day off can be added; a table that contradicts itself is refused', async (t) => {
  const yunnan = withDays(local);
  t.equal(yunnan.isWorkday(parseDate(local.date)), false);
  t.equal(dateString(yunnan.addWorkdays(parseDate('2026-07-23'), 1).day), '2026-07-27');
  t.throws(() => createCalendar({ version: 1, days: [local, { ...local, kind: 'workday' }] }), {
    name: 'RangeError',
    message: /2026-07-24/,
  });
  t.throws(() => createCalendar({ version: 1, days: [{ ...local, date: '2026-02-30' }] }), RangeError);
});

t.test('where both name a day the local word holds, and only the nation makes a year known', async (t) => {
  const onMakeUpDay = withDays({ ...local, date: '2026-10-10' });
  t.equal(onMakeUpDay.isWorkday(parseDate('2026-10-10')), false);
  t.equal(withDays({ ...local, date: '2027-01-01' }).knows(2027), false);
});

const hours: Interval[] = [
  { from: 9 * 60, to: 12 * 60 },
  { from: 13 * 60, to: 17 * 60 },
];

t.test('part of the office hours is worked on a half day, all on a workday, none on a day off', async (t) => {
  const half = (worked: NonNullable<CalendarDay['worked']>): Interval[] =>
    withDays({ ...local, kind: 'half-day', worked }).worked(parseDate(local.date), hours);
  t.same(half({ to: '12:00' }), [hours[0]]);
  t.same(half({ from: '12:00' }), [hours[1]]);
  t.same(half({ to: '15:30' }), [hours[0], { from: 780, to: 930 }]);
  t.same(half({ from: '10:00', to: '14:00' }), [
    { from: 600, to: 720 },
    { from: 780, to: 840 },
  ]);
  t.same(half({ to: '08:00' }), []);
  t.same(calendar.worked(parseDate('2026-10-01'), hours), []);
  t.same(calendar.worked(parseDate('2026-10-10'), hours), hours, 'a make-up Saturday is a full day');
  t.equal(withDays({ ...local, kind: 'half-day', worked: { to: '12:00' } }).isWorkday(parseDate(local.date)), true);
});

t.test('a minute is worked exactly when it lies in office hours and in the worked part of the day', async () => {
  const time = fc.integer({ min: 0, max: 1440 });
  fc.assert(
    fc.property(
      fc.array(time, { minLength: 4, maxLength: 4 }),
      time,
      time,
      fc.integer({ min: 0, max: 1439 }),
      (times, a, b, minute) => {
        const [first = 0, second = 0, third = 0, fourth = 0] = times.toSorted((x, y) => x - y);
        const office = [
          { from: first, to: second },
          { from: third, to: fourth },
        ];
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const text = (at: number): string =>
          `${String(Math.floor(at / 60)).padStart(2, '0')}:${String(at % 60).padStart(2, '0')}`;
        const day = withDays({ ...local, kind: 'half-day', worked: { from: text(from), to: text(to) } });
        const holds = (part: Interval): boolean => part.from <= minute && minute < part.to;
        const worked = day.worked(parseDate(local.date), office);
        return worked.some(holds) === (office.some(holds) && from <= minute && minute < to);
      },
    ),
  );
});
