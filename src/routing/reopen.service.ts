import { type AppealChange, type AppealRow, changeAppeals } from '../appeals/appeals.service.ts';
import { startDeadlines } from '../deadlines/deadlines.service.ts';
import type { RulesInForce } from '../deadlines/rule-book.service.ts';
import { requestMatching } from '../matters/matching.service.ts';
import type { Transaction } from '../platform/database/database.ts';
import { tell } from '../receipts/receipts.service.ts';

export type Reopening = Pick<AppealChange, 'role' | 'actor' | 'data'> & { appeal: AppealRow };

/**
 * Opens an answered case again (重新办理): it is the desk's, forwarding it is a new obligation from now on, and everybody
 * who was told the answer is told so. Call with the appeal locked.
 */
export async function reopen(
  tx: Transaction,
  rules: RulesInForce,
  { appeal, role, actor, data }: Reopening,
  now: Date,
): Promise<void> {
  await changeAppeals(tx, [{ appeal, action: 'reopen', role, actor, data }], now);
  const own = rules.of(appeal);
  const due = own.dueOf('forward', now, appeal);
  const start = { rules: own, appealId: appeal.id, name: 'forward' as const, startsAt: now, lateByAdapter: false };
  await startDeadlines(tx, due ? [{ ...start, ...due }] : []);
  const eventId = `reopen:${appeal.version + 1}`;
  await tell(tx, rules, [{ appeal, subject: { about: 'reopened' }, eventId }], now);
  await requestMatching(tx, [{ appealId: appeal.id, occasion: eventId }], now);
}
