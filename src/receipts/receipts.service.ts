import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import { v7 as uuid } from 'uuid';
import { linkedTo } from '../appeals/lookup.service.ts';
import type { TimeRules } from '../deadlines/time-rules.service.ts';
import { addToAgenda, reschedule } from '../platform/agenda/agenda.ts';
import type { Executor, Transaction } from '../platform/database/database.ts';
import { arrayOf, insertRows } from '../platform/database/rows.ts';
import { receipts } from './receipts.table.ts';
import { receiptText, type Subject } from './texts.ts';

export const RECEIPT = 'receipt';

/** A receipt promised to the sender of one message. */
export interface PromisedReceipt {
  messageId: string;
  appealId: string;
  appellantId: string;
  receivedAt: Date;
  dueAt: Date;
  /** What can be said already; undefined while the case waits to be forwarded. */
  known?: { number: string; subject: Subject };
}

/** A case that comes in after its last reminder still gets these business milliseconds to be forwarded first. */
const GRACE_MS = 5 * 60_000;
const MARGIN_MS = 60_000;

/** When an undecided receipt has to say "being assessed": at the last reminder, or shortly when that has passed. */
function assessment(rules: TimeRules, receivedAt: Date, dueAt: Date, now: Date): Date {
  const at = rules.assessAt(receivedAt, dueAt);
  if (at > now) return at;
  const latest = dueAt > now ? Math.max(now.getTime(), dueAt.getTime() - MARGIN_MS) : Number.POSITIVE_INFINITY;
  return new Date(Math.min(now.getTime() + GRACE_MS, latest));
}

const keyOf = (messageId: string): string => `${RECEIPT}:${messageId}`;

/** Writes the promise and its work: told at once what is known, otherwise at the last reminder what is true then. */
export async function promiseReceipts(
  tx: Executor,
  rules: TimeRules,
  promised: readonly PromisedReceipt[],
  now: Date,
): Promise<void> {
  const rows = promised.map(({ known, messageId, appealId, appellantId, dueAt, receivedAt }) => ({
    runAt: known ? rules.sendAt(now, dueAt) : assessment(rules, receivedAt, dueAt, now),
    row: {
      id: uuid(),
      businessKey: keyOf(messageId),
      kind: 'receipt' as const,
      appealId,
      messageId,
      appellantId,
      status: 'created' as const,
      dueAt,
      ...(known
        ? { subject: known.subject.about, text: receiptText(known.number, known.subject, dayIn(rules)), frozenAt: now }
        : {}),
    },
  }));
  await insertRows(
    tx,
    receipts,
    rows.map(({ row }) => row),
  );
  await addToAgenda(
    tx,
    rows.map(({ row, runAt }) => ({
      kind: RECEIPT,
      subjectId: row.id,
      businessKey: row.businessKey,
      runAt,
      dueAt: row.dueAt,
    })),
  );
}

/** An event that the citizens of an appeal are told about. */
export interface Tidings {
  appealId: string;
  number: string;
  subject: Subject;
  /** Id of the event: who was told something else before gets one notice for it. */
  eventId: string;
}

/**
 * Tells an event to everyone who raised the appeal, or one that was linked to it, each under their own number: receipts
 * not yet decided get their text now; those that said something else before are followed by a notice. Call with the
 * appeals locked.
 */
export async function tell(tx: Transaction, rules: TimeRules, events: readonly Tidings[], now: Date): Promise<void> {
  if (events.length === 0) return;
  const linked = await linkedTo(
    tx,
    events.map((event) => event.appealId),
  );
  const tidings = [
    ...events,
    ...linked.flatMap(({ id, number, target }) =>
      events.filter((event) => event.appealId === target).map((event) => ({ ...event, appealId: id, number })),
    ),
  ];
  const texts = tidings.map((item) => receiptText(item.number, item.subject, dayIn(rules)));
  const { rows: decided } = await tx.execute<{ business_key: string; due_at: string }>(sql`
    update receipts r set text = x.text, subject = x.about, frozen_at = ${now.toISOString()}
    from unnest(${arrayOf(
      tidings.map((item) => item.appealId),
      'uuid',
    )}, ${arrayOf(texts, 'text')}, ${arrayOf(
      tidings.map((item) => item.subject.about),
      'text',
    )}) x(appeal_id, text, about)
    where r.appeal_id = x.appeal_id and r.kind = 'receipt' and r.text is null returning r.business_key, r.due_at`);
  await reschedule(
    tx,
    decided.map((row) => ({ businessKey: row.business_key, runAt: rules.sendAt(now, new Date(row.due_at)) })),
  );
  const fresh = new Set(decided.map((row) => row.business_key));
  const told = await tx
    .select({
      appealId: receipts.appealId,
      messageId: receipts.messageId,
      appellantId: receipts.appellantId,
      businessKey: receipts.businessKey,
    })
    .from(receipts)
    .where(
      and(
        sql`${receipts.appealId} = any(${arrayOf(
          tidings.map((item) => item.appealId),
          'uuid',
        )})`,
        eq(receipts.kind, 'receipt'),
      ),
    );
  await notify(
    tx,
    rules,
    told.filter((row) => !fresh.has(row.businessKey)),
    new Map(tidings.map((item, at) => [item.appealId, { ...item, text: texts[at] ?? '' }])),
    now,
  );
}

async function notify(
  tx: Transaction,
  rules: TimeRules,
  told: readonly { appealId: string; messageId: string; appellantId: string }[],
  byAppeal: Map<string, Tidings & { text: string }>,
  now: Date,
): Promise<void> {
  const { dueAt } = rules.dueOf('receipt', now);
  const rows = told.flatMap(({ appealId, messageId, appellantId }) => {
    const item = byAppeal.get(appealId);
    if (!item) return [];
    const businessKey = `notice:${messageId}:${item.eventId}`;
    return [
      {
        id: uuid(),
        businessKey,
        kind: 'notice' as const,
        appealId,
        messageId,
        appellantId,
        status: 'created' as const,
        dueAt,
        subject: item.subject.about,
        text: item.text,
        frozenAt: now,
      },
    ];
  });
  await insertRows(tx, receipts, rows, sql`on conflict (business_key) do nothing`);
  const runAt = rules.sendAt(now, dueAt);
  await addToAgenda(
    tx,
    rows.map((row) => ({ kind: RECEIPT, subjectId: row.id, businessKey: row.businessKey, runAt, dueAt })),
  );
}

/** A case left its department: what was not sent yet must no longer say that it was forwarded there. */
export async function withdrawUnsent(tx: Transaction, rules: TimeRules, appealId: string, now: Date): Promise<void> {
  const followers = (await linkedTo(tx, [appealId])).map(({ id }) => id);
  // A send that was refused for now has surely not left either.
  const unsent = inArray(receipts.status, ['created', 'temporary-failure']);
  await tx
    .update(receipts)
    .set({ status: 'cancelled' })
    .where(and(inArray(receipts.appealId, [appealId, ...followers]), unsent, eq(receipts.kind, 'notice')));
  const thawed = await tx
    .update(receipts)
    .set({ status: 'created', text: null, subject: null, frozenAt: null })
    .where(and(eq(receipts.appealId, appealId), unsent, eq(receipts.kind, 'receipt')))
    .returning({ businessKey: receipts.businessKey, dueAt: receipts.dueAt });
  await reschedule(
    tx,
    thawed.map((row) => ({ businessKey: row.businessKey, runAt: assessment(rules, now, row.dueAt, now) })),
  );
}

/** Receipts still undecided at their last reminder say so truthfully: received, being assessed. */
export async function decideAssessing(
  tx: Transaction,
  rules: TimeRules,
  undecided: readonly { id: string; number: string }[],
  now: Date,
): Promise<void> {
  for (const { id, number } of undecided) {
    await tx
      .update(receipts)
      .set({ text: receiptText(number, { about: 'assessing' }, dayIn(rules)), subject: 'assessing', frozenAt: now })
      .where(and(eq(receipts.id, id), isNull(receipts.text)));
  }
}

const dayIn =
  (rules: TimeRules) =>
  (date: Date): string =>
    rules.zone.formatInstant(date).slice(0, 16).replace('T', ' ');
