import type { Interval, WorkingCalendar } from './calendar/calendar.ts';
import { MINUTE_MS, minutesOf } from './civil-date.ts';
import type { Policy } from './policy.schema.ts';
import type { Zone } from './zone.ts';

/** What every time is computed from: a policy, the days that are worked, and the clock on the wall. */
export interface Basis {
  policy: Policy;
  calendar: WorkingCalendar;
  zone: Zone;
}

/** The office hours that are worked on a day, in order: on a half day some of them, on a day off none. */
export function workedHours({ policy, calendar }: Basis, day: number): readonly Interval[] {
  return calendar.worked(day, hoursOf(policy));
}

const hoursOf = ({ officeHours }: Policy): Interval[] =>
  officeHours.map(({ from, to }) => ({ from: minutesOf(from), to: minutesOf(to) }));

/** Minute of the day at which the last office hours of a day end; when none are worked, when they would end. */
export function closeOfBusiness(basis: Basis, day: number): number {
  const worked = workedHours(basis, day);
  return (worked.at(-1) ?? hoursOf(basis.policy).at(-1)!).to;
}

/**
 * The instant itself when it lies in office hours, otherwise their next beginning. The closing instant still belongs to
 * them: what is due at close of business is acted on then, not the next morning.
 */
export function inOfficeHours(basis: Basis, instant: Date): Date {
  const { zone } = basis;
  const today = zone.epochDay(instant);
  const minute = zone.msOfDay(instant) / MINUTE_MS;
  const open = workedHours(basis, today).find(({ to }) => minute <= to);
  if (open) return minute < open.from ? zone.instantOf(today, open.from) : instant;
  let day = today + 1;
  while (workedHours(basis, day).length === 0) day++;
  return zone.instantOf(day, workedHours(basis, day)[0]!.from);
}
