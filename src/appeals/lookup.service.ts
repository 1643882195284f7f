import { and, desc, eq, or, type SQL, sql } from 'drizzle-orm';
import type { RuleSubject } from '../deadlines/subject.ts';
import type { KeyRing } from '../platform/access/key-ring.ts';
import type { Executor, Transaction } from '../platform/database/database.ts';
import { arrayOf } from '../platform/database/rows.ts';
import type { AppealRow } from './appeals.service.ts';
import { appealEvents, appeals, appellants, messages } from './appeals.table.ts';
import { hiddenSenders } from './contact.ts';

export async function numbersOf(db: Executor, ids: readonly string[]): Promise<Map<string, string>> {
  return new Map([...(await policiesOf(db, ids))].map(([id, { number }]) => [id, number]));
}

/** The policy versions that appeals were registered under, with their numbers. */
export async function policiesOf(
  db: Executor,
  ids: readonly string[],
): Promise<Map<string, Pick<AppealRow, 'number' | 'policy' | 'policyVersion'>>> {
  const { id, number, policy, policyVersion } = appeals;
  const rows = await db
    .select({ id, number, policy, policyVersion })
    .from(appeals)
    .where(sql`${appeals.id} = any(${arrayOf([...new Set(ids)], 'uuid')})`);
  return new Map(rows.map((row) => [row.id, row]));
}

/** What the rules of time ask of appeals. */
export async function subjectsOf(db: Executor, ids: readonly string[]): Promise<Map<string, RuleSubject>> {
  const { id, source, nature, category, urgency, complexity } = appeals;
  const rows = await db
    .select({ id, source, nature, category, urgency, complexity })
    .from(appeals)
    .where(sql`${appeals.id} = any(${arrayOf([...new Set(ids)], 'uuid')})`);
  return new Map(rows.map(({ id, ...subject }) => [id, subject]));
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** An appeal by id or number. */
export async function findAppeal(db: Executor, idOrNumber: string): Promise<AppealRow | undefined> {
  const condition = UUID.test(idOrNumber) ? eq(appeals.id, idOrNumber) : eq(appeals.number, idOrNumber);
  const [row] = await db.select().from(appeals).where(condition);
  return row;
}

/** Appeals as they are now, unlocked. */
export async function readAppeals(db: Executor, ids: readonly string[]): Promise<AppealRow[]> {
  return db
    .select()
    .from(appeals)
    .where(sql`${appeals.id} = any(${arrayOf([...new Set(ids)], 'uuid')})`)
    .orderBy(appeals.id);
}

/** The department each appeal is with now; appeals that are with none are left out. */
export async function departmentsOf(db: Executor, ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await db
    .select({ id: appeals.id, department: appeals.department })
    .from(appeals)
    .where(sql`${appeals.id} = any(${arrayOf([...new Set(ids)], 'uuid')}) and ${appeals.department} is not null`);
  return new Map(rows.map((row) => [row.id, row.department ?? '']));
}

/** What of a type last happened to an appeal. */
export async function lastEvent(
  db: Executor,
  appealId: string,
  type: string,
): Promise<{ at: Date; data: Record<string, unknown> } | undefined> {
  const [row] = await db
    .select({ at: appealEvents.at, data: appealEvents.data })
    .from(appealEvents)
    .where(and(eq(appealEvents.appealId, appealId), eq(appealEvents.type, type)))
    .orderBy(desc(appealEvents.seq))
    .limit(1);
  return row;
}

/** How many appeals are worked on under each of these; those with none are left out. */
export async function linkedCounts(db: Executor, ids: readonly string[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const { target } of await linkedTo(db, ids)) counts.set(target, (counts.get(target) ?? 0) + 1);
  return counts;
}

/** Appeals that were linked to any of these (并单), also through another one, and which of these each goes by. */
export async function linkedTo(db: Executor, ids: readonly string[]): Promise<LinkedAppeal[]> {
  if (ids.length === 0) return [];
  const { rows } = await db.execute<{ id: string; number: string; target: string }>(sql`
    with recursive linked (id, number, target) as (
      select id, number, linked_to from appeals where linked_to = any(${arrayOf([...new Set(ids)], 'uuid')})
      union
      select a.id, a.number, l.target from appeals a join linked l on a.linked_to = l.id)
    select id, number, target from linked order by id`);
  return rows;
}

export interface LinkedAppeal {
  id: string;
  number: string;
  target: string;
}

/**
 * The appeals these messages are in now, in the order of the messages; `meant` is the linked one that a message was meant
 * for, or the same.
 */
export async function appealsOfMessages(
  db: Executor,
  messageIds: readonly string[],
): Promise<{ id: string; number: string; meant: string }[]> {
  if (messageIds.length === 0) return [];
  const rows = await db
    .select({ messageId: messages.id, id: appeals.id, number: appeals.number, through: appellants.through })
    .from(messages)
    .innerJoin(appeals, eq(appeals.id, messages.appealId))
    .innerJoin(appellants, eq(appellants.id, messages.appellantId))
    .where(sql`${messages.id} = any(${arrayOf(messageIds, 'uuid')})`);
  const byMessage = new Map(
    rows.map(({ messageId, through, ...appeal }) => [messageId, { ...appeal, meant: through ?? appeal.id }]),
  );
  return messageIds.flatMap((id) => byMessage.get(id) ?? []);
}

/**
 * Those of the appeals that somebody with one of these account indexes raised or wrote to, each with the one that was meant:
 * itself, or the linked one by which alone they are in it.
 */
export async function raisedBy(
  db: Executor,
  appealIds: readonly string[],
  accounts: readonly Buffer[],
): Promise<Map<string, string>> {
  const { appealId, accountIndex, through } = appellants;
  const rows = await db
    .selectDistinct({ appealId, through })
    .from(appellants)
    .where(
      sql`${appealId} = any(${arrayOf(appealIds, 'uuid')}) and ${accountIndex} = any(${arrayOf(accounts, 'bytea')})`,
    );
  const direct = rows.filter((row) => row.through === null);
  return new Map([...rows, ...direct].map((row) => [row.appealId, row.through ?? row.appealId]));
}

export interface RecordedMessage {
  id: string;
  keyId: string;
  source: string;
  externalId: string;
  idempotencyOwner: string | null;
  idempotencyKey: string | null;
  fingerprint: Buffer;
  receivedAt: Date;
  noReceiptReason: string | null;
  appeal: Pick<AppealRow, 'id' | 'number' | 'status'>;
}

/** Messages recorded under any of these (source, external id) pairs or under an idempotency key of the same caller. */
export async function findRecorded(
  tx: Transaction,
  wanted: readonly { source: string; externalId: string; idempotencyOwner: string; idempotencyKey: string | null }[],
): Promise<RecordedMessage[]> {
  const keyed = wanted.filter((message) => message.idempotencyKey !== null);
  const byPair = sql`(${messages.source}, ${messages.externalId}) in (select * from unnest(
    ${arrayOf(
      wanted.map((message) => message.source),
      'text',
    )}, ${arrayOf(
      wanted.map((message) => message.externalId),
      'text',
    )}))`;
  const byKey = sql`(${messages.idempotencyOwner}, ${messages.idempotencyKey}) in (select * from unnest(
    ${arrayOf(
      keyed.map((message) => message.idempotencyOwner),
      'text',
    )}, ${arrayOf(
      keyed.map((message) => message.idempotencyKey),
      'text',
    )}))`;
  return tx
    .select({
      id: messages.id,
      keyId: messages.keyId,
      source: messages.source,
      externalId: messages.externalId,
      idempotencyOwner: messages.idempotencyOwner,
      idempotencyKey: messages.idempotencyKey,
      fingerprint: messages.fingerprint,
      receivedAt: messages.receivedAt,
      noReceiptReason: messages.noReceiptReason,
      appeal: { id: appeals.id, number: appeals.number, status: appeals.status },
    })
    .from(messages)
    .innerJoin(appeals, eq(appeals.id, messages.appealId))
    .where(keyed.length > 0 ? or(byPair, byKey) : byPair);
}

/** The next numbers of the sequence behind appeal numbers; numbers of a transaction that rolls back are lost. */
export async function nextSequence(tx: Transaction, count: number): Promise<number[]> {
  if (count === 0) return [];
  const { rows } = await tx.execute<{ n: string }>(
    sql`select nextval('appeal_number_sequence') as n from generate_series(1, ${count})`,
  );
  return rows.map((row) => Number(row.n));
}

export type AppealText = Pick<
  AppealRow,
  'number' | 'source' | 'title' | 'body' | 'address' | 'nature' | 'category' | 'urgency' | 'complexity'
> & {
  externalId: string | null;
  /** Messages of the case, as `readWith` finds them. */
  messages: number;
  /** When the newest of them was recorded. */
  latestMessageAt: Date | null;
};

/**
 * What a department needs to read of its cases: nothing of the appellants, and where who raised it is protected, not the
 * number at the source either, since it may lead to them there.
 */
export async function appealTexts(
  db: Executor,
  keyRing: KeyRing,
  ids: readonly string[],
): Promise<Map<string, AppealText>> {
  const { id, number, source, externalId, title, body, address, nature, category, urgency, complexity } = appeals;
  const rows = await db
    .select({
      id,
      number,
      source,
      externalId,
      title,
      body,
      address,
      nature,
      category,
      urgency,
      complexity,
      first: messages.id,
    })
    .from(appeals)
    .leftJoin(messages, and(eq(messages.source, source), eq(messages.externalId, externalId)))
    .where(sql`${appeals.id} = any(${arrayOf([...new Set(ids)], 'uuid')})`);
  const hidden = await hiddenSenders(
    db,
    keyRing,
    rows.flatMap(({ first }) => first ?? []),
  );
  const counts = await countMessages(
    db,
    rows.map((row) => row.id),
  );
  return new Map(
    rows.map(({ id, first, externalId, ...text }) => {
      const isShown = first !== null && !hidden.has(first);
      const { messages = 0, latestMessageAt = null } = counts.get(id) ?? {};
      return [id, { ...text, externalId: isShown ? externalId : null, messages, latestMessageAt }];
    }),
  );
}

/**
 * The appeals whose words belong to each of these cases, for whoever works on it: itself, and what was linked to it,
 * also through another one. Not across a link of which only one side is a report (举报): `mayShareCase`, in SQL.
 */
export async function readWith(db: Executor, ids: readonly string[]): Promise<LinkedAppeal[]> {
  const { rows } = await db.execute<{ id: string; number: string; target: string }>(
    sql`${together(ids)} select id, number, target from together order by id`,
  );
  return rows;
}

const together = (ids: readonly string[]): SQL => sql`
  with recursive together (id, number, target, reports) as (
    select id, number, id, nature is not distinct from 'report' from appeals
    where id = any(${arrayOf([...new Set(ids)], 'uuid')})
    union
    select a.id, a.number, t.target, t.reports from appeals a join together t on a.linked_to = t.id
    where (a.nature is not distinct from 'report') = t.reports)`;

async function countMessages(
  db: Executor,
  ids: readonly string[],
): Promise<Map<string, { messages: number; latestMessageAt: Date | null }>> {
  const { rows } = await db.execute<{ target: string; messages: number; latest: string }>(sql`${together(ids)}
    select t.target, count(*)::int as messages, max(m.recorded_at) as latest
    from together t join messages m on m.appeal_id = t.id group by t.target`);
  return new Map(rows.map(({ target, messages, latest }) => [target, { messages, latestMessageAt: new Date(latest) }]));
}

/** Whether anything was ever recorded: from then on simulated time cannot go back. */
export async function hasAppeals(db: Executor): Promise<boolean> {
  const { rowCount } = await db.execute(sql`select 1 from appeals limit 1`);
  return (rowCount ?? 0) > 0;
}
