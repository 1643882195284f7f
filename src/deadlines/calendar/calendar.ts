import { isWeekday, minutesOf, parseDate, yearOf } from '../civil-date.ts';

/** Kind of a named day: worked (上班, a make-up workday when it is a weekend day), off (放假), or partly worked (半天). */
export const dayKinds = ['workday', 'day-off', 'half-day'] as const;
export type DayKind = (typeof dayKinds)[number];

/** Whose word it is: the State Council's notice for the whole country, or the local government's for its area. */
export const dayScopes = ['national', 'local'] as const;
export type DayScope = (typeof dayScopes)[number];

/** A day that differs from the Monday to Friday rule, or is named in a notice. */
export interface CalendarDay {
  /** `YYYY-MM-DD`, a day of the policy's zone. */
  date: string;
  name: string;
  kind: DayKind;
  /** Of a half day only: office hours are worked from and up to these times of day, `HH:MM`; at least one is given. */
  worked?: { from?: string; to?: string };
  scope: DayScope;
  /** The notice or decision that says so. */
  source: string;
}

/** A stretch of a day in minutes since midnight; `to` does not belong to it. */
export interface Interval {
  from: number;
  to: number;
}

/** A day that was counted to. Provisional: the count passed days of a year without data, where only weekends are off. */
export interface CountedDay {
  day: number;
  provisional: boolean;
}

/** Which days are worked. All days are days since 1970-01-01 (`Zone.epochDay`). */
export interface WorkingCalendar {
  readonly version: number;
  /** Half days count as workdays. */
  isWorkday(day: number): boolean;
  /** Which part of the office hours of a workday is worked on this day: all, on a half day some, on a day off none. */
  worked(day: number, officeHours: readonly Interval[]): Interval[];
  /** The State Council's arrangement of the year is in the table. */
  knows(year: number): boolean;
  /**
   * The n-th workday after a day, which itself is not counted (Civil Code, art. 201); before it when n is negative; the day
   * itself when n is 0. @throws RangeError when n is no integer.
   */
  addWorkdays(day: number, n: number): CountedDay;
  /** The day itself when it is a workday, otherwise the next one. */
  workdayOnOrAfter(day: number): CountedDay;
}

/** A local day is the more special word: where both scopes name a day, it is what holds. */
export function effectiveDays(days: readonly CalendarDay[]): Map<string, CalendarDay> {
  const byDate = new Map<string, CalendarDay>();
  for (const scope of dayScopes) for (const day of days) if (day.scope === scope) byDate.set(day.date, day);
  return byDate;
}

/**
 * A year counts as known when its 1 January is in the table as a national day: each year's notice names it, whereas a
 * notice may also reach back into the last days of the year before.
 * @throws RangeError for a date that is none, or that stands in the table twice with different words of one scope.
 */
export function createCalendar({ version, days }: { version: number; days: readonly CalendarDay[] }): WorkingCalendar {
  const known = new Map<string, DayKind>();
  for (const { date, kind, scope } of days) {
    parseDate(date);
    const key = `${date} ${scope}`;
    const before = known.get(key) ?? kind;
    if (before !== kind) throw new RangeError(`The calendar calls ${date} both ${before} and ${kind}.`);
    known.set(key, kind);
  }
  const exceptions = new Map([...effectiveDays(days).values()].map((day) => [parseDate(day.date), day]));
  const newYears = days.filter(({ date, scope }) => scope === 'national' && date.endsWith('-01-01'));
  const years = new Set(newYears.map(({ date }) => yearOf(parseDate(date))));

  const isWorkday = (day: number): boolean => {
    const kind = exceptions.get(day)?.kind;
    return kind === undefined ? isWeekday(day) : kind !== 'day-off';
  };

  function worked(day: number, officeHours: readonly Interval[]): Interval[] {
    if (!isWorkday(day)) return [];
    const { from = '00:00', to = '24:00' } = exceptions.get(day)?.worked ?? {};
    return officeHours
      .map((hours) => ({ from: Math.max(hours.from, minutesOf(from)), to: Math.min(hours.to, minutesOf(to)) }))
      .filter((part) => part.from < part.to);
  }

  function touchesUnknown(from: number, to: number): boolean {
    for (let year = yearOf(from); year <= yearOf(to); year++) if (!years.has(year)) return true;
    return false;
  }

  function addWorkdays(start: number, n: number): CountedDay {
    if (!Number.isSafeInteger(n)) throw new RangeError(`Working days are counted in whole numbers, not ${n}.`);
    if (n === 0) return { day: start, provisional: false };
    const step = Math.sign(n);
    let day = start;
    for (let left = Math.abs(n); left > 0; ) {
      day += step;
      if (isWorkday(day)) left--;
    }
    return { day, provisional: touchesUnknown(Math.min(start + step, day), Math.max(start + step, day)) };
  }

  function workdayOnOrAfter(start: number): CountedDay {
    let day = start;
    while (!isWorkday(day)) day++;
    return { day, provisional: touchesUnknown(start, day) };
  }

  return { version, isWorkday, worked, knows: (year) => years.has(year), addWorkdays, workdayOnOrAfter };
}
