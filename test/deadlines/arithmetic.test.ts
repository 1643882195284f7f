import fc from 'fast-check';
import t from 'tap';
import { type CalendarDay, createCalendar, type WorkingCalendar } from '../../src/deadlines/calendar/calendar.ts';
import { stateCouncilDays } from '../../src/deadlines/calendar/state-council.ts';
import { dateString, isWeekday } from '../../src/deadlines/civil-date.ts';
import { dueOf } from '../../src/deadlines/due.ts';
import type { ClockCase, DueRule } from '../../src/deadlines/due-rule.schema.ts';
import type { Pause } from '../../src/deadlines/limit-changes.ts';
import type { Basis } from '../../src/deadlines/office-hours.ts';
import type { Policy } from '../../src/deadlines/policy.schema.ts';
import { createZone } from '../../src/deadlines/zone.ts';
import { dueByWalking, type Minute, type Stop, type Town } from './minute-by-minute.ts';
import { anyone, bundledPolicy } from './support.ts';

const zone = createZone('Asia/Shanghai');
const policy = bundledPolicy('kunming-hotline');
const national = stateCouncilDays().days;

/** Minutes of Kunming's wall clock as an instant, and back. */
const instant = (minute: Minute): Date => new Date((minute - 480) * 60_000);
const minuteOf = (at: Date): Minute => at.getTime() / 60_000 + 480;
const dayAt = (date: string): number => Date.parse(`${date}T00:00:00Z`) / 86_400_000;

const officeHours = fc.constantFrom<Policy['officeHours'][]>(
  [{ from: '09:00', to: '17:00' }],
  [
    { from: '09:00', to: '12:00' },
    { from: '13:00', to: '17:00' },
  ],
  [
    { from: '00:00', to: '06:30' },
    { from: '08:00', to: '08:10' },
    { from: '14:00', to: '24:00' },
  ],
);

type Edit = Pick<CalendarDay, 'kind' | 'worked'> & { after: number };
/** What a place decides for itself in the weeks after the start. */
const anyEdits: fc.Arbitrary<Edit[]> = fc.uniqueArray(
  fc.record({
    after: fc.integer({ min: -2, max: 20 }),
    kind: fc.constantFrom('workday' as const, 'day-off' as const, 'half-day' as const),
    worked: fc.constantFrom({ to: '12:00' }, { from: '13:00' }, { from: '07:00', to: '07:30' }),
  }),
  { selector: (edit) => edit.after, maxLength: 12 },
);

const local = (day: number, edits: readonly Edit[]): CalendarDay[] =>
  edits.map(({ after, kind, worked }) => ({
    date: dateString(day + after),
    name: '地方安排',
    kind,
    ...(kind === 'half-day' && worked ? { worked } : {}),
    scope: 'local',
    source: '市政府',
  }));

const anyRule: fc.Arbitrary<DueRule> = fc.oneof(
  fc.record({
    by: fc.constant('duration' as const),
    unit: fc.constantFrom('minutes' as const, 'hours' as const, 'working-minutes' as const),
    amount: fc.integer({ min: 1, max: 150 }),
    countFrom: fc.constant('moment' as const),
    source: fc.constant({ kind: 'ours' as const }),
  }),
  fc
    .record({
      by: fc.constant('duration' as const),
      amount: fc.integer({ min: 1, max: 8 }),
      countFrom: fc.constantFrom('same-day' as const, 'next-day' as const),
      endsAt: fc.constantFrom('end-of-day' as const, 'close-of-business' as const, 'same-time' as const),
      source: fc.constant({ kind: 'ours' as const }),
    })
    .filter(({ countFrom, endsAt }) => countFrom === 'next-day' || endsAt !== 'same-time')
    .chain((days) =>
      fc.constantFrom<DueRule>(
        { ...days, unit: 'working-days' },
        { ...days, unit: 'calendar-days', roll: 'none' },
        ...(days.endsAt === 'same-time'
          ? []
          : [{ ...days, unit: 'calendar-days' as const, roll: 'next-workday' as const }]),
      ),
    ),
  fc.record({
    by: fc.constant('clock' as const),
    dayKind: fc.constantFrom('calendar-days' as const, 'working-days' as const),
    cases: fc.constantFrom<ClockCase[][]>(
      [
        { startedBefore: '17:00', dayOffset: 0, at: '24:00' },
        { dayOffset: 1, at: '10:00' },
      ],
      [{ dayOffset: 1, at: '10:00' }],
      [
        { startedBefore: '12:00', dayOffset: 0, at: '18:00' },
        { dayOffset: 1, at: '18:00' },
      ],
    ),
    source: fc.constant({ kind: 'ours' as const }),
  }),
);

/** The edges of days and of office hours, in minutes of the day. */
const edges = [0, 420, 450, 540, 720, 780, 1020, 1080, 1439];
/** A moment around and after the start, in minutes from the midnight before it. */
const anyCut = fc.oneof(
  fc.integer({ min: -500, max: 15_000 }),
  fc.tuple(fc.nat(10), fc.constantFrom(...edges)).map(([day, time]) => day * 1440 + time),
);
/** Pauses that do not overlap, but may touch and may last no time at all. */
const anyStops: fc.Arbitrary<Stop[]> = fc
  .array(anyCut, { maxLength: 6 })
  .map((cuts) => cuts.sort((a, b) => a - b))
  .map((cuts) =>
    cuts.flatMap((from, at) => (at % 2 === 0 && at + 1 < cuts.length ? [{ from, to: cuts[at + 1]! }] : [])),
  );

const anyStart = fc.integer({ min: dayAt('2018-01-01') * 1440, max: dayAt('2026-12-01') * 1440 });
/** Starts at the edges of days and office hours too. */
const anyMoment = fc.oneof(
  anyStart,
  fc.tuple(anyStart, fc.constantFrom(...edges)).map(([start, time]) => Math.floor(start / 1440) * 1440 + time),
);

const anyCase = fc.record({ rule: anyRule, start: anyMoment, hours: officeHours, edits: anyEdits, stops: anyStops });
type Case = typeof anyCase extends fc.Arbitrary<infer T> ? T : never;

function basisOf({ rule, hours }: Pick<Case, 'rule' | 'hours'>, calendar: WorkingCalendar): Basis {
  const resolve = { ...policy.deadlines.resolve, due: [rule], suspendable: true };
  return { policy: { ...policy, officeHours: hours, deadlines: { ...policy.deadlines, resolve } }, calendar, zone };
}

const calendarOf = ({ start, edits }: Pick<Case, 'start' | 'edits'>): WorkingCalendar =>
  createCalendar({ version: 1, days: [...national, ...local(Math.floor(start / 1440), edits)] });

const midnightOf = (start: Minute): Minute => Math.floor(start / 1440) * 1440;
const after = (start: Minute, stops: readonly Stop[]): Stop[] =>
  stops.map(({ from, to }) => ({ from: midnightOf(start) + from, to: midnightOf(start) + to }));

const due = (basis: Basis, start: Minute, stops: readonly Stop[] = []) => {
  const pauses: Pause[] = after(start, stops).map(({ from, to }) => ({ from: instant(from), to: instant(to) }));
  return dueOf(basis, 'resolve', instant(start), anyone, { pauses })!;
};
const dueMinute = (basis: Basis, start: Minute, stops: readonly Stop[] = []): Minute =>
  minuteOf(due(basis, start, stops).dueAt);

/** The same days told in another way: the table of a town, looked up by date. */
function townOf({ start, edits, hours }: Case): Town {
  const table = new Map(national.map((day) => [day.date, day]));
  for (const day of local(Math.floor(start / 1440), edits)) table.set(day.date, day);
  const minutes = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
  const isWorkday = (day: number): boolean => {
    const told = table.get(dateString(day));
    return told ? told.kind !== 'day-off' : isWeekday(day);
  };
  const all = hours.map(({ from, to }) => ({ from: minutes(from), to: minutes(to) }));
  return {
    isWorkday,
    usualClose: all.at(-1)!.to,
    hours(day) {
      if (!isWorkday(day)) return [];
      const { from = '00:00', to = '24:00' } = table.get(dateString(day))?.worked ?? {};
      const cut = all.map((part) => ({ from: Math.max(part.from, minutes(from)), to: Math.min(part.to, minutes(to)) }));
      return cut.filter((part) => part.from < part.to);
    },
  };
}

t.test('every unit is due when one minute after the other says so, pauses included', async () => {
  fc.assert(
    fc.property(anyCase, (one) => {
      const walked = dueByWalking(one.rule, one.start, townOf(one), after(one.start, one.stops));
      return dueMinute(basisOf(one, calendarOf(one)), one.start, one.stops) === walked;
    }),
    { numRuns: 300 },
  );
});

t.test('what starts later, or lasts longer, is never due earlier; nothing is due before it starts', async () => {
  fc.assert(
    fc.property(anyCase, fc.nat(6000), fc.nat(5), (one, later, more) => {
      const basis = basisOf(one, calendarOf(one));
      const first = dueMinute(basis, one.start);
      const longer = 'amount' in one.rule ? { ...one.rule, amount: one.rule.amount + more } : one.rule;
      return (
        first > one.start &&
        dueMinute(basis, one.start + later) >= first &&
        dueMinute(basisOf({ ...one, rule: longer }, basis.calendar), one.start) >= first
      );
    }),
    { numRuns: 500 },
  );
});

t.test('a pause of no length changes nothing; a longer pause never gives an earlier due time', async () => {
  fc.assert(
    fc.property(anyCase, anyCut, fc.nat(6000), fc.nat(6000), (one, from, length, more) => {
      const basis = basisOf(one, calendarOf(one));
      const plain = dueMinute(basis, one.start);
      const paused = dueMinute(basis, one.start, [{ from, to: from + length }]);
      return (
        dueMinute(basis, one.start, [{ from, to: from }]) === plain &&
        paused >= plain &&
        dueMinute(basis, one.start, [{ from, to: from + length + more }]) >= paused &&
        dueMinute(basis, one.start, [{ from: from - more, to: from + length }]) >= paused
      );
    }),
    { numRuns: 500 },
  );
});

t.test('two pauses that touch are one', async () => {
  fc.assert(
    fc.property(anyCase, anyCut, fc.nat(4000), fc.nat(4000), (one, from, a, b) => {
      const basis = basisOf(one, calendarOf(one));
      const two = [
        { from, to: from + a },
        { from: from + a, to: from + a + b },
      ];
      return dueMinute(basis, one.start, two) === dueMinute(basis, one.start, [{ from, to: from + a + b }]);
    }),
    { numRuns: 500 },
  );
});

t.test('a due time that is not provisional stays when the next year is published', async () => {
  const yearEnd = fc.integer({ min: dayAt('2026-12-10') * 1440, max: dayAt('2027-01-10') * 1440 });
  const published = (edits: readonly Edit[]): CalendarDay[] => [
    ...national,
    { date: '2027-01-01', name: '元旦', kind: 'day-off', scope: 'national', source: '国办' },
    ...local(dayAt('2027-01-04'), edits),
  ];
  const unknown = createCalendar({ version: 1, days: national });
  let provisional = 0;
  fc.assert(
    fc.property(anyRule, yearEnd, officeHours, anyStops, anyEdits, (rule, start, hours, stops, edits) => {
      const before = due(basisOf({ rule, hours }, unknown), start, stops);
      const after = due(basisOf({ rule, hours }, createCalendar({ version: 2, days: published(edits) })), start, stops);
      if (before.provisional) provisional++;
      return !after.provisional && (before.provisional || before.dueAt.getTime() === after.dueAt.getTime());
    }),
    { numRuns: 500 },
  );
  t.ok(provisional > 50, `${provisional} of 500 were provisional`);
});

t.test('an instant between two minutes keeps its seconds', async () => {
  const running = anyRule.filter((rule) => rule.by === 'duration' && rule.countFrom === 'moment');
  fc.assert(
    fc.property(running, anyStart, officeHours, fc.integer({ min: 1, max: 59_999 }), (rule, start, hours, ms) => {
      const basis = basisOf({ rule, hours }, createCalendar({ version: 1, days: national }));
      const between = dueOf(basis, 'resolve', new Date(instant(start).getTime() + ms), anyone)!.dueAt.getTime();
      const [before, after] = [dueMinute(basis, start), dueMinute(basis, start + 1)];
      return between >= instant(before).getTime() && between <= instant(after).getTime();
    }),
    { numRuns: 500 },
  );
});
