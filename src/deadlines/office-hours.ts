import type { WorkingCalendar } from './calendar/calendar.ts';
import { MINUTE_MS, minutesOf } from './civil-date.ts';
import type { OfficeHours, Policy } from './policy.schema.ts';
import type { Zone } from './zone.ts';

/** What every time is computed from: a policy, the days that are worked, and the clock on the wall. */
export interface Basis {
  policy: Policy;
  calendar: WorkingCalendar;
  zone: Zone;
}

/** The office hours that are worked on a day, in order; none on a day off. */
export function workedHours({ policy, calendar }: Basis, day: number): readonly OfficeHours[] {
  return calendar.isWorkday(day) ? policy.officeHours : [];
}

/** Minute of the day at which the last office hours of a day end; on a day off, when they would end. */
export function closeOfBusiness(basis: Basis, day: number): number {
  const worked = workedHours(basis, day);
  const hours = worked.length > 0 ? worked : basis.policy.officeHours;
  return minutesOf(hours[hours.length - 1]!.to);
}

/**
 * The instant itself when it lies in office hours, otherwise their next beginning. The closing instant still belongs to
 * them: what is due at close of business is acted on then, not the next morning.
 */
export function inOfficeHours(basis: Basis, instant: Date): Date {
  const { calendar, zone } = basis;
  const day = zone.epochDay(instant);
  const ms = zone.msOfDay(instant);
  for (const { from, to } of workedHours(basis, day)) {
    if (ms < minutesOf(from) * MINUTE_MS) return zone.instantOf(day, minutesOf(from));
    if (ms <= minutesOf(to) * MINUTE_MS) return instant;
  }
  const next = calendar.workdayOnOrAfter(day + 1).day;
  return zone.instantOf(next, minutesOf(workedHours(basis, next)[0]!.from));
}
