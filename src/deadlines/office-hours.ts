import type { WorkingCalendar } from './calendar/calendar.ts';
import { MINUTE_MS, minutesOf } from './civil-date.ts';
import type { Policy } from './policy.schema.ts';
import type { Zone } from './zone.ts';

/** Minute of the day at which the last office hours of a workday end. */
export function closeOfBusiness({ officeHours }: Policy): number {
  return minutesOf(officeHours[officeHours.length - 1]!.to);
}

/**
 * The instant itself when it lies in office hours, otherwise their next beginning. The closing instant still belongs to
 * them: what is due at close of business is acted on then, not the next morning.
 */
export function inOfficeHours(policy: Policy, instant: Date, calendar: WorkingCalendar, zone: Zone): Date {
  const day = zone.epochDay(instant);
  if (calendar.isWorkday(day)) {
    const ms = zone.msOfDay(instant);
    for (const { from, to } of policy.officeHours) {
      if (ms < minutesOf(from) * MINUTE_MS) return zone.instantOf(day, minutesOf(from));
      if (ms <= minutesOf(to) * MINUTE_MS) return instant;
    }
  }
  return zone.instantOf(calendar.workdayOnOrAfter(day + 1).day, minutesOf(policy.officeHours[0]!.from));
}
