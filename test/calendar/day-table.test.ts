import fc from 'fast-check';
import t from 'tap';
import { type CalendarDay, createCalendar, dayKinds, dayScopes } from '../../src/deadlines/calendar/calendar.ts';
import {
  type CalendarChange,
  changeDays,
  type DayDifference,
  fingerprintOf,
} from '../../src/deadlines/calendar/day-table.ts';
import { stateCouncilDays } from '../../src/deadlines/calendar/state-council.ts';
import { dateString, parseDate } from '../../src/deadlines/civil-date.ts';

const national = stateCouncilDays().days;
const [first, last] = [parseDate('2025-12-20'), parseDate('2027-02-28')];

const anyDay: fc.Arbitrary<CalendarDay> = fc
  .record({
    day: fc.integer({ min: first, max: last }),
    kind: fc.constantFrom(...dayKinds),
    scope: fc.constantFrom(...dayScopes),
  })
  .map(({ day, kind, scope }) => {
    const worked = kind === 'half-day' ? { worked: { to: '12:00' } } : {};
    return { date: dateString(day), name: '某日', kind, ...worked, scope, source: '某文' };
  });
const anyEdit = fc
  .uniqueArray(anyDay, { maxLength: 12, selector: ({ date, scope }) => `${date} ${scope}` })
  .chain((days) => fc.nat({ max: days.length }).map((at) => ({ set: days.slice(0, at), remove: days.slice(at) })));

const reverse = (differences: readonly DayDifference[]): Pick<CalendarChange, 'set' | 'remove'> => ({
  set: differences.flatMap(({ before }) => before ?? []),
  remove: differences.filter(({ before }) => before === null),
});

t.test('an edit and its reverse leave the table, and every working day counted on it, as they were', async () => {
  fc.assert(
    fc.property(anyEdit, fc.integer({ min: first, max: last }), fc.integer({ min: 1, max: 15 }), (edit, start, n) => {
      const edited = changeDays(national, edit);
      const back = changeDays(edited.days, reverse(edited.differences));
      const count = (days: readonly CalendarDay[]) => createCalendar({ version: 1, days }).addWorkdays(start, n);
      const [was, is] = [count(national), count(back.days)];
      return (
        fingerprintOf(1, back.days) === fingerprintOf(1, changeDays(national, { set: [], remove: [] }).days) &&
        was.day === is.day &&
        was.provisional === is.provisional
      );
    }),
  );
});

t.test('an edit made twice changes nothing the second time', async () => {
  fc.assert(
    fc.property(anyEdit, (edit) => {
      const { days } = changeDays(national, edit);
      return changeDays(days, edit).differences.length === 0;
    }),
  );
});

t.test('the differences are what differs, and days that are not named stay', async () => {
  fc.assert(
    fc.property(anyEdit, (edit) => {
      const { days, differences } = changeDays(national, edit);
      const named = new Set([...edit.set, ...edit.remove].map(({ date, scope }) => `${date} ${scope}`));
      const untouched = (table: readonly CalendarDay[]): string[] =>
        table.map((day) => JSON.stringify(day)).filter((_, at) => !named.has(`${table[at]?.date} ${table[at]?.scope}`));
      return (
        differences.every(({ date, scope }) => named.has(`${date} ${scope}`)) &&
        untouched(days).sort().join() === untouched(national).sort().join()
      );
    }),
  );
});

t.test('a weekday that is worked again is an ordinary day; a local word on it stays', async (t) => {
  const day = (scope: CalendarDay['scope']): CalendarDay => {
    return { date: '2026-10-07', name: '国庆节', kind: 'workday', scope, source: '某文' };
  };
  t.match(changeDays(national, { set: [day('national')], remove: [] }).differences, [{ after: null }]);
  t.match(changeDays(national, { set: [day('local')], remove: [] }).differences, [
    { before: null, after: day('local') },
  ]);
});
