import { v7 as uuid } from 'uuid';
import {
  type AppealRow,
  insertAppeals,
  insertAppellants,
  insertMessages,
  lockAppeals,
} from '../appeals/appeals.service.ts';
import { nextSequence } from '../appeals/lookup.service.ts';
import { appealNumber } from '../appeals/number.ts';
import { openStatuses } from '../appeals/states.ts';
import { subjectOf } from '../appeals/subject.ts';
import { dueAtOf, startDeadlines } from '../deadlines/deadlines.service.ts';
import type { TimeRules } from '../deadlines/time-rules.service.ts';
import type { KeyRing } from '../platform/access/key-ring.ts';
import type { Clock } from '../platform/clock/clock.ts';
import type { Database, Transaction } from '../platform/database/database.ts';
import { withTransaction } from '../platform/database/transaction.ts';
import type { ProblemError } from '../platform/problem.ts';
import { promiseReceipts } from '../receipts/receipts.service.ts';
import { requestRouting } from '../routing/routing.service.ts';
import { attachMessages } from './attach.ts';
import type { MessageAnswer } from './message.schema.ts';
import type { Placed } from './placed.ts';
import type { PreparedMessage } from './prepare.ts';
import { recognise } from './replay.ts';
import { forwardDeadline, receiptDeadlines, toAnswer, toAppeal, toMessage, toReceipt } from './rows.ts';
import { openSameMatter } from './same-matter.ts';
import { checkReceivedAt, isLateByAdapter } from './times.ts';

export interface IntakeDeps {
  db: Database;
  rules: TimeRules;
  keyRing: KeyRing;
  clock: Clock;
}

export type Outcome = { answer: MessageAnswer } | { refusal: ProblemError };

/**
 * Turns a batch of messages into appeals in one transaction: replays recognised, persons locked, same matter found, rows
 * written set-wise together with everything that must happen later. Nothing is answered before COMMIT.
 */
export async function registerBatch(deps: IntakeDeps, batch: readonly PreparedMessage[]): Promise<Outcome[]> {
  const { db, rules, keyRing, clock } = deps;
  const now = await clock.now();
  return withTransaction(db, async (tx) => {
    const outcomes = new Map<PreparedMessage, Outcome>();
    const timely = batch.filter((message) => {
      const refusal = checkReceivedAt(message.receivedAt, now);
      if (refusal) outcomes.set(message, { refusal });
      return !refusal;
    });
    const { fresh, known, twins } = await recognise(tx, rules, keyRing, timely);
    for (const [message, outcome] of known) outcomes.set(message, outcome);
    const placed = await place(tx, rules, fresh, now);
    const answers = await write(deps, tx, placed, now);
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

async function place(
  tx: Transaction,
  rules: TimeRules,
  messages: readonly PreparedMessage[],
  now: Date,
): Promise<Placed[]> {
  const sameMatter = await openSameMatter(tx, messages, rules.policy.code);
  const placed = messages.map((message): Placed => {
    const receivedAt = message.receivedAt ?? now;
    const found = sameMatter.find(message);
    const appealId = found ?? uuid();
    if (!found) sameMatter.add(message, appealId);
    return {
      message,
      receivedAt,
      appealId,
      late: !message.historic && isLateByAdapter(rules, receivedAt, now),
      disposition: found ? 'attached' : 'registered',
      receipt: message.noReceiptReason === null ? rules.dueOf('receipt', receivedAt, subjectOf(message)) : undefined,
    };
  });
  return reconsider(tx, placed);
}

/** Targets are locked only now: one that was closed since it was looked at takes no more, its message opens an appeal. */
async function reconsider(tx: Transaction, placed: readonly Placed[]): Promise<Placed[]> {
  const own = new Set(placed.filter((entry) => entry.disposition === 'registered').map((entry) => entry.appealId));
  const targets = placed.filter((entry) => !own.has(entry.appealId)).map((entry) => entry.appealId);
  const locked = await lockAppeals(tx, targets);
  const isOpen = (row: AppealRow | undefined): boolean => row !== undefined && openStatuses.includes(row.status);
  return placed.map((entry) =>
    own.has(entry.appealId) || isOpen(locked.get(entry.appealId))
      ? entry
      : { ...entry, appealId: uuid(), disposition: 'registered' as const },
  );
}

async function write(
  deps: IntakeDeps,
  tx: Transaction,
  placed: readonly Placed[],
  now: Date,
): Promise<Map<PreparedMessage, MessageAnswer>> {
  const { rules, keyRing } = deps;
  const registered = placed.filter((entry) => entry.disposition === 'registered');
  const sequence = await nextSequence(tx, registered.length);
  const today = rules.zone.dateString(rules.zone.epochDay(now));
  const rows = registered.map((entry, at) => toAppeal(rules, entry, appealNumber(today, sequence[at] ?? 0), now));
  const actors = new Map(registered.map((entry) => [entry.appealId, entry.message.actor]));
  await insertAppeals(tx, rows, (row) => actors.get(row.id) ?? '');
  await insertAppellants(
    tx,
    placed.map(({ message, appealId }) => ({ id: message.appellantId, appealId, ...message.appellant })),
  );
  await insertMessages(
    tx,
    placed.map((entry) => toMessage(keyRing, entry, now)),
  );

  const forwards = registered.filter(({ message }) => !message.historic && message.answered === null);
  const forwardDue = new Map(
    forwards.map((entry) => [entry.appealId, rules.dueOf('forward', entry.receivedAt, subjectOf(entry.message))]),
  );
  await startDeadlines(tx, rules, [
    ...forwards.flatMap((entry) => forwardDeadline(entry, forwardDue.get(entry.appealId))),
    ...receiptDeadlines(placed),
  ]);
  await requestRouting(
    tx,
    forwards.map(({ appealId }) => ({ appealId, runAt: now, dueAt: forwardDue.get(appealId)?.dueAt ?? now })),
  );

  const byId = new Map(rows.map((row) => [row.id, { number: row.number, status: row.status }]));
  const attached = placed.filter((entry) => entry.disposition === 'attached');
  const joined = await attachMessages(tx, attached, byId, now);
  for (const [appealId, { number, status }] of joined) byId.set(appealId, { number, status });
  await promiseReceipts(
    tx,
    rules,
    placed.flatMap((entry) =>
      toReceipt(entry, byId.get(entry.appealId)?.number ?? '', joined.get(entry.appealId)?.known),
    ),
    now,
  );

  const older = await dueAtOf(tx, 'forward', 'appeal', [...joined.keys()]);
  return new Map(
    placed.map((entry) => [
      entry.message,
      toAnswer(
        deps,
        entry,
        byId.get(entry.appealId),
        forwardDue.get(entry.appealId)?.dueAt ?? older.get(entry.appealId),
      ),
    ]),
  );
}
