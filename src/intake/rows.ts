import type { AppealRow, NewAppeal, NewMessage } from '../appeals/appeals.service.ts';
import { queryCodeOf } from '../appeals/appellants.ts';
import type { NewDeadline } from '../deadlines/deadlines.service.ts';
import type { Zone } from '../deadlines/zone.ts';
import type { KeyRing } from '../platform/access/key-ring.ts';
import type { PromisedReceipt } from '../receipts/receipts.service.ts';
import type { Joined } from './attach.ts';
import type { MessageAnswer } from './message.schema.ts';
import type { Placed } from './placed.ts';

type Known = NonNullable<PromisedReceipt['known']>;

export function toAppeal(
  { message, appealId, receivedAt, late, rules, subject, repeats }: Placed,
  number: string,
  now: Date,
): NewAppeal {
  const { title, body, address, region, answered, historic } = message;
  return {
    id: appealId,
    number,
    status: historic ? 'archived' : answered === null ? 'registered' : 'answered',
    ...subject,
    urgencyConfirmed: false,
    externalId: message.externalId,
    channel: message.channel.name,
    title,
    body,
    address,
    region,
    lateByAdapter: late,
    historic,
    publish: message.publish,
    policy: rules.policy.code,
    policyVersion: rules.policy.version,
    calendarVersion: rules.calendar.version,
    receivedAt,
    recordedAt: now,
    updatedAt: now,
    outcome: answered,
    repeatOf: repeats?.id ?? null,
    version: 1,
  };
}

export function toMessage(
  keyRing: KeyRing,
  { message, appealId, receivedAt, disposition, noReceiptReason }: Placed,
  now: Date,
): NewMessage {
  return {
    id: message.messageId,
    appealId,
    appellantId: message.appellantId,
    source: message.source,
    externalId: message.externalId,
    channel: message.channel.name,
    disposition,
    receivedAt,
    recordedAt: now,
    noReceiptReason,
    keyId: keyRing.activeId,
    fingerprint: message.fingerprint,
    idempotencyOwner: message.idempotencyKey === null ? null : message.actor,
    idempotencyKey: message.idempotencyKey,
    sealed: message.sealedMessage,
  };
}

export function forwardDeadlines(placed: readonly Placed[]): NewDeadline[] {
  return placed.flatMap(({ appealId, receivedAt, late, rules, subject }) => {
    const due = rules.dueOf('forward', receivedAt, subject);
    return due
      ? [{ rules, appealId, name: 'forward' as const, startsAt: receivedAt, ...due, lateByAdapter: late }]
      : [];
  });
}

export function receiptDeadlines(placed: readonly Placed[]): NewDeadline[] {
  return placed.flatMap(({ message, appealId, receivedAt, late, rules, receipt }) =>
    receipt
      ? [
          {
            rules,
            appealId,
            messageId: message.messageId,
            name: 'receipt' as const,
            startsAt: receivedAt,
            ...receipt,
            lateByAdapter: late,
          },
        ]
      : [],
  );
}

/** What can be told at once: the answer, the earlier end of the matter, or who has the case. */
function knownOf(
  { message, repeats, nothingNew }: Placed,
  number: string,
  joined: Joined | undefined,
): Known | undefined {
  if (message.answered !== null) return { number, subject: { about: 'answered', text: message.answered } };
  if (repeats && repeats.told !== null)
    return { number, subject: { about: 'repeated', targetNumber: repeats.number, told: repeats.told } };
  const subject = (nothingNew ? joined?.progress : undefined) ?? joined?.known;
  return subject && { number, subject };
}

export function toReceipt(entry: Placed, number: string, joined: Joined | undefined): PromisedReceipt[] {
  const { message, appealId, receivedAt, rules, receipt } = entry;
  if (!receipt) return [];
  const known = knownOf(entry, number, joined);
  return [
    {
      rules,
      messageId: message.messageId,
      appealId,
      appellantId: message.appellantId,
      receivedAt,
      dueAt: receipt.dueAt,
      ...(known ? { known } : {}),
    },
  ];
}

export function toAnswer(
  { zone, keyRing }: { zone: Zone; keyRing: KeyRing },
  entry: Placed,
  appeal: Pick<AppealRow, 'number' | 'status'> | undefined,
  forwardDueAt: Date | undefined,
): MessageAnswer {
  const { message, appealId, receivedAt, disposition, receipt, noReceiptReason } = entry;
  const format = zone.formatInstant;
  return {
    messageId: message.messageId,
    appealId,
    appealNumber: appeal?.number ?? '',
    queryCode: queryCodeOf(keyRing, keyRing.activeId, message.messageId),
    disposition,
    status: appeal?.status ?? 'registered',
    receivedAt: format(receivedAt),
    forwardDueAt: forwardDueAt ? format(forwardDueAt) : null,
    receiptDueAt: receipt ? format(receipt.dueAt) : null,
    noReceiptReason,
  };
}
