import { changeAppeals, lockAppeals } from '../appeals/appeals.service.ts';
import { findAppeal, lastEventAt } from '../appeals/lookup.service.ts';
import { isOpen } from '../appeals/states.ts';
import { resumeDeadlines } from '../deadlines/deadlines.service.ts';
import type { RulesInForce } from '../deadlines/rule-book.service.ts';
import { announceChange } from '../departments/assignments.service.ts';
import { requestMatching } from '../matters/matching.service.ts';
import { removeRepresentatives } from '../matters/representatives.service.ts';
import { decideSuggestion } from '../matters/suggestions.service.ts';
import type { Transaction } from '../platform/database/database.ts';
import { tell, withdrawUnsent } from '../receipts/receipts.service.ts';
import { reopen } from './reopen.service.ts';
import { checkVersion, type Decision } from './triage.service.ts';

/**
 * Takes a case out of the one it was linked to (拆单): it is the desk's again under its own number, the deadlines that the
 * link ended go on as they were, so that a mistaken link hides no delay, and its citizens are told. What was linked to
 * this case stays linked to it. Messages that joined the other case meanwhile stay there.
 */
export async function unlink(
  tx: Transaction,
  rules: RulesInForce,
  decision: Decision & { reason: string },
  now: Date,
): Promise<void> {
  const before = await findAppeal(tx, decision.appealId);
  const locked = await lockAppeals(tx, [decision.appealId, ...(before?.linkedTo ? [before.linkedTo] : [])]);
  const appeal = checkVersion(locked.get(decision.appealId), decision.version);
  const target = locked.get(appeal.linkedTo ?? '');
  const { actor } = decision;
  const step = {
    appeal,
    action: 'unlink' as const,
    role: 'dispatcher' as const,
    actor,
    data: { target: target?.id, reason: decision.reason },
    set: { linkedTo: null },
  };
  const known = target && isOpen(target.status) ? [target] : [];
  const data = { unlinked: appeal.id, number: appeal.number };
  const noted = known.map((to) => ({ appeal: to, action: 'attach' as const, role: 'system' as const, actor, data }));
  await changeAppeals(tx, [step, ...noted], now);

  const own = rules.of(appeal);
  const occasion = `unlink:${appeal.version + 1}`;
  const endedAt = (await lastEventAt(tx, appeal.id, 'link')) ?? now;
  await resumeDeadlines(tx, own, { appealId: appeal.id, names: ['forward', 'resolve'], endedAt, occasion }, now);
  await removeRepresentatives(tx, appeal.id);
  if (target) await decideSuggestion(tx, [appeal.id, target.id], 'dismissed', actor, now);
  await requestMatching(tx, [{ appealId: appeal.id, occasion }], now);
  await withdrawUnsent(tx, own, appeal.id, now);
  const subject = { about: 'unlinked' as const, targetNumber: target?.number ?? '' };
  await tell(tx, rules, [{ appeal, subject, eventId: occasion }], now);
  await announceChange(tx, known, now);
}

/** Opens an answered case again at the desk's own word, with the reason. */
export async function reopenByDesk(
  tx: Transaction,
  rules: RulesInForce,
  decision: Decision & { reason: string },
  now: Date,
): Promise<void> {
  const locked = await lockAppeals(tx, [decision.appealId]);
  const appeal = checkVersion(locked.get(decision.appealId), decision.version);
  const data = { reason: decision.reason };
  await reopen(tx, rules, { appeal, role: 'dispatcher', actor: decision.actor, data }, now);
}
