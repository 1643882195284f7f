import { isWithin, MINUTE_MS, minutesOf } from './civil-date.ts';
import { lastDayOf } from './ladder.ts';
import type { Policy } from './policy.schema.ts';
import type { Zone } from './zone.ts';

/** What must be out by dueAt is begun this long before. */
const MARGIN_MS = MINUTE_MS;

/**
 * When a message to a citizen that could go at `earliest` may go: at once outside quiet hours, otherwise when they end, but
 * no later than a minute before dueAt. What is overdue, or due within that minute, goes at once even at night: quiet hours
 * never hold a message past its dueAt, and it would be past it even more in the morning. Never before `earliest`.
 */
export function sendAt(policy: Policy, zone: Zone, earliest: Date, dueAt: Date): Date {
  const opening = endOfQuiet(policy, zone, earliest);
  const latest = dueAt.getTime() - MARGIN_MS;
  if (latest <= earliest.getTime()) return earliest;
  return opening.getTime() <= latest ? opening : new Date(latest);
}

function endOfQuiet({ quietHours }: Policy, zone: Zone, instant: Date): Date {
  const [from, to] = [minutesOf(quietHours.from), minutesOf(quietHours.to)];
  const minute = zone.minuteOfDay(instant);
  if (!isWithin(minute, from, to)) return instant;
  const endsTomorrow = from > to && minute >= from;
  return zone.instantOf(zone.epochDay(instant) + (endsTomorrow ? 1 : 0), to);
}

/**
 * When a receipt that is still undecided says "received, being assessed": at the policy's clock time on the day it is due,
 * a minute before dueAt at the latest, and never before the message was received.
 */
export function assessAt(policy: Policy, zone: Zone, receivedAt: Date, dueAt: Date): Date {
  const planned = zone.instantOf(lastDayOf(dueAt, zone), minutesOf(policy.deadlines.receipt.assessAt)).getTime();
  return new Date(Math.max(receivedAt.getTime(), Math.min(planned, dueAt.getTime() - MARGIN_MS)));
}
