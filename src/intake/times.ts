import type { TimeRules } from '../deadlines/time-rules.service.ts';
import { fieldProblem, type ProblemError } from '../platform/problem.ts';

/** Clocks of adapters differ by a little; more than this is a mistake. Business milliseconds. */
const FUTURE_MS = 5 * 60_000;
const EARLIEST = Date.UTC(2000, 0, 1);
const DAY_MS = 86_400_000;

export function checkReceivedAt(receivedAt: Date | undefined, now: Date): ProblemError | undefined {
  if (!receivedAt) return undefined;
  if (receivedAt.getTime() > now.getTime() + FUTURE_MS)
    return fieldProblem('/receivedAt', 'is more than 5 minutes in the future', '晚于当前时间 5 分钟以上');
  if (Number.isNaN(receivedAt.getTime()) || receivedAt.getTime() < EARLIEST)
    return fieldProblem('/receivedAt', 'is before the year 2000', '早于 2000 年');
  return undefined;
}

/** Delivered after the policy's look-back: accepted, but its lateness is the adapter's, not the city's. */
export function isLateByAdapter(rules: TimeRules, receivedAt: Date, now: Date): boolean {
  return now.getTime() - receivedAt.getTime() > rules.policy.lookBackDays * DAY_MS;
}
