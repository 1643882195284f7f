import { v7 as uuid } from 'uuid';
import { type AppealRow, lockAppeals } from '../appeals/appeals.service.ts';
import { followLinks } from '../appeals/lookup.service.ts';
import { openStatuses } from '../appeals/states.ts';
import type { RulesInForce } from '../deadlines/rule-book.service.ts';
import type { Subject } from '../deadlines/subject.ts';
import type { TimeRules } from '../deadlines/time-rules.service.ts';
import type { Transaction } from '../platform/database/database.ts';
import type { Placed } from './placed.ts';
import type { PreparedMessage } from './prepare.ts';
import { openSameMatter } from './same-matter.ts';
import { isLateByAdapter } from './times.ts';

/** What the rules of one appeal are, and what they go by. */
interface Ground {
  rules: TimeRules;
  subject: Subject;
}

/**
 * Finds the appeal each message belongs to: the one its channel knows it continues, else an open one on the same matter,
 * or a new one under the policy chosen for it.
 * A message that joins is promised what its appeal's own policy version promises.
 */
export async function place(
  tx: Transaction,
  rules: RulesInForce,
  messages: readonly PreparedMessage[],
  now: Date,
): Promise<Placed[]> {
  const sameMatter = await openSameMatter(tx, messages, (message) => rules.choose(message).policy.code);
  const continued = await followLinks(
    tx,
    messages.flatMap(({ belongsTo }) => belongsTo ?? []),
  );
  const found = messages.map((message) => {
    const target = continued.get(message.belongsTo ?? '') ?? sameMatter.find(message);
    const appealId = target ?? uuid();
    if (!target) sameMatter.add(message, appealId);
    return { message, appealId, isNew: target === undefined };
  });
  const own = new Set(found.filter(({ isNew }) => isNew).map(({ appealId }) => appealId));
  // Targets are locked only now: one that was closed since it was looked at takes no more.
  const locked = await lockAppeals(
    tx,
    found.filter(({ appealId }) => !own.has(appealId)).map(({ appealId }) => appealId),
  );
  const grounds = new Map<string, Ground>();
  return found.map(({ message, ...target }): Placed => {
    const open = openTarget(locked.get(target.appealId));
    const known = open ? { rules: rules.of(open), subject: open } : grounds.get(target.appealId);
    const isNew = known === undefined;
    const appealId = isNew && !target.isNew ? uuid() : target.appealId;
    const ground = known ?? { rules: rules.choose(message), subject: subjectOf(message) };
    if (isNew) grounds.set(appealId, ground);
    return { ...settle(message, ground, now), appealId, disposition: isNew ? 'registered' : 'attached' };
  });
}

const openTarget = (row: AppealRow | undefined): AppealRow | undefined =>
  row && openStatuses.includes(row.status) ? row : undefined;

/** Of a new appeal: how hard it is nobody has judged yet. */
function subjectOf({ source, nature, category, urgency }: PreparedMessage): Subject {
  return { source, nature, category, urgency, complexity: null };
}

function settle(
  message: PreparedMessage,
  { rules, subject }: Ground,
  now: Date,
): Omit<Placed, 'appealId' | 'disposition'> {
  const receivedAt = message.receivedAt ?? now;
  const receipt = message.noReceiptReason === null ? rules.dueOf('receipt', receivedAt, subject) : undefined;
  return {
    message,
    receivedAt,
    rules,
    subject,
    late: !message.historic && isLateByAdapter(rules, receivedAt, now),
    receipt,
    noReceiptReason: message.noReceiptReason ?? (receipt ? null : 'not-in-policy'),
  };
}
