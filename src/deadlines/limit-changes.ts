import type { ExtensionRule } from './due-rule.schema.ts';
import type { Target } from './target.ts';

/** Time in which the appeal was suspended (挂起), from its beginning to its end. One still open has no due time yet. */
export interface Pause {
  from: Date;
  to: Date;
}

/** More time (延期), in the unit of the limit itself. */
export interface Extension {
  /** When it was asked for: before the limit expired. */
  askedAt: Date;
  amount: number;
}

export interface LimitChanges {
  pauses?: readonly Pause[];
  extensions?: readonly Extension[];
}

/** Why an extension cannot be. */
export interface Refusal {
  en: string;
  zh: string;
}

/** A limit as its rule sets it: how long it is in its unit, where it ends, and how it may be extended. */
export interface Limit {
  start: Date;
  amount: number;
  target: Target;
  extension: ExtensionRule | undefined;
}

/**
 * The limit after its pauses and extensions, each taken in the order of its time. What was suspended before the start or
 * from dueAt on moves nothing.
 * @throws RangeError when pauses overlap or an extension is not allowed.
 */
export function changeLimit(limit: Limit, { pauses = [], extensions = [] }: LimitChanges): Limit {
  checkPauses(pauses);
  const changes = [
    ...pauses.map((pause) => ({ at: pause.from, pause })),
    ...extensions.map((extension) => ({ at: extension.askedAt, extension })),
  ].sort((a, b) => a.at.getTime() - b.at.getTime());
  let { target, amount } = limit;
  let granted = 0;
  for (const change of changes) {
    if ('pause' in change) {
      target = paused(target, limit.start, change.pause);
    } else {
      const refusal = refusalOf({ ...limit, target, amount }, granted, change.extension);
      if (refusal) throw new RangeError(refusal.en);
      target = target.extend(change.extension.amount);
      amount += change.extension.amount;
      granted++;
    }
  }
  return { ...limit, target, amount };
}

/** Why one more extension is not allowed; undefined: it is. @throws RangeError when the changes before it are not. */
export function extensionRefusal(limit: Limit, changes: LimitChanges, extension: Extension): Refusal | undefined {
  const pauses = (changes.pauses ?? []).filter((pause) => pause.from <= extension.askedAt);
  return refusalOf(changeLimit(limit, { ...changes, pauses }), changes.extensions?.length ?? 0, extension);
}

/** The cap is a number of units like the limit, so that a suspension does not use it up. */
function refusalOf(
  { start, amount, target, extension: rule }: Limit,
  granted: number,
  asked: Extension,
): Refusal | undefined {
  if (!rule) return { en: 'The policy knows no extension of this limit.', zh: '该时限不得延期。' };
  if (granted >= rule.times)
    return {
      en: `It has been extended ${granted} times already, which is all the policy allows.`,
      zh: `已延期${granted}次，达到规定次数。`,
    };
  if (!Number.isSafeInteger(asked.amount) || asked.amount < 1 || asked.amount > rule.amount)
    return {
      en: `It can be extended by 1 to ${rule.amount} units of the limit, not by ${asked.amount}.`,
      zh: `每次延期须为1至${rule.amount}，不能为${asked.amount}。`,
    };
  if (asked.askedAt < start) return { en: 'It was asked for before the limit began.', zh: '时限尚未开始。' };
  if (asked.askedAt >= target.dueAt)
    return { en: 'An extension has to be asked for before the limit expires.', zh: '延期须在时限届满前提出。' };
  if (amount + asked.amount > rule.cap)
    return {
      en: `It would reach beyond ${rule.cap} units from the start, the whole limit that the policy allows.`,
      zh: `延期后将超过自起算之日起${rule.cap}的最长时限。`,
    };
  return undefined;
}

function paused(target: Target, start: Date, { from, to }: Pause): Target {
  const begun = from < start ? start : from;
  return begun < to && begun < target.dueAt ? target.pause(begun, to) : target;
}

function checkPauses(pauses: readonly Pause[]): void {
  const inOrder = [...pauses].sort((a, b) => a.from.getTime() - b.from.getTime() || a.to.getTime() - b.to.getTime());
  for (const [at, { from, to }] of inOrder.entries()) {
    if (to < from) throw new RangeError(`A pause ends at ${to.toISOString()}, before it begins.`);
    const before = inOrder[at - 1];
    if (before && from < before.to)
      throw new RangeError(`Two pauses overlap at ${from.toISOString()}: nothing can be suspended twice at once.`);
  }
}
