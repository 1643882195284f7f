import type { WorkingCalendar } from './calendar/calendar.ts';
import type { DeadlineName } from './deadline-names.ts';
import { type Due, dueOf, extensionRefusalOf } from './due.ts';
import { type LadderMoment, ladderOf } from './ladder.ts';
import type { Extension, LimitChanges, Refusal } from './limit-changes.ts';
import type { Basis } from './office-hours.ts';
import type { Policy } from './policy.schema.ts';
import { assessAt, sendAt } from './quiet-hours.ts';
import type { RuleSubject } from './subject.ts';
import { createZone } from './zone.ts';

export type { DeadlineName } from './deadline-names.ts';
export type { Due } from './due.ts';
export type { LadderMoment } from './ladder.ts';
export type { Extension, LimitChanges, Pause, Refusal } from './limit-changes.ts';
export type { RuleSubject } from './subject.ts';

/** A policy version on a calendar version, as functions: all that the rooms above need to know about time. */
export interface TimeRules extends Basis {
  /** undefined: the policy does not set this deadline, or not for such a subject. */
  dueOf(name: DeadlineName, start: Date, subject: RuleSubject, changes?: LimitChanges): Due | undefined;
  /** Why one more extension is not allowed; undefined: it is, and `dueOf` takes it among the changes. */
  extensionRefusal(
    name: DeadlineName,
    start: Date,
    subject: RuleSubject,
    changes: LimitChanges,
    extension: Extension,
  ): Refusal | undefined;
  /** Empty when the policy has none. */
  ladderOf(name: DeadlineName, deadline: { startsAt: Date; dueAt: Date }): LadderMoment[];
  sendAt(earliest: Date, dueAt: Date): Date;
  assessAt(receivedAt: Date, dueAt: Date): Date;
}

export function createTimeRules(policy: Policy, calendar: WorkingCalendar): TimeRules {
  const zone = createZone(policy.zone);
  const basis: Basis = { policy, calendar, zone };
  return {
    ...basis,
    dueOf: (name, start, subject, changes) => dueOf(basis, name, start, subject, changes),
    extensionRefusal: (name, start, subject, changes, extension) =>
      extensionRefusalOf(basis, name, start, subject, changes, extension),
    ladderOf: (name, deadline) => ladderOf(basis, name, deadline),
    sendAt: (earliest, dueAt) => sendAt(policy, zone, earliest, dueAt),
    assessAt: (receivedAt, dueAt) => assessAt(policy, zone, receivedAt, dueAt),
  };
}
