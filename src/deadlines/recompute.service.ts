import { and, asc, eq, gt, type SQL, sql } from 'drizzle-orm';
import { v7 as uuid } from 'uuid';
import { subjectsOf } from '../appeals/lookup.service.ts';
import { reopen, reschedule } from '../platform/agenda/agenda.ts';
import type { Executor, Transaction } from '../platform/database/database.ts';
import { arrayOf, insertRows } from '../platform/database/rows.ts';
import { createCalendar, type WorkingCalendar } from './calendar/calendar.ts';
import type { CalendarRow } from './calendar/calendars.repo.ts';
import type { ChangeCause } from './deadlines.schema.ts';
import { type DeadlineRow, watchOf } from './deadlines.service.ts';
import { deadlineChanges, deadlines, policies } from './deadlines.table.ts';
import { createTimeRules, type DeadlineName, type Due, type TimeRules } from './time-rules.service.ts';

/** What a stored deadline should be: the rules it is held to and what they say of it. Undefined `due`: nothing is said. */
export interface Ruling {
  rules: TimeRules;
  due: Due | undefined;
}

/** The rulings on a batch of deadlines; asked once a batch, so that it may read what it needs about all of them. */
export type RulingsOf = (db: Executor, rows: readonly DeadlineRow[]) => Promise<(row: DeadlineRow) => Ruling>;

/** A running deadline whose due time is another one under its rules, or is now certain where it was provisional. */
export interface Move {
  row: DeadlineRow;
  rules: TimeRules;
  dueAt: Date;
  provisional: boolean;
}

/** A running deadline that stays where it is. The steps of its ladder may lie on other days all the same. */
export type Kept = Pick<Move, 'row' | 'rules'>;

/** All running deadlines of some appeals, which are locked, or a page of all there are in order of id. */
export type Which = { appealIds: readonly string[] } | { after: string | undefined; limit: number };

/**
 * Compares running deadlines with what their rules say of them now; those that have ended are never looked at. Within a
 * transaction that will move them, name the appeals and lock them first.
 */
export async function planMoves(
  db: Executor,
  which: Which,
  rulingsOf: RulingsOf,
): Promise<{ rows: DeadlineRow[]; moves: Move[]; kept: Kept[] }> {
  const rows = await running(db, which);
  const rulingOf = await rulingsOf(db, rows);
  const moves: Move[] = [];
  const kept: Kept[] = [];
  for (const row of rows) {
    const { rules, due } = rulingOf(row);
    if (!due || (due.dueAt.getTime() === row.dueAt.getTime() && due.provisional === row.provisional))
      kept.push({ row, rules });
    else moves.push({ row, rules, ...due });
  }
  return { rows, moves, kept };
}

async function running(db: Executor, which: Which): Promise<DeadlineRow[]> {
  const conditions: SQL[] = [eq(deadlines.state, 'running')];
  if ('appealIds' in which) conditions.push(sql`${deadlines.appealId} = any(${arrayOf(which.appealIds, 'uuid')})`);
  else if (which.after !== undefined) conditions.push(gt(deadlines.id, which.after));
  const query = db
    .select()
    .from(deadlines)
    .where(and(...conditions))
    .orderBy(asc(deadlines.id));
  return 'appealIds' in which ? query.for('no key update') : query.limit(which.limit);
}

/**
 * Moves deadlines: the new due time with a record of the old one, and the watch that escalates it. Steps that were taken
 * for the old due time stay. What hangs on a due time in other rooms follows in `moveDeadlines`.
 */
export async function applyMoves(
  tx: Transaction,
  moves: readonly Move[],
  { cause, actor }: { cause: ChangeCause; actor: string },
  now: Date,
): Promise<void> {
  if (moves.length === 0) return;
  const column = (of: (move: Move) => unknown, type: string): SQL => arrayOf(moves.map(of), type);
  await tx.execute(sql`update deadlines d set due_at = x.due_at, provisional = x.provisional, policy = x.policy,
      policy_version = x.policy_version, calendar_version = x.calendar_version
    from unnest(${column(({ row }) => row.id, 'uuid')}, ${column(({ dueAt }) => dueAt, 'timestamptz')},
      ${column(({ provisional }) => provisional, 'boolean')}, ${column(({ rules }) => rules.policy.code, 'text')},
      ${column(({ rules }) => rules.policy.version, 'int')}, ${column(({ rules }) => rules.calendar.version, 'int')})
      x(id, due_at, provisional, policy, policy_version, calendar_version)
    where d.id = x.id`);
  await insertRows(
    tx,
    deadlineChanges,
    moves.map(({ row, rules, dueAt, provisional }) => ({
      id: uuid(),
      deadlineId: row.id,
      appealId: row.appealId,
      name: row.name,
      cause,
      fromDueAt: row.dueAt,
      toDueAt: dueAt,
      fromProvisional: row.provisional,
      toProvisional: provisional,
      fromPolicy: row.policy,
      toPolicy: rules.policy.code,
      fromPolicyVersion: row.policyVersion,
      toPolicyVersion: rules.policy.version,
      fromCalendarVersion: row.calendarVersion,
      toCalendarVersion: rules.calendar.version,
      actor,
      at: now,
    })),
  );
  // What was late before we knew of it had its one notice already.
  const moved = moves.filter(({ row, dueAt }) => !row.lateByAdapter && dueAt.getTime() !== row.dueAt.getTime());
  await reopen(
    tx,
    moved.map(({ row, rules, dueAt }) => watchOf(rules, { ...row, name: row.name as DeadlineName, dueAt })),
  );
}

/** Under another calendar the watch of a deadline that stays has to look at its ladder anew; it takes no step twice. */
async function rewatch(tx: Transaction, kept: readonly Kept[]): Promise<void> {
  await reschedule(
    tx,
    kept.map(({ row, rules }) => watchOf(rules, { ...row, name: row.name as DeadlineName })),
  );
}

/** Moves deadlines with all that hangs on them in the rooms above. */
export type MoveDeadlines = (
  tx: Transaction,
  moves: readonly Move[],
  why: { cause: ChangeCause; actor: string },
  now: Date,
) => Promise<void>;

/**
 * Brings the running deadlines of locked appeals to a calendar: what moves does so with its record, in the name of who put
 * the calendar in force, and the ladders of the rest are looked at anew. Call it last before COMMIT.
 */
export async function bringToCalendar(
  tx: Transaction,
  { version, days, actor }: Pick<CalendarRow, 'version' | 'days' | 'actor'>,
  appealIds: readonly string[],
  move: MoveDeadlines,
  now: Date,
): Promise<void> {
  const { rows, moves, kept } = await planMoves(tx, { appealIds }, rulingsUnder(createCalendar({ version, days })));
  const ids = arrayOf(
    rows.map((row) => row.id),
    'uuid',
  );
  await tx.execute(sql`update deadlines set calendar_version = ${version} where id = any(${ids})`);
  await rewatch(tx, kept);
  await move(tx, moves, { cause: 'calendar', actor }, now);
}

/** Rulings by each deadline's own policy version on a calendar that may not be in force yet. */
export function rulingsUnder(calendar: WorkingCalendar): RulingsOf {
  const compiled = new Map<string, TimeRules>();

  async function compile(db: Executor, rows: readonly DeadlineRow[]): Promise<void> {
    const wanted = new Map(rows.map((row) => [keyOf(row.policy, row.policyVersion), row]));
    const missing = [...wanted].filter(([key]) => !compiled.has(key)).map(([, row]) => row);
    if (missing.length === 0) return;
    const codes = arrayOf([...new Set(missing.map((row) => row.policy))], 'text');
    const found = await db.select().from(policies).where(sql`${policies.code} = any(${codes})`);
    for (const { code, version, document } of found)
      compiled.set(keyOf(code, version), createTimeRules(document, calendar));
  }

  return async (db, rows) => {
    await compile(db, rows);
    const subjects = await subjectsOf(
      db,
      rows.map((row) => row.appealId),
    );
    return (row) => {
      const rules = compiled.get(keyOf(row.policy, row.policyVersion));
      if (!rules)
        throw new Error(`deadline ${row.id} names policy ${row.policy} ${row.policyVersion}, which is not kept`);
      const subject = subjects.get(row.appealId);
      return { rules, due: subject && rules.dueOf(row.name as DeadlineName, row.startsAt, subject) };
    };
  };
}

const keyOf = (code: string, version: number): string => `${code} ${version}`;

/** Running deadlines that were computed with a calendar older than this version. */
export async function countBehind(db: Executor, calendarVersion: number): Promise<number> {
  const { rows } = await db.execute<{ count: number }>(
    sql`select count(*)::int as count from deadlines where state = 'running' and calendar_version < ${calendarVersion}`,
  );
  return rows[0]?.count ?? 0;
}
