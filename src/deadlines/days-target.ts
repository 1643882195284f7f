import type { CountedDay, WorkingCalendar } from './calendar/calendar.ts';
import { MINUTE_MS, minutesOf, yearOf } from './civil-date.ts';
import type { ClockCase, ClockDue, DaysDue } from './due-rule.schema.ts';
import { type Basis, closeOfBusiness } from './office-hours.ts';
import type { Target } from './target.ts';

/** The days that a limit counts. All days are days since 1970-01-01. */
interface DayCount {
  /** The n-th counted day after a day; the day itself when n is 0. */
  step(day: number, n: number): CountedDay;
  /** Counted days after the first day, up to and with the last. */
  between(first: number, last: number): number;
  /** The day itself when it is counted, otherwise the next that is. */
  onOrAfter(day: number): CountedDay;
}

const certain = (day: number): CountedDay => ({ day, provisional: false });

const calendarDays: DayCount = {
  step: (day, n) => certain(day + n),
  between: (first, last) => Math.max(0, last - first),
  onOrAfter: certain,
};

const workingDays = (calendar: WorkingCalendar): DayCount => ({
  step: (day, n) => calendar.addWorkdays(day, n),
  between(first, last) {
    let count = 0;
    for (let day = first + 1; day <= last; day++) if (calendar.isWorkday(day)) count++;
    return count;
  },
  onOrAfter: (day) => calendar.workdayOnOrAfter(day),
});

/** A limit that ends on a day: which days it counts, and where and when the last of them ends. */
interface DayLimit {
  count: DayCount;
  dayOf(instant: Date): number;
  roll(day: number): CountedDay;
  endOf(day: number): Date;
}

/**
 * Pauses and extensions move the last day as it was counted, before it rolls on to a workday. `begun`: a pause has left
 * nothing but the end of a day, so that no whole day is left for the next pause either.
 */
function endingOn(limit: DayLimit, { day: last, provisional }: CountedDay, begun = false): Target {
  const { count, dayOf, roll, endOf } = limit;
  const end = roll(last);
  const moved = (next: CountedDay, isBegun: boolean): Target =>
    endingOn(limit, { day: next.day, provisional: provisional || next.provisional }, isBegun);

  return {
    dueAt: endOf(end.day),
    provisional: provisional || end.provisional,
    pause(from, to) {
      const left = begun ? 0 : count.between(dayOf(from), last);
      if (left > 0) return moved(count.step(dayOf(to), left), false);
      const first = count.onOrAfter(dayOf(to));
      if (endOf(roll(first.day).day) > to) return moved(first, true);
      const next = count.step(first.day, 1);
      return moved({ day: next.day, provisional: first.provisional || next.provisional }, true);
    },
    extend: (more) => moved(count.step(last, more), false),
  };
}

/** A limit by the clock: a time of day, some days after the start. */
export function clockTarget(basis: Basis, rule: ClockDue, start: Date): { amount: number; target: Target } {
  const { calendar, zone } = basis;
  const count = rule.dayKind === 'working-days' ? workingDays(calendar) : calendarDays;
  const startDay = zone.epochDay(start);
  const first = count.onOrAfter(startDay);
  // What starts on a day that is not counted starts when the next that is begins.
  const { dayOffset, at } = caseOf(rule.cases, first.day === startDay ? zone.msOfDay(start) : 0);
  const last = count.step(first.day, dayOffset);
  const limit: DayLimit = {
    count,
    dayOf: zone.epochDay,
    roll: certain,
    endOf: (day) => zone.instantOf(day, minutesOf(at)),
  };
  const target = endingOn(limit, { day: last.day, provisional: first.provisional || last.provisional });
  return { amount: dayOffset, target };
}

function caseOf(cases: readonly ClockCase[], msOfDay: number): ClockCase {
  for (const candidate of cases) {
    if (candidate.startedBefore === undefined || msOfDay < minutesOf(candidate.startedBefore) * MINUTE_MS)
      return candidate;
  }
  throw new RangeError('The policy has no case for this time of day: its last case must have no startedBefore.');
}

/** A limit in working days or calendar days. */
export function daysTarget(basis: Basis, rule: DaysDue, start: Date): Target {
  const { amount } = rule;
  const { calendar, zone } = basis;
  const count = rule.unit === 'working-days' ? workingDays(calendar) : calendarDays;
  const endOf = endOfDay(basis, rule, count, start);
  const rolls = rule.unit === 'calendar-days' && rule.roll === 'next-workday';
  const limit: DayLimit = {
    count,
    dayOf: zone.epochDay,
    roll: (day) => {
      const { day: end, provisional } = rolls ? calendar.workdayOnOrAfter(day) : certain(day);
      const byOfficeHours = rule.endsAt === 'close-of-business';
      return { day: end, provisional: provisional || (byOfficeHours && !calendar.knows(yearOf(end))) };
    },
    endOf,
  };
  const startDay = zone.epochDay(start);
  if (rule.countFrom === 'next-day') return endingOn(limit, count.step(startDay, amount));
  const today = count.onOrAfter(startDay);
  const first = endOf(today.day) > start ? today : count.onOrAfter(today.day + 1);
  const last = count.step(first.day, amount - 1);
  return endingOn(limit, {
    day: last.day,
    provisional: today.provisional || first.provisional || last.provisional,
  });
}

function endOfDay(basis: Basis, { endsAt }: DaysDue, count: DayCount, start: Date): (day: number) => Date {
  const { zone } = basis;
  if (endsAt === 'end-of-day') return (day) => zone.instantOf(day, 24 * 60);
  if (endsAt === 'close-of-business') return (day) => zone.instantOf(day, closeOfBusiness(basis, day));
  // What starts on a day that is not counted has all of the last day: otherwise it would be due before what started earlier.
  const startDay = zone.epochDay(start);
  const minutes = count.onOrAfter(startDay).day === startDay ? zone.msOfDay(start) / MINUTE_MS : 24 * 60;
  return (day) => zone.instantOf(day, minutes);
}
