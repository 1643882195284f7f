import type { WorkingCalendar } from './calendar/calendar.ts';
import { MINUTE_MS, minutesOf } from './civil-date.ts';
import { closeOfBusiness, inOfficeHours } from './office-hours.ts';
import type { ClockCase, DeadlineName, LadderStep, Policy } from './policy.schema.ts';
import type { Zone } from './zone.ts';

/**
 * When a deadline that starts at `start` is due. Provisional when working days were counted in a year without data.
 * A start at 17:00:00.000 exactly is not before 17:00.
 */
export function dueOf(
  policy: Policy,
  name: DeadlineName,
  start: Date,
  calendar: WorkingCalendar,
  zone: Zone,
): { dueAt: Date; provisional: boolean } {
  const { due } = policy.deadlines[name];
  const startDay = zone.epochDay(start);
  if (due.by === 'clock') {
    const { dayOffset, at } = caseOf(due.cases, zone.msOfDay(start));
    return { dueAt: zone.instantOf(startDay + dayOffset, minutesOf(at)), provisional: false };
  }
  const { day, provisional } = calendar.addWorkdays(startDay, due.amount);
  return { dueAt: zone.instantOf(day, closeOfBusiness(policy)), provisional };
}

function caseOf(cases: readonly ClockCase[], msOfDay: number): ClockCase {
  for (const candidate of cases) {
    if (candidate.startedBefore === undefined || msOfDay < minutesOf(candidate.startedBefore) * MINUTE_MS)
      return candidate;
  }
  throw new RangeError('The policy has no case for this time of day: its last case must have no startedBefore.');
}

/** One step of a ladder at its time: 0 reminds before dueAt, 1 is dueAt, later ones climb. */
export interface LadderMoment {
  step: number;
  /** Key of the policy's `roles`. */
  role: string;
  at: Date;
}

/**
 * The steps of a deadline in order of time. A reminder is never after dueAt, and never before the start unless that was
 * after dueAt already: when its time has passed at the start, whoever takes the work on learns at once that time is short.
 */
export function ladderOf(
  policy: Policy,
  name: DeadlineName,
  { start, dueAt }: { start: Date; dueAt: Date },
  calendar: WorkingCalendar,
  zone: Zone,
): LadderMoment[] {
  const moments = policy.deadlines[name].ladder.map((rule) => {
    const isReminder = rule.step === 0;
    const planned = offsetFrom(dueAt, rule.offset, calendar, zone);
    const begun = isReminder && planned < start ? start : planned;
    const open = rule.hours === 'office' ? inOfficeHours(policy, begun, calendar, zone) : begun;
    return { step: rule.step, role: rule.role, at: isReminder && open > dueAt ? dueAt : open };
  });
  return moments.sort((a, b) => a.at.getTime() - b.at.getTime() || a.step - b.step);
}

function offsetFrom(dueAt: Date, offset: LadderStep['offset'], calendar: WorkingCalendar, zone: Zone): Date {
  if ('clock' in offset) return zone.instantOf(lastDayOf(dueAt, zone), minutesOf(offset.clock));
  if (offset.unit === 'minutes') return new Date(dueAt.getTime() + offset.amount * MINUTE_MS);
  const day = lastDayOf(dueAt, zone);
  const minutes = day === zone.epochDay(dueAt) ? zone.msOfDay(dueAt) / MINUTE_MS : 24 * 60;
  return zone.instantOf(calendar.addWorkdays(day, offset.amount).day, minutes);
}

/** The day that a due time ends: midnight is the end (24:00) of the day before, so Friday's deadline stays Friday's. */
export function lastDayOf(dueAt: Date, zone: Zone): number {
  return zone.epochDay(new Date(dueAt.getTime() - 1));
}
