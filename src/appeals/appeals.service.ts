import { eq, sql } from 'drizzle-orm';
import type { Executor, Transaction } from '../platform/database/database.ts';
import { arrayOf, insertRows } from '../platform/database/rows.ts';
import { ProblemError } from '../platform/problem.ts';
import { appealEvents, appeals, appellants, messages } from './appeals.table.ts';
import type { Complexity, Nature, Urgency } from './nature.ts';
import { type AppealAction, type AppealRole, type AppealStatus, allowedActions, findTransition } from './states.ts';

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
  set?: { department?: string | null; assignmentId?: string | null; linkedTo?: string | null; outcome?: string };
}

/** Locks appeals in id order, so that any two who lock several cannot wait for each other in a circle. */
export async function lockAppeals(tx: Transaction, ids: readonly string[]): Promise<Map<string, AppealRow>> {
  if (ids.length === 0) return new Map();
  const rows = await tx
    .select()
    .from(appeals)
    .where(sql`${appeals.id} = any(${arrayOf([...new Set(ids)], 'uuid')})`)
    .orderBy(appeals.id)
    .for('no key update');
  return new Map(rows.map((row) => [row.id, row]));
}

/** The status after an action. @throws ProblemError 409 naming the actions that are allowed instead. */
export function nextStatus(from: AppealStatus, action: AppealAction, role: AppealRole): AppealStatus {
  const transition = findTransition(from, action);
  if (transition?.roles.includes(role)) return transition.to;
  const allowed = allowedActions(from, role);
  throw new ProblemError(
    'forbidden-transition',
    {
      en: `"${action}" is not allowed while the appeal is ${from}.`,
      zh: `诉求处于“${from}”状态时不能执行“${action}”。`,
    },
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
  const set = (key: 'department' | 'assignmentId' | 'linkedTo' | 'outcome') =>
    changes.map((change) => change.set?.[key] ?? null);
  const touched = changes.map((change) => change.set?.assignmentId !== undefined);
  const unlinked = changes.map((change) => change.set?.linkedTo === null);
  const { rows } = await tx.execute<{ id: string; version: number }>(sql`
    update appeals a set status = x.status, version = a.version + 1, updated_at = ${now.toISOString()},
      department = case when x.reassigned then x.department else a.department end,
      assignment_id = case when x.reassigned then x.assignment_id else a.assignment_id end,
      linked_to = case when x.unlinked then null else coalesce(x.linked_to, a.linked_to) end, outcome = coalesce(x.outcome, a.outcome)
    from unnest(${arrayOf(
      changes.map((change) => change.appeal.id),
      'uuid',
    )}, ${arrayOf(to, 'text')}, ${arrayOf(touched, 'boolean')}, ${arrayOf(unlinked, 'boolean')},
      ${arrayOf(set('department'), 'text')}, ${arrayOf(set('assignmentId'), 'uuid')}, ${arrayOf(set('linkedTo'), 'uuid')}, ${arrayOf(set('outcome'), 'text')})
      x(id, status, reassigned, unlinked, department, assignment_id, linked_to, outcome)
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

/** Something that belongs into an appeal's history and is no step of its life. `data` holds no personal data. */
export interface AppealNote {
  appealId: string;
  type: AppealAction | 'reveal';
  actor: string;
  data: Record<string, unknown>;
}

/**
 * Writes notes into the history of appeals: a new version each, since the events are the versions' history, and nothing
 * else; the time of the last change stays. One note an appeal; call with the appeals locked.
 */
export async function noteAppeals(tx: Transaction, notes: readonly AppealNote[], now: Date): Promise<void> {
  if (notes.length === 0) return;
  const ids = notes.map(({ appealId }) => appealId);
  const { rows } = await tx.execute<{ id: string; version: number }>(
    sql`update appeals set version = version + 1 where id = any(${arrayOf(ids, 'uuid')}) returning id, version`,
  );
  const versions = new Map(rows.map(({ id, version }) => [id, version]));
  await insertRows(
    tx,
    appealEvents,
    notes.map((note) => ({ ...note, seq: versions.get(note.appealId) ?? 0, at: now })),
  );
}

/** What the desk judges an appeal to be; what is not named stays as it is. */
export interface Judgement {
  nature?: Nature;
  category?: string;
  urgency?: Urgency;
  complexity?: Complexity;
}

/** Writes a judgement; naming the urgency confirms it. The step that tells it is `changeAppeals`'s. */
export async function judgeAppeal(tx: Transaction, appealId: string, judged: Judgement): Promise<void> {
  const set = { ...judged, ...(judged.urgency === undefined ? {} : { urgencyConfirmed: true }) };
  await tx.update(appeals).set(set).where(eq(appeals.id, appealId));
}

/** New words of appeals that are still being told; masked already. Call with the appeals locked. */
export async function rewriteAppeals(
  tx: Transaction,
  rows: readonly { id: string; title: string; body: string; address: string | null }[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.execute(sql`update appeals a set title = x.title, body = x.body, address = coalesce(a.address, x.address)
    from unnest(${arrayOf(
      rows.map((row) => row.id),
      'uuid',
    )}, ${arrayOf(
      rows.map((row) => row.title),
      'text',
    )}, ${arrayOf(
      rows.map((row) => row.body),
      'text',
    )}, ${arrayOf(
      rows.map((row) => row.address),
      'text',
    )}) x(id, title, body, address) where a.id = x.id`);
}

/** Set-wise registration, for the intake's one transaction. The first event of an appeal is number 1. */
export async function insertAppeals(
  tx: Executor,
  rows: readonly NewAppeal[],
  messageOf: (row: NewAppeal) => { actor: string; refersTo?: string | undefined },
): Promise<void> {
  await insertRows(tx, appeals, rows);
  await insertRows(
    tx,
    appealEvents,
    rows.map((row) => {
      const { actor, refersTo } = messageOf(row);
      return {
        appealId: row.id,
        seq: 1,
        type: 'register',
        actor,
        at: row.recordedAt,
        data: {
          status: row.status,
          source: row.source,
          ...(row.lateByAdapter ? { lateByAdapter: true } : {}),
          ...(row.historic ? { historic: true } : {}),
          ...(refersTo ? { refersTo } : {}),
        },
      };
    }),
  );
}

export async function insertAppellants(tx: Executor, rows: readonly NewAppellant[]): Promise<void> {
  await insertRows(tx, appellants, rows);
}

export async function insertMessages(tx: Executor, rows: readonly NewMessage[]): Promise<void> {
  await insertRows(tx, messages, rows);
}
