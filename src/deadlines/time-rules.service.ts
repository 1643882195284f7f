import type { WorkingCalendar } from './calendar/calendar.ts';
import { dueOf, type LadderMoment, ladderOf } from './due.ts';
import type { DeadlineName, Policy } from './policy.schema.ts';
import { assessAt, sendAt } from './quiet-hours.ts';
import type { Subject } from './subject.ts';
import { createZone, type Zone } from './zone.ts';

export type { DeadlineName } from './policy.schema.ts';

export interface Due {
  dueAt: Date;
  provisional: boolean;
}

/** A policy version on a calendar version, as functions: all that the rooms above need to know about time. */
export interface TimeRules {
  policy: Policy;
  calendar: WorkingCalendar;
  zone: Zone;
  /** undefined: the policy does not set this deadline, or not for such a subject. */
  dueOf(name: DeadlineName, start: Date, subject: Subject): Due | undefined;
  ladderOf(name: DeadlineName, deadline: { startsAt: Date; dueAt: Date }): LadderMoment[];
  sendAt(earliest: Date, dueAt: Date): Date;
  assessAt(receivedAt: Date, dueAt: Date): Date;
}

export function createTimeRules(policy: Policy, calendar: WorkingCalendar): TimeRules {
  const zone = createZone(policy.zone);
  return {
    policy,
    calendar,
    zone,
    dueOf: (name, start) => dueOf(policy, name, start, calendar, zone),
    ladderOf: (name, { startsAt, dueAt }) => ladderOf(policy, name, { start: startsAt, dueAt }, calendar, zone),
    sendAt: (earliest, dueAt) => sendAt(policy, zone, earliest, dueAt),
    assessAt: (receivedAt, dueAt) => assessAt(policy, zone, receivedAt, dueAt),
  };
}
