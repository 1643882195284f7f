import { clockTarget, daysTarget } from './days-target.ts';
import type { DeadlineName } from './deadline-names.ts';
import type { DueRule } from './due-rule.schema.ts';
import type { Basis } from './office-hours.ts';
import type { DeadlineRule } from './policy.schema.ts';
import { runningTarget } from './running-target.ts';
import { fits, type Subject } from './subject.ts';
import type { Target } from './target.ts';

export interface Due {
  dueAt: Date;
  /** It depends on a year whose holidays are not known yet. */
  provisional: boolean;
}

/** A rule that sets a limit. */
export type LimitRule = Exclude<DueRule, { by: 'none' }>;

/** The rule of a deadline for a subject: the first whose `when` fits. undefined: there is no such deadline for it. */
export function limitRuleOf(deadline: DeadlineRule | undefined, subject: Subject): LimitRule | undefined {
  const rule = deadline?.due.find(({ when }) => fits(when, subject));
  return rule === undefined || rule.by === 'none' ? undefined : rule;
}

/** The limit of a rule from `start`; with an amount, so many units from `start` instead of the rule's own. */
export function targetOf(basis: Basis, rule: LimitRule, start: Date, amount?: number): Target {
  if (rule.by === 'clock') return clockTarget(basis, rule, start, amount);
  if (rule.unit === 'working-days' || rule.unit === 'calendar-days')
    return daysTarget(basis, rule, start, amount ?? rule.amount);
  return runningTarget(basis, rule, start, amount ?? rule.amount);
}

/**
 * When a deadline that starts at `start` is due. A start at 17:00:00.000 exactly is not before 17:00. undefined: the policy
 * does not set this deadline, or not for such a subject.
 */
export function dueOf(basis: Basis, name: DeadlineName, start: Date, subject: Subject): Due | undefined {
  const rule = limitRuleOf(basis.policy.deadlines[name], subject);
  if (!rule) return undefined;
  const { dueAt, provisional } = targetOf(basis, rule, start);
  return { dueAt, provisional };
}
