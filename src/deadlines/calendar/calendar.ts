import { dateString, isWeekday, parseDate, yearOf } from '../civil-date.ts';

/** A day that differs from the Monday to Friday rule, or is named in a notice. */
export interface CalendarDay {
  /** `YYYY-MM-DD`, a day of the policy's zone. */
  date: string;
  name: string;
  workday: boolean;
}

/** A day that was counted to. Provisional: the count passed days of a year without data, where only weekends are off. */
export interface CountedDay {
  day: number;
  provisional: boolean;
}

/** Which days are worked. All days are days since 1970-01-01 (`Zone.epochDay`). */
export interface WorkingCalendar {
  readonly version: number;
  isWorkday(day: number): boolean;
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

/**
 * A year counts as known when its 1 January is in the table: each year's notice names it, whereas a notice may also reach
 * back into the last days of the year before.
 * @throws RangeError for a date that is none, or that stands in the table twice with different words.
 */
export function createCalendar({ version, days }: { version: number; days: readonly CalendarDay[] }): WorkingCalendar {
  const exceptions = new Map<number, boolean>();
  for (const { date, workday } of days) {
    const day = parseDate(date);
    if ((exceptions.get(day) ?? workday) !== workday)
      throw new RangeError(`The calendar calls ${date} both worked and off.`);
    exceptions.set(day, workday);
  }
  const years = new Set([...exceptions.keys()].filter((day) => dateString(day).endsWith('-01-01')).map(yearOf));

  const isWorkday = (day: number): boolean => exceptions.get(day) ?? isWeekday(day);

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

  return { version, isWorkday, knows: (year) => years.has(year), addWorkdays, workdayOnOrAfter };
}
