import { MINUTE_MS, minutesOf } from './civil-date.ts';
import type { DeadlineName } from './deadline-names.ts';
import { type Basis, inOfficeHours } from './office-hours.ts';
import type { LadderStep } from './policy.schema.ts';
import type { Zone } from './zone.ts';

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
  basis: Basis,
  name: DeadlineName,
  { startsAt, dueAt }: { startsAt: Date; dueAt: Date },
): LadderMoment[] {
  const moments = (basis.policy.deadlines[name]?.ladder ?? []).map((rule) => {
    const isReminder = rule.step === 0;
    const planned = offsetFrom(basis, dueAt, rule.offset);
    const begun = isReminder && planned < startsAt ? startsAt : planned;
    const open = rule.hours === 'office' ? inOfficeHours(basis, begun) : begun;
    return { step: rule.step, role: rule.role, at: isReminder && open > dueAt ? dueAt : open };
  });
  return moments.sort((a, b) => a.at.getTime() - b.at.getTime() || a.step - b.step);
}

function offsetFrom({ calendar, zone }: Basis, dueAt: Date, offset: LadderStep['offset']): Date {
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
