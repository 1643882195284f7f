import { insertAppeals, insertAppellants, insertMessages } from '../appeals/appeals.service.ts';
import { nextSequence } from '../appeals/lookup.service.ts';
import { appealNumber } from '../appeals/number.ts';
import { insertAttachments } from '../attachments/attachments.service.ts';
import { noteCalls } from '../calls/call-messages.service.ts';
import { duesOf, startDeadlines } from '../deadlines/deadlines.service.ts';
import type { RuleBook, RulesInForce } from '../deadlines/rule-book.service.ts';
import type { Zone } from '../deadlines/zone.ts';
import { announceChange } from '../departments/assignments.service.ts';
import type { KeyRing } from '../platform/access/key-ring.ts';
import { addToAgenda } from '../platform/agenda/agenda.ts';
import type { Clock } from '../platform/clock/clock.ts';
import type { Transaction } from '../platform/database/database.ts';
import type { ProblemError } from '../platform/problem.ts';
import { promiseReceipts } from '../receipts/receipts.service.ts';
import { requestRouting } from '../routing/routing.service.ts';
import { attachMessages } from './attach.ts';
import { continueConversations, routeAt } from './conversation.ts';
import type { MessageAnswer } from './message.schema.ts';
import { place } from './place.ts';
import type { Placed } from './placed.ts';
import type { PreparedMessage } from './prepare.ts';
import { recognise } from './replay.ts';
import { forwardDeadlines, receiptDeadlines, toAnswer, toAppeal, toMessage, toReceipt } from './rows.ts';
import { checkReceivedAt } from './times.ts';

export interface IntakeDeps {
  book: RuleBook;
  keyRing: KeyRing;
  clock: Clock;
}

export type Outcome = { answer: MessageAnswer } | { refusal: ProblemError };

/**
 * Turns a batch of messages into appeals in one transaction: replays recognised, persons locked, same matter found, rows
 * written set-wise together with everything that must happen later. Nothing is answered before COMMIT.
 */
export async function registerBatch(deps: IntakeDeps, batch: readonly PreparedMessage[]): Promise<Outcome[]> {
  const { book, keyRing, clock } = deps;
  const now = await clock.now();
  return book.transact(async (tx, rules) => {
    const outcomes = new Map<PreparedMessage, Outcome>();
    const timely = batch.filter((message) => {
      const refusal = checkReceivedAt(message.receivedAt, now);
      if (refusal) outcomes.set(message, { refusal });
      return !refusal;
    });
    const { fresh, known, twins } = await recognise(tx, book.zone, keyRing, timely);
    for (const [message, outcome] of known) outcomes.set(message, outcome);
    const placed = await place(tx, rules, fresh, now);
    const answers = await write({ zone: book.zone, keyRing }, tx, rules, placed, now);
    for (const [message, answer] of answers) outcomes.set(message, { answer });
    for (const [twin, first] of twins) outcomes.set(twin, replayOf(outcomes.get(first)));
    return batch.map((message) => outcomes.get(message) as Outcome);
  });
}

/** The same message twice in one batch: the second is answered like a replay of the first. */
function replayOf(first: Outcome | undefined): Outcome {
  if (!first || 'refusal' in first) return first as Outcome;
  return { answer: { ...first.answer, disposition: 'replayed' } };
}

async function write(
  deps: { zone: Zone; keyRing: KeyRing },
  tx: Transaction,
  allRules: RulesInForce,
  placed: readonly Placed[],
  now: Date,
): Promise<Map<PreparedMessage, MessageAnswer>> {
  const { zone, keyRing } = deps;
  const registered = placed.filter((entry) => entry.disposition === 'registered');
  const sequence = await nextSequence(tx, registered.length);
  const today = zone.dateString(zone.epochDay(now));
  const rows = registered.map((entry, at) => toAppeal(entry, appealNumber(today, sequence[at] ?? 0), now));
  const registering = new Map(registered.map(({ appealId, message }) => [appealId, message]));
  await insertAppeals(tx, rows, ({ id }) => registering.get(id) ?? { actor: '' });
  await insertAppellants(
    tx,
    placed.map(({ message, appealId, through }) => ({
      id: message.appellantId,
      appealId,
      through,
      ...message.appellant,
    })),
  );
  await insertMessages(
    tx,
    placed.map((entry) => toMessage(keyRing, entry, now)),
  );

  const forwards = registered.filter(({ message }) => !message.historic && message.answered === null);
  const forwarding = forwardDeadlines(forwards);
  const forwardDue = new Map(forwarding.map(({ appealId, dueAt }) => [appealId, dueAt]));
  await startDeadlines(tx, [...forwarding, ...receiptDeadlines(placed)]);
  await requestRouting(
    tx,
    forwards.map(({ appealId, message }) => ({
      appealId,
      runAt: routeAt(message.conversation, now, forwardDue.get(appealId)),
      dueAt: forwardDue.get(appealId) ?? now,
    })),
  );
  await insertAttachments(
    tx,
    keyRing,
    placed.flatMap(({ appealId, message: { messageId, attachments } }) =>
      attachments.map((attachment) => ({ appealId, messageId, attachment })),
    ),
    now,
  );

  await noteCalls(
    tx,
    keyRing,
    placed.flatMap(({ appealId, receivedAt, message: { messageId, source, call, lineSource } }) =>
      call === undefined ? [] : [{ messageId, appealId, source, receivedAt, call, lineSource }],
    ),
    now,
  );

  await addToAgenda(
    tx,
    placed.flatMap(({ message: { messageId, followedBy } }) =>
      followedBy === undefined
        ? []
        : [{ ...followedBy, subjectId: messageId, businessKey: `${followedBy.kind}:${messageId}`, runAt: now }],
    ),
  );

  const byId = new Map(rows.map((row) => [row.id, { number: row.number, status: row.status }]));
  const attached = placed.filter((entry) => entry.disposition === 'attached');
  const { joined, changed } = await attachMessages(tx, allRules, attached, byId, now);
  for (const [appealId, { number, status }] of joined) byId.set(appealId, { number, status });
  await promiseReceipts(
    tx,
    placed.flatMap((entry) => toReceipt(entry, byId.get(entry.appealId)?.number ?? '', joined.get(entry.appealId))),
    now,
  );

  for (const [appealId, { dueAt }] of await duesOf(tx, 'forward', 'appeal', [...joined.keys()]))
    forwardDue.set(appealId, dueAt);
  await continueConversations(tx, attached, forwardDue, now);
  await announceChange(tx, changed, now);
  return new Map(
    placed.map((entry) => [
      entry.message,
      toAnswer(deps, entry, byId.get(entry.appealId), forwardDue.get(entry.appealId)),
    ]),
  );
}
