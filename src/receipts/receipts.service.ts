import { and, eq, inArray, type SQL, sql } from 'drizzle-orm';
import { v7 as uuid } from 'uuid';
import { numbersReached } from '../appeals/appellants.ts';
import { linkedTo } from '../appeals/lookup.service.ts';
import type { Ruled, RulesInForce } from '../deadlines/rule-book.service.ts';
import type { RuleSubject, TimeRules } from '../deadlines/time-rules.service.ts';
import { addToAgenda, reschedule } from '../platform/agenda/agenda.ts';
import type { Executor, Transaction } from '../platform/database/database.ts';
import { arrayOf, insertRows } from '../platform/database/rows.ts';
import { receipts } from './receipts.table.ts';
import { receiptText, type Subject } from './texts.ts';

export const RECEIPT = 'receipt';

/** Of a receipt `r`: an attempt has begun, and only the gateway knows whether it left. */
const isUnderWay = sql`r.status in ('sending', 'unknown')`;

/** A receipt promised to the sender of one message. */
export interface PromisedReceipt {
  /** Of the appeal's own policy version. */
  rules: TimeRules;
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
const DAY_MS = 86_400_000;

/** When an undecided receipt has to say "being assessed": at the last reminder, or shortly when that has passed. */
function assessment(rules: TimeRules, receivedAt: Date, dueAt: Date, now: Date): Date {
  const at = rules.assessAt(receivedAt, dueAt);
  if (at > now) return at;
  const latest = dueAt > now ? Math.max(now.getTime(), dueAt.getTime() - MARGIN_MS) : Number.POSITIVE_INFINITY;
  return new Date(Math.min(now.getTime() + GRACE_MS, latest));
}

/** When a receipt is worked on: what can be said goes at once outside quiet hours, otherwise at its assessment. */
export function sendingAt(rules: TimeRules, decided: boolean, receivedAt: Date, dueAt: Date, now: Date): Date {
  return decided ? rules.sendAt(now, dueAt) : assessment(rules, receivedAt, dueAt, now);
}

const keyOf = (messageId: string): string => `${RECEIPT}:${messageId}`;

/** Writes the promise and its work: told at once what is known, otherwise at the last reminder what is true then. */
export async function promiseReceipts(tx: Executor, promised: readonly PromisedReceipt[], now: Date): Promise<void> {
  const rows = promised.map(({ rules, known, messageId, appealId, appellantId, dueAt, receivedAt }) => ({
    runAt: sendingAt(rules, known !== undefined, receivedAt, dueAt, now),
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
        ? { subject: known.subject.about, text: receiptText(rules, known.number, known.subject), frozenAt: now }
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
  appeal: { id: string; number: string } & Ruled & RuleSubject;
  subject: Subject;
  /** Id of the event: who was told something else before gets one notice for it. */
  eventId: string;
}

/**
 * Tells an event to everyone who raised the appeal, or one that was linked to it, each under their own number: receipts
 * not yet decided, or refused for now with words that hold no longer, get their text now; whoever was told something else
 * before gets one notice, however often they wrote. Call with the appeals locked.
 */
export async function tell(tx: Transaction, rules: RulesInForce, events: readonly Tidings[], now: Date): Promise<void> {
  if (events.length === 0) return;
  const linked = await linkedTo(
    tx,
    events.map((event) => event.appeal.id),
  );
  const tidings = [
    ...events,
    ...linked.flatMap(({ id, number, target }) =>
      events
        .filter((event) => event.appeal.id === target)
        .map((event) => ({ ...event, appeal: { ...event.appeal, id, number } })),
    ),
  ];
  const texts = tidings.map(({ appeal, subject }) => receiptText(rules.of(appeal), appeal.number, subject));
  const { rows } = await tx.execute<{
    appeal_id: string;
    business_key: string;
    due_at: string;
    under_way: boolean;
  }>(sql`
    update receipts r set
      text = case when ${isUnderWay} then r.text else x.text end,
      subject = case when ${isUnderWay} then r.subject else x.about end,
      frozen_at = case when ${isUnderWay} then null else ${now.toISOString()}::timestamptz end
    from unnest(${arrayOf(
      tidings.map((item) => item.appeal.id),
      'uuid',
    )}, ${arrayOf(texts, 'text')}, ${arrayOf(
      tidings.map((item) => item.subject.about),
      'text',
    )}) x(appeal_id, text, about)
    where r.appeal_id = x.appeal_id and r.kind = 'receipt' and (r.text is null
      or (r.subject = 'assessing' and (r.status = 'temporary-failure' or ${isUnderWay}))
      or (r.frozen_at is null and r.status = 'temporary-failure'))
    returning r.appeal_id, r.business_key, r.due_at, ${isUnderWay} as under_way`);
  const decided = rows.filter((row) => !row.under_way);
  const byAppeal = new Map(tidings.map((item, at) => [item.appeal.id, { ...item, text: texts[at] ?? '' }]));
  await reschedule(
    tx,
    decided.flatMap((row) => {
      const item = byAppeal.get(row.appeal_id);
      return item
        ? [{ businessKey: row.business_key, runAt: rules.of(item.appeal).sendAt(now, new Date(row.due_at)) }]
        : [];
    }),
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
          tidings.map((item) => item.appeal.id),
          'uuid',
        )})`,
        eq(receipts.kind, 'receipt'),
      ),
    );
  await notify(tx, rules, await carriersOf(tx, told, fresh), byAppeal, now);
}

interface Told {
  appealId: string;
  messageId: string;
  appellantId: string;
  businessKey: string;
}

/**
 * The messages that carry a notice: one for each number and the appeal it was meant for, in that appeal before one it was
 * linked to, the newest of them. A number that has a receipt of the same event coming needs none.
 */
async function carriersOf(tx: Transaction, told: readonly Told[], fresh: ReadonlySet<string>): Promise<Told[]> {
  // Most events decide the first receipts, and nobody was told anything before.
  if (told.every(({ businessKey }) => fresh.has(businessKey))) return [];
  const reached = await numbersReached(
    tx,
    told.map(({ appellantId }) => appellantId),
  );
  const informed = new Set<string>();
  const carriers = new Map<string, { row: Told; isOwn: boolean }>();
  for (const row of told) {
    const { number, through } = reached.get(row.appellantId) ?? { number: row.appellantId, through: null };
    const key = `${through ?? row.appealId} ${number}`;
    if (fresh.has(row.businessKey)) informed.add(key);
    const isOwn = through === null;
    const known = carriers.get(key);
    const isNewer = !known || row.messageId > known.row.messageId;
    if (!known || (isOwn === known.isOwn ? isNewer : isOwn)) carriers.set(key, { row, isOwn });
  }
  return [...carriers].flatMap(([key, { row }]) => (informed.has(key) ? [] : [row]));
}

async function notify(
  tx: Transaction,
  rules: RulesInForce,
  told: readonly Told[],
  byAppeal: Map<string, Tidings & { text: string }>,
  now: Date,
): Promise<void> {
  const rows = told.flatMap(({ appealId, messageId, appellantId }) => {
    const item = byAppeal.get(appealId);
    if (!item) return [];
    const businessKey = `notice:${messageId}:${item.eventId}`;
    const { dueAt, runAt } = noticeTimes(rules.of(item.appeal), item.appeal, now);
    return [
      {
        runAt,
        row: {
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
      },
    ];
  });
  await insertRows(
    tx,
    receipts,
    rows.map(({ row }) => row),
    sql`on conflict (business_key) do nothing`,
  );
  await addToAgenda(
    tx,
    rows.map(({ row: { id, businessKey, dueAt }, runAt }) => ({
      kind: RECEIPT,
      subjectId: id,
      businessKey,
      runAt,
      dueAt,
    })),
  );
}

/** A notice has the time a receipt would have; where the policy sets none it goes as soon as citizens may be told. */
function noticeTimes(rules: TimeRules, subject: RuleSubject, now: Date): { dueAt: Date; runAt: Date } {
  const due = rules.dueOf('receipt', now, subject);
  const runAt = rules.sendAt(now, due?.dueAt ?? new Date(now.getTime() + DAY_MS));
  return { dueAt: due?.dueAt ?? runAt, runAt };
}

/** Receipts and notices of messages that were brought to another appeal go with them. Before their deadlines do. */
export async function moveReceipts(tx: Transaction, messageIds: readonly string[], appealId: string): Promise<void> {
  await tx
    .update(receipts)
    .set({ appealId })
    .where(inArray(receipts.messageId, [...messageIds]));
}

/** Words that say a department has the case. */
const naming: readonly Subject['about'][] = ['forwarded', 'joined', 'progress'];

/** A case left its department: what was not sent yet must no longer say that it was forwarded there. */
export async function withdrawForwarded(tx: Transaction, rules: TimeRules, appealId: string, now: Date): Promise<void> {
  await withdrawUnsent(tx, rules, appealId, sql`r.subject = any(${arrayOf(naming, 'text')})`, now);
}

/** A case was taken out of the one it was linked to at `since`: what it was told there and was not sent yet is void. */
export async function withdrawLinked(
  tx: Transaction,
  rules: TimeRules,
  appealId: string,
  since: Date,
  now: Date,
): Promise<void> {
  await withdrawUnsent(tx, rules, appealId, sql`r.frozen_at >= ${since.toISOString()}`, now);
}

/**
 * Takes back words that hold no longer, of an appeal and of those that go by it: notices are cancelled, receipts wait to
 * be decided again. What is under way may have left already: it is decided again only when the gateway says that it has not.
 */
async function withdrawUnsent(
  tx: Transaction,
  rules: TimeRules,
  appealId: string,
  isVoid: SQL,
  now: Date,
): Promise<void> {
  const followers = (await linkedTo(tx, [appealId])).map(({ id }) => id);
  const { rows } = await tx.execute<{ business_key: string; due_at: string; status: string; kind: string }>(sql`
    update receipts r set
      status = case when ${isUnderWay} then r.status when r.kind = 'notice' then 'cancelled' else 'created' end,
      text = case when ${isUnderWay} or r.kind = 'notice' then r.text end,
      subject = case when ${isUnderWay} or r.kind = 'notice' then r.subject end,
      frozen_at = case when not ${isUnderWay} and r.kind = 'notice' then r.frozen_at end
    where r.appeal_id = any(${arrayOf([appealId, ...followers], 'uuid')}) and ${isVoid}
      and (r.status in ('created', 'temporary-failure') or ${isUnderWay})
    returning r.business_key, r.due_at, r.status, r.kind`);
  await reschedule(
    tx,
    rows.flatMap(({ business_key, due_at, status, kind }) => {
      const runAt = assessment(rules, now, new Date(due_at), now);
      return kind === 'receipt' && status === 'created' ? [{ businessKey: business_key, runAt }] : [];
    }),
  );
}
