import { eq, or, sql } from 'drizzle-orm';
import type { Executor, Transaction } from '../platform/database/database.ts';
import { arrayOf, insertRows } from '../platform/database/rows.ts';
import { ProblemError } from '../platform/problem.ts';
import { appealEvents, appeals, appellants, messages } from './appeals.table.ts';
import { type AppealAction, type AppealRole, type AppealStatus, allowedActions, findTransition, openStatuses } from './states.ts';

export type AppealRow = typeof appeals.$inferSelect;
export type NewAppeal = typeof appeals.$inferInsert;
export type NewAppellant = typeof appellants.$inferInsert;
export type NewMessage = typeof messages.$inferInsert;

/** One step of an appeal's life. `data` goes into the event and holds no personal data. */
export interface AppealChange {
  appeal: Pick<AppealRow, 'id' | 'status'>;
  action: AppealAction;
  role: AppealRole;
  actor: string;
  data: Record<string, unknown>;
  /** Columns the step sets besides the status; undefined leaves a column as it is. */
  set?: { department?: string | null; assignmentId?: string | null; linkedTo?: string; outcome?: string };
}

/** Locks appeals in id order, so that any two who lock several cannot wait for each other in a circle. */
export async function lockAppeals(tx: Transaction, ids: readonly string[]): Promise<Map<string, AppealRow>> {
  if (ids.length === 0) return new Map();
  const rows = await tx
    .select()
    .from(appeals)
    .where(sql`${appeals.id} = any(${arrayOf([...new Set(ids)], 'uuid')})`)
    .orderBy(appeals.id)
    .for('update');
  return new Map(rows.map((row) => [row.id, row]));
}

/** The status after an action. @throws ProblemError 409 naming the actions that are allowed instead. */
export function nextStatus(from: AppealStatus, action: AppealAction, role: AppealRole): AppealStatus {
  const transition = findTransition(from, action);
  if (transition?.roles.includes(role)) return transition.to;
  const allowed = allowedActions(from, role);
  throw new ProblemError(
    'forbidden-transition',
    { en: `"${action}" is not allowed while the appeal is ${from}.`, zh: `诉求处于“${from}”状态时不能执行“${action}”。` },
    { extra: { allowed } },
  );
}

/**
 * Takes steps on locked appeals: new status, version + 1 and one event each, numbered like the version, so that the
 * events are the versions' history. @throws ProblemError 409 when the table of states forbids a step.
 */
export async function changeAppeals(tx: Transaction, changes: readonly AppealChange[], now: Date): Promise<void> {
  if (changes.length === 0) return;
  const to = changes.map((change) => nextStatus(change.appeal.status, change.action, change.role));
  const set = (key: 'department' | 'assignmentId' | 'linkedTo' | 'outcome') => changes.map((change) => change.set?.[key] ?? null);
  const touched = changes.map((change) => change.set?.assignmentId !== undefined);
  const { rows } = await tx.execute<{ id: string; version: number }>(sql`
    update appeals a set status = x.status, version = a.version + 1, updated_at = ${now.toISOString()},
      department = case when x.reassigned then x.department else a.department end,
      assignment_id = case when x.reassigned then x.assignment_id else a.assignment_id end,
      linked_to = coalesce(x.linked_to, a.linked_to), outcome = coalesce(x.outcome, a.outcome)
    from unnest(${arrayOf(changes.map((change) => change.appeal.id), 'uuid')}, ${arrayOf(to, 'text')}, ${arrayOf(touched, 'boolean')},
      ${arrayOf(set('department'), 'text')}, ${arrayOf(set('assignmentId'), 'uuid')}, ${arrayOf(set('linkedTo'), 'uuid')}, ${arrayOf(set('outcome'), 'text')})
      x(id, status, reassigned, department, assignment_id, linked_to, outcome)
    where a.id = x.id returning a.id, a.version`);
  const versions = new Map(rows.map((row) => [row.id, row.version]));
  await insertRows(
    tx,
    appealEvents,
    changes.map((change) => ({
      appealId: change.appeal.id,
      seq: versions.get(change.appeal.id) ?? 0,
      type: change.action,
      actor: change.actor,
      at: now,
      data: change.data,
    })),
  );
}

/** Set-wise registration, for the intake's one transaction. The first event of an appeal is number 1. */
export async function insertAppeals(tx: Executor, rows: readonly NewAppeal[], actorOf: (row: NewAppeal) => string): Promise<void> {
  await insertRows(tx, appeals, rows);
  await insertRows(
    tx,
    appealEvents,
    rows.map((row) => ({
      appealId: row.id,
      seq: 1,
      type: 'register',
      actor: actorOf(row),
      at: row.recordedAt,
      data: { status: row.status, source: row.source, ...(row.lateByAdapter ? { lateByAdapter: true } : {}), ...(row.historic ? { historic: true } : {}) },
    })),
  );
}

export async function insertAppellants(tx: Executor, rows: readonly NewAppellant[]): Promise<void> {
  await insertRows(tx, appellants, rows);
}

export async function insertMessages(tx: Executor, rows: readonly NewMessage[]): Promise<void> {
  await insertRows(tx, messages, rows);
}

export async function numbersOf(db: Executor, ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await db
    .select({ id: appeals.id, number: appeals.number })
    .from(appeals)
    .where(sql`${appeals.id} = any(${arrayOf([...new Set(ids)], 'uuid')})`);
  return new Map(rows.map((row) => [row.id, row.number]));
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** An appeal by id or number. */
export async function findAppeal(db: Executor, idOrNumber: string): Promise<AppealRow | undefined> {
  const condition = UUID.test(idOrNumber) ? eq(appeals.id, idOrNumber) : eq(appeals.number, idOrNumber);
  const [row] = await db.select().from(appeals).where(condition);
  return row;
}

/** The department each appeal is with now; appeals that are with none are left out. */
export async function departmentsOf(db: Executor, ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await db
    .select({ id: appeals.id, department: appeals.department })
    .from(appeals)
    .where(sql`${appeals.id} = any(${arrayOf([...new Set(ids)], 'uuid')}) and ${appeals.department} is not null`);
  return new Map(rows.map((row) => [row.id, row.department ?? '']));
}

/** Newest open appeals looked through for one batch: a bound, not a rule. */
const MOST_CANDIDATES = 2_000;

export interface OpenAppeal {
  id: string;
  policy: string;
  nature: string | null;
  title: string;
  body: string;
  /** Blind indexes of the verified persons who raised it. */
  persons: Buffer[];
}

/** Open appeals raised by any of these verified persons (blind indexes of numbers and accounts). */
export async function openAppealsOf(tx: Transaction, persons: readonly Buffer[]): Promise<OpenAppeal[]> {
  const indexes = arrayOf(persons, 'bytea');
  const { rows } = await tx.execute<Omit<OpenAppeal, 'persons'> & { person: Buffer }>(sql`
    select a.id, a.policy, a.nature, a.title, a.body, p.person from (
      select appeal_id, phone_index as person from appellants where phone_index = any(${indexes}) and phone_verified
      union all
      select appeal_id, account_index from appellants where account_index = any(${indexes}) and account_verified) p
    join appeals a on a.id = p.appeal_id
    where a.status = any(${arrayOf(openStatuses, 'text')}) order by a.id desc limit ${MOST_CANDIDATES}`);
  const byId = new Map<string, OpenAppeal>();
  for (const { person, ...row } of rows) {
    const known = byId.get(row.id);
    if (known) known.persons.push(person);
    else byId.set(row.id, { ...row, persons: [person] });
  }
  return [...byId.values()];
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
    ${arrayOf(wanted.map((message) => message.source), 'text')}, ${arrayOf(wanted.map((message) => message.externalId), 'text')}))`;
  const byKey = sql`(${messages.idempotencyOwner}, ${messages.idempotencyKey}) in (select * from unnest(
    ${arrayOf(keyed.map((message) => message.idempotencyOwner), 'text')}, ${arrayOf(keyed.map((message) => message.idempotencyKey), 'text')}))`;
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
  const { rows } = await tx.execute<{ n: string }>(sql`select nextval('appeal_number_sequence') as n from generate_series(1, ${count})`);
  return rows.map((row) => Number(row.n));
}

export type AppealText = Pick<AppealRow, 'number' | 'title' | 'body' | 'address' | 'nature' | 'urgency'>;

/** What a department needs to read of its cases: nothing of the appellants. */
export async function appealTexts(db: Executor, ids: readonly string[]): Promise<Map<string, AppealText>> {
  const { id, number, title, body, address, nature, urgency } = appeals;
  const rows = await db
    .select({ id, number, title, body, address, nature, urgency })
    .from(appeals)
    .where(sql`${appeals.id} = any(${arrayOf([...new Set(ids)], 'uuid')})`);
  return new Map(rows.map(({ id, ...text }) => [id, text]));
}

/** Whether anything was ever recorded: from then on simulated time cannot go back. */
export async function hasAppeals(db: Executor): Promise<boolean> {
  const { rowCount } = await db.execute(sql`select 1 from appeals limit 1`);
  return (rowCount ?? 0) > 0;
}
