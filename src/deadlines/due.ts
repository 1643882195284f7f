import { clockTarget, daysTarget } from './days-target.ts';
import type { DeadlineName } from './deadline-names.ts';
import type { DueRule } from './due-rule.schema.ts';
import {
  changeLimit,
  type Extension,
  extensionRefusal,
  type Limit,
  type LimitChanges,
  type Refusal,
} from './limit-changes.ts';
import type { Basis } from './office-hours.ts';
import type { DeadlineRule } from './policy.schema.ts';
import { runningTarget } from './running-target.ts';
import { fits, type RuleSubject } from './subject.ts';
import type { Target } from './target.ts';

export interface Due {
  dueAt: Date;
  /** It depends on a year whose holidays are not known yet. */
  provisional: boolean;
}

/** A rule that sets a limit. */
export type LimitRule = Exclude<DueRule, { by: 'none' }>;

/** The rule of a deadline for a subject: the first whose `when` fits. undefined: there is no such deadline for it. */
export function limitRuleOf(deadline: DeadlineRule | undefined, subject: RuleSubject): LimitRule | undefined {
  const rule = deadline?.due.find(({ when }) => fits(when, subject));
  return rule === undefined || rule.by === 'none' ? undefined : rule;
}

/** How long the limit of a rule is in its own unit, and where it ends. */
function ruledFrom(basis: Basis, rule: LimitRule, start: Date): { amount: number; target: Target } {
  if (rule.by === 'clock') return clockTarget(basis, rule, start);
  const { amount } = rule;
  if (rule.unit === 'working-days' || rule.unit === 'calendar-days')
    return { amount, target: daysTarget(basis, rule, start) };
  return { amount, target: runningTarget(basis, rule, start) };
}

/**
 * When a deadline that starts at `start` is due. A start at 17:00:00.000 exactly is not before 17:00. A deadline that cannot
 * be suspended runs on through pauses. undefined: the policy does not set this deadline, or not for such a subject.
 * @throws RangeError when pauses overlap or an extension is not allowed.
 */
export function dueOf(
  basis: Basis,
  name: DeadlineName,
  start: Date,
  subject: RuleSubject,
  changes: LimitChanges = {},
): Due | undefined {
  const limit = limitOf(basis, name, start, subject);
  if (!limit) return undefined;
  const { dueAt, provisional } = changeLimit(limit, heeded(basis, name, changes)).target;
  return { dueAt, provisional };
}

/** Why an extension of a deadline is not allowed after the changes before it; undefined: it is. */
export function extensionRefusalOf(
  basis: Basis,
  name: DeadlineName,
  start: Date,
  subject: RuleSubject,
  changes: LimitChanges,
  extension: Extension,
): Refusal | undefined {
  const limit = limitOf(basis, name, start, subject);
  if (!limit) return { en: 'The policy sets no such limit for this appeal.', zh: '该诉求没有此项时限。' };
  return extensionRefusal(limit, heeded(basis, name, changes), extension);
}

function limitOf(basis: Basis, name: DeadlineName, start: Date, subject: RuleSubject): Limit | undefined {
  const rule = limitRuleOf(basis.policy.deadlines[name], subject);
  if (!rule) return undefined;
  return { start, ...ruledFrom(basis, rule, start), extension: rule.extension };
}

function heeded({ policy }: Basis, name: DeadlineName, changes: LimitChanges): LimitChanges {
  return policy.deadlines[name]?.suspendable ? changes : { ...changes, pauses: [] };
}
