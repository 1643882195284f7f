import { queryCodeOf } from '../appeals/appellants.ts';
import { findRecorded, type RecordedMessage } from '../appeals/lookup.service.ts';
import { duesOf } from '../deadlines/deadlines.service.ts';
import type { Due } from '../deadlines/time-rules.service.ts';
import type { Zone } from '../deadlines/zone.ts';
import type { KeyRing } from '../platform/access/key-ring.ts';
import type { Transaction } from '../platform/database/database.ts';
import { ProblemError } from '../platform/problem.ts';
import type { MessageAnswer, NoReceiptReason } from './message.schema.ts';
import type { PreparedMessage } from './prepare.ts';

interface Recognised {
  /** Seen for the first time. */
  fresh: PreparedMessage[];
  /** Recorded before: the stored answer, or the refusal because the content differs. */
  known: Map<PreparedMessage, { answer: MessageAnswer } | { refusal: ProblemError }>;
  /** The same message again within the batch, to be answered like the first. */
  twins: Map<PreparedMessage, PreparedMessage>;
}

/**
 * Sorts out what was recorded before. A message is known by (source, external id); an idempotency key, where the caller
 * sends one, by (caller, key). Same content: the stored answer. Other content: 409, or 422 under the key.
 */
export async function recognise(
  tx: Transaction,
  zone: Zone,
  keyRing: KeyRing,
  batch: readonly PreparedMessage[],
): Promise<Recognised> {
  const result: Recognised = { fresh: [], known: new Map(), twins: new Map() };
  if (batch.length === 0) return result;
  const recorded = await findRecorded(
    tx,
    batch.map(({ source, externalId, actor, idempotencyKey }) => ({
      source,
      externalId,
      idempotencyOwner: actor,
      idempotencyKey,
    })),
  );
  const byPair = new Map(recorded.map((row) => [pairOf(row), row]));
  const byKey = new Map<string, RecordedMessage>(
    recorded.flatMap((row) =>
      row.idempotencyKey === null ? [] : [[`key:${row.idempotencyOwner}\0${row.idempotencyKey}`, row] as const],
    ),
  );
  const firstOf = new Map<string, PreparedMessage>();
  const replayed: [PreparedMessage, RecordedMessage][] = [];
  for (const message of batch) {
    const sameKey = message.idempotencyKey === null ? undefined : byKey.get(keyOf(message));
    const before = byPair.get(pairOf(message)) ?? sameKey;
    const twin =
      firstOf.get(pairOf(message)) ?? (message.idempotencyKey === null ? undefined : firstOf.get(keyOf(message)));
    if (sameKey && !sameContent(message, sameKey.fingerprint)) result.known.set(message, { refusal: keyReused() });
    else if (before && !sameContent(message, before.fingerprint))
      result.known.set(message, { refusal: otherContent() });
    else if (before) replayed.push([message, before]);
    else if (twin && !sameContent(message, twin.fingerprint))
      result.known.set(message, { refusal: pairOf(twin) === pairOf(message) ? otherContent() : keyReused() });
    else if (twin) result.twins.set(message, twin);
    else {
      firstOf.set(pairOf(message), message);
      if (message.idempotencyKey !== null) firstOf.set(keyOf(message), message);
      result.fresh.push(message);
    }
  }
  for (const [message, answer] of await storedAnswers(tx, zone, keyRing, replayed))
    result.known.set(message, { answer });
  return result;
}

const pairOf = (message: { source: string; externalId: string }): string =>
  `id:${message.source}\0${message.externalId}`;
const keyOf = (message: PreparedMessage): string => `key:${message.actor}\0${message.idempotencyKey}`;
const sameContent = (message: PreparedMessage, fingerprint: Buffer): boolean =>
  message.fingerprints.some((own) => own.equals(fingerprint));

function otherContent(): ProblemError {
  const [detail, detailZh] = ['was used before with other content', '已用于内容不同的来件'];
  return new ProblemError(
    'conflict',
    { en: `/externalId ${detail}`, zh: `/externalId ${detailZh}` },
    { errors: [{ pointer: '/externalId', detail, detailZh }] },
  );
}

function keyReused(): ProblemError {
  const [detail, detailZh] = ['was used before with another body', '已用于其他内容'];
  return new ProblemError(
    'idempotency-key-reused',
    { en: `Idempotency-Key ${detail}`, zh: `Idempotency-Key ${detailZh}` },
    { errors: [{ pointer: '/headers/idempotency-key', detail, detailZh }] },
  );
}

async function storedAnswers(
  tx: Transaction,
  zone: Zone,
  keyRing: KeyRing,
  replayed: readonly [PreparedMessage, RecordedMessage][],
): Promise<[PreparedMessage, MessageAnswer][]> {
  if (replayed.length === 0) return [];
  const forward = await duesOf(
    tx,
    'forward',
    'appeal',
    replayed.map(([, row]) => row.appeal.id),
  );
  const receipt = await duesOf(
    tx,
    'receipt',
    'message',
    replayed.map(([, row]) => row.id),
  );
  const format = (due: Due | undefined): string | null => (due ? zone.formatInstant(due.dueAt) : null);
  return replayed.map(([message, row]) => [
    message,
    {
      messageId: row.id,
      appealId: row.appeal.id,
      appealNumber: row.appeal.number,
      queryCode: queryCodeOf(keyRing, row.keyId, row.id),
      disposition: 'replayed',
      status: row.appeal.status,
      receivedAt: zone.formatInstant(row.receivedAt),
      forwardDueAt: format(forward.get(row.appeal.id)),
      receiptDueAt: format(receipt.get(row.id)),
      noReceiptReason: row.noReceiptReason as NoReceiptReason | null,
    },
  ]);
}
