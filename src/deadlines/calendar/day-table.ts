import { createHash } from 'node:crypto';
import { isWeekday, parseDate } from '../civil-date.ts';
import { type CalendarDay, type DayScope, dayScopes, effectiveDays } from './calendar.ts';

/** What an import does to the day table. A day to set replaces the one of the same date and scope. */
export interface CalendarChange {
  source: string;
  set: readonly CalendarDay[];
  remove: readonly { date: string; scope: DayScope }[];
}

/** A day of one scope as it is and as it would be; null: the table says nothing of it. */
export interface DayDifference {
  date: string;
  scope: DayScope;
  before: CalendarDay | null;
  after: CalendarDay | null;
}

const keyOf = ({ date, scope }: { date: string; scope: DayScope }): string => `${date} ${dayScopes.indexOf(scope)}`;

/**
 * The table after a change, in order of date, and what differs. Days that the change does not name stay. A weekday that
 * the nation works again is an ordinary day, and leaves the table.
 */
export function changeDays(
  days: readonly CalendarDay[],
  { set, remove }: Pick<CalendarChange, 'set' | 'remove'>,
): { days: CalendarDay[]; differences: DayDifference[] } {
  const before = new Map(days.map((day) => [keyOf(day), day]));
  const after = new Map(before);
  for (const day of remove) after.delete(keyOf(day));
  for (const day of set) {
    const isOrdinary = day.kind === 'workday' && day.scope === 'national' && isWeekday(parseDate(day.date));
    if (isOrdinary) after.delete(keyOf(day));
    else if (!saysTheSame(before.get(keyOf(day)), day)) after.set(keyOf(day), day);
  }
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  const differences = keys.flatMap((key): DayDifference[] => {
    const [was, is] = [before.get(key) ?? null, after.get(key) ?? null];
    const day = is ?? was;
    return day === null || was === is ? [] : [{ date: day.date, scope: day.scope, before: was, after: is }];
  });
  return { days: keys.flatMap((key) => after.get(key) ?? []), differences };
}

/** Repeating what is known, only from another source, changes nothing. */
function saysTheSame(known: CalendarDay | undefined, day: CalendarDay): boolean {
  return (
    known?.name === day.name &&
    known.kind === day.kind &&
    known.worked?.from === day.worked?.from &&
    known.worked?.to === day.worked?.to
  );
}

/** What holds in a year, one entry a day in order. */
export function daysOfYear(days: readonly CalendarDay[], year: number): CalendarDay[] {
  return [...effectiveDays(days).values()]
    .filter(({ date }) => date.startsWith(`${year}-`))
    .sort((a, b) => a.date.localeCompare(b.date));
}

/** Says of a preview what it was made of: the version it started from and the table that would come out. */
export function fingerprintOf(base: number, days: readonly CalendarDay[]): string {
  return createHash('sha256')
    .update(JSON.stringify([base, days]))
    .digest('hex')
    .slice(0, 32);
}
