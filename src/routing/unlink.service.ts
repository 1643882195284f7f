import { type AppealRow, changeAppeals, lockAppeals, noteAppeals } from '../appeals/appeals.service.ts';
import { lockWays } from '../appeals/links.service.ts';
import { lastEvent, linkedTo } from '../appeals/lookup.service.ts';
import { bringBack, type Moved } from '../appeals/moves.service.ts';
import { isOpen } from '../appeals/states.ts';
import { moveAttachments } from '../attachments/attachments.service.ts';
import { moveCallMessages } from '../calls/call-messages.service.ts';
import { moveDeadlinesOfMessages, startDeadlines } from '../deadlines/deadlines.service.ts';
import { resumeDeadlines } from '../deadlines/resume.service.ts';
import type { RulesInForce } from '../deadlines/rule-book.service.ts';
import type { DeadlineName, TimeRules } from '../deadlines/time-rules.service.ts';
import { announceChange, renewAssignments } from '../departments/assignments.service.ts';
import { moveDeadlines } from '../departments/move-deadlines.service.ts';
import { requestMatching } from '../matters/matching.service.ts';
import { removeRepresentatives } from '../matters/representatives.service.ts';
import { decideSuggestion } from '../matters/suggestions.service.ts';
import type { Transaction } from '../platform/database/database.ts';
import { moveReceipts, tell, withdrawLinked } from '../receipts/receipts.service.ts';
import { reopen } from './reopen.service.ts';
import { checkVersion, type Decision } from './triage.service.ts';

/**
 * Takes a case out of the one it was linked to (拆单): it is the desk's again under its own number, the deadlines that the
 * link ended go on as they were, so that a mistaken link hides no delay, and its citizens are told. What was linked to
 * this case stays linked to it. Messages that joined the other case only because of the link come back with it.
 */
export async function unlink(
  tx: Transaction,
  rules: RulesInForce,
  decision: Decision & { reason: string },
  now: Date,
): Promise<void> {
  // What joined another case through this one lies somewhere on this one's way, where nothing more can come once it is locked.
  const { locked } = await lockWays(tx, [decision.appealId]);
  const appeal = checkVersion(locked.get(decision.appealId), decision.version);
  const target = locked.get(appeal.linkedTo ?? '');
  const { actor } = decision;
  const followers = (await linkedTo(tx, [appeal.id])).map(({ id }) => id);
  const back = await takeBack(tx, appeal.id, followers);
  const step = {
    appeal,
    action: 'unlink' as const,
    role: 'dispatcher' as const,
    actor,
    data: { target: target?.id, reason: decision.reason, ...messagesOf(back) },
    set: { linkedTo: null },
  };
  const left = [...locked.values()].filter(
    ({ id }) => id !== appeal.id && (id === target?.id || back.some(({ from }) => from === id)),
  );
  const dataOf = ({ id }: AppealRow) => ({
    unlinked: appeal.id,
    number: appeal.number,
    ...messagesOf(back.filter(({ from }) => from === id)),
  });
  const known = left.filter(({ status }) => isOpen(status));
  const noted = known.map((to) => {
    return { appeal: to, action: 'attach' as const, role: 'system' as const, actor, data: dataOf(to) };
  });
  await changeAppeals(tx, [step, ...noted], now);
  // What waits for its sign-off, or has ended, keeps its state and its department's peace; only its history tells, and what
  // an assignment shows of the messages.
  const ended = left.filter(({ status }) => !isOpen(status));
  await noteAppeals(
    tx,
    ended.map((to) => ({ appealId: to.id, type: 'attach', actor, data: dataOf(to) })),
    now,
  );

  await renewAssignments(tx, ended);
  const own = rules.of(appeal);
  const occasion = `unlink:${appeal.version + 1}`;
  await resume(tx, own, appeal, now);
  await removeRepresentatives(tx, appeal.id);
  if (target) await decideSuggestion(tx, [appeal.id, target.id], 'dismissed', actor, now);
  await requestMatching(tx, [{ appealId: appeal.id, occasion }], now);
  const link = await lastEvent(tx, appeal.id, 'link');
  await withdrawLinked(tx, own, appeal.id, link?.at ?? now, now);
  const subject = { about: 'unlinked' as const, targetNumber: target?.number ?? '' };
  await tell(tx, rules, [{ appeal, subject, eventId: occasion }], now);
  await announceChange(tx, known, now);
}

/**
 * What the link ended goes on as it was. A case that the link took from a department had been forwarded: forwarding it
 * again is a new obligation, as after a return.
 */
async function resume(tx: Transaction, own: TimeRules, appeal: AppealRow, now: Date): Promise<void> {
  const { id: appealId } = appeal;
  const link = await lastEvent(tx, appealId, 'link');
  const forwarded = link?.data.assignmentId !== undefined;
  const names: DeadlineName[] = forwarded ? ['resolve'] : ['forward', 'resolve'];
  await resumeDeadlines(tx, own, { appealId, names, endedAt: link?.at ?? now }, moveDeadlines, now);
  const due = forwarded ? own.dueOf('forward', now, appeal) : undefined;
  const again = { rules: own, appealId, name: 'forward' as const, startsAt: now, lateByAdapter: false };
  await startDeadlines(tx, due ? [{ ...again, ...due }] : []);
}

/** Each room brings its own rows along. Receipts before deadlines, in the order in which they are sent. */
async function takeBack(tx: Transaction, appealId: string, followers: readonly string[]): Promise<Moved[]> {
  const back = await bringBack(tx, appealId, followers);
  const ids = back.map(({ messageId }) => messageId);
  if (ids.length === 0) return back;
  await moveAttachments(tx, ids, appealId);
  await moveCallMessages(tx, ids, appealId);
  await moveReceipts(tx, ids, appealId);
  await moveDeadlinesOfMessages(tx, ids, appealId);
  return back;
}

const messagesOf = (moved: readonly Moved[]): { messages?: string[] } =>
  moved.length === 0 ? {} : { messages: moved.map(({ messageId }) => messageId) };

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
