import { and, asc, eq, sql } from 'drizzle-orm';
import { v7 as uuid } from 'uuid';
import { addToAgenda, type NewAgendaItem } from '../platform/agenda/agenda.ts';
import type { Database, Executor, Transaction } from '../platform/database/database.ts';
import { arrayOf, insertRows } from '../platform/database/rows.ts';
import { deadlines } from './deadlines.table.ts';
import type { DeadlineName, Due, TimeRules } from './time-rules.service.ts';

export type DeadlineRow = typeof deadlines.$inferSelect;

/** A promise that begins: what for, when it starts, and by whose word it is late already. */
export interface NewDeadline {
  /** Of the appeal's own policy version. */
  rules: TimeRules;
  appealId: string;
  messageId?: string;
  assignmentId?: string;
  name: DeadlineName;
  startsAt: Date;
  /** From `rules.dueOf`. */
  dueAt: Date;
  provisional: boolean;
  lateByAdapter: boolean;
}

export const ESCALATE = 'escalate';

/** Writes deadlines and, in the same transaction, the watch that escalates each of them. */
export async function startDeadlines(tx: Executor, starts: readonly NewDeadline[]): Promise<void> {
  const rows = starts.map(({ rules, ...start }) => ({
    ...start,
    id: uuid(),
    state: 'running' as const,
    policy: rules.policy.code,
    policyVersion: rules.policy.version,
    calendarVersion: rules.calendar.version,
  }));
  await insertRows(tx, deadlines, rows);
  await addToAgenda(
    tx,
    rows.flatMap((row, at) => {
      const rules = starts[at]?.rules;
      return rules ? [watchOf(rules, row)] : [];
    }),
  );
}

/** The agenda item that escalates a deadline, at the first step of its ladder. */
export function watchOf(
  rules: TimeRules,
  deadline: { id: string; name: DeadlineName; startsAt: Date; dueAt: Date },
): NewAgendaItem {
  const first = rules.ladderOf(deadline.name, deadline)[0]?.at ?? deadline.dueAt;
  return {
    kind: ESCALATE,
    subjectId: deadline.id,
    businessKey: `${ESCALATE}:${deadline.id}`,
    runAt: first,
    dueAt: first,
  };
}

/** Which running deadlines end: of an appeal by name, and of one message where the deadline is a message's. */
export interface DeadlineEnd {
  appealId: string;
  name: DeadlineName;
  messageId?: string;
}

/** Ends running deadlines at `at`: met when that is not after dueAt, otherwise missed. Others are left alone. */
export async function endDeadlines(tx: Transaction, ends: readonly DeadlineEnd[], at: Date): Promise<void> {
  if (ends.length === 0) return;
  await tx.execute(sql`with own as (
      select d.id from deadlines d
      join unnest(${arrayOf(
        ends.map((end) => end.appealId),
        'uuid',
      )}, ${arrayOf(
        ends.map((end) => end.name),
        'text',
      )}, ${arrayOf(
        ends.map((end) => end.messageId ?? null),
        'uuid',
      )}) x(appeal_id, name, message_id)
        on d.appeal_id = x.appeal_id and d.name = x.name and (x.message_id is null or d.message_id = x.message_id)
      where d.state = 'running' order by d.id for no key update of d)
    update deadlines d set met_at = ${at.toISOString()},
      state = case when d.due_at >= ${at.toISOString()} then 'met' else 'missed' end
    from own where d.id = own.id`);
}

/** Deadlines of messages that were brought to another appeal go with them. */
export async function moveDeadlinesOfMessages(
  tx: Transaction,
  messageIds: readonly string[],
  appealId: string,
): Promise<void> {
  await tx.execute(
    sql`update deadlines set appeal_id = ${appealId} where message_id = any(${arrayOf(messageIds, 'uuid')})`,
  );
}

/** Which of these appeals have a running deadline of a name, and when it is due. */
export async function runningOf(
  tx: Transaction,
  name: DeadlineName,
  appealIds: readonly string[],
): Promise<Map<string, Due>> {
  const rows = await tx
    .select({ id: deadlines.appealId, dueAt: deadlines.dueAt, provisional: deadlines.provisional })
    .from(deadlines)
    .where(
      sql`${deadlines.appealId} = any(${arrayOf(appealIds, 'uuid')}) and ${deadlines.name} = ${name} and ${deadlines.state} = 'running'`,
    );
  return new Map(rows.map(({ id, ...due }) => [id, due]));
}

/** Gives up running deadlines whose cause is gone; they count neither as met nor as missed. */
export async function cancelDeadlines(
  tx: Transaction,
  name: DeadlineName,
  assignmentIds: readonly string[],
): Promise<void> {
  if (assignmentIds.length === 0) return;
  await tx.execute(sql`update deadlines set state = 'cancelled'
    where assignment_id = any(${arrayOf(assignmentIds, 'uuid')}) and name = ${name} and state = 'running'`);
}

/** The same for deadlines by id. */
export async function cancelDeadlinesById(tx: Transaction, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.execute(
    sql`update deadlines set state = 'cancelled' where id = any(${arrayOf(ids, 'uuid')}) and state = 'running'`,
  );
}

/** Where a page of an appeal's deadlines ends. */
export interface DeadlineKey {
  dueAt: Date;
  id: string;
}

/** Of an appeal, what is due first. */
export async function listDeadlines(
  db: Executor,
  appealId: string,
  after: DeadlineKey | undefined,
  limit: number,
): Promise<DeadlineRow[]> {
  const past =
    after &&
    sql`(${deadlines.dueAt}, ${deadlines.id}) > (${after.dueAt.toISOString()}::timestamptz, ${after.id}::uuid)`;
  return db
    .select()
    .from(deadlines)
    .where(and(eq(deadlines.appealId, appealId), past))
    .orderBy(asc(deadlines.dueAt), asc(deadlines.id))
    .limit(limit);
}

/** Locks deadlines by id, also those that have ended, for the escalation of each. */
export async function lockDeadlines(tx: Transaction, ids: readonly string[]): Promise<DeadlineRow[]> {
  return tx
    .select()
    .from(deadlines)
    .where(sql`${deadlines.id} = any(${arrayOf(ids, 'uuid')})`)
    .orderBy(deadlines.id)
    .for('no key update');
}

/** The newest deadline of a name for each appeal or message; what was given up does not count. */
export async function duesOf(
  db: Database | Transaction,
  name: DeadlineName,
  by: 'appeal' | 'message',
  ids: readonly string[],
): Promise<Map<string, Due>> {
  const column = by === 'appeal' ? deadlines.appealId : deadlines.messageId;
  const rows = await db
    .select({ id: column, dueAt: deadlines.dueAt, provisional: deadlines.provisional })
    .from(deadlines)
    .where(
      sql`${column} = any(${arrayOf(ids, 'uuid')}) and ${deadlines.name} = ${name} and ${deadlines.state} <> 'cancelled'`,
    )
    .orderBy(asc(deadlines.id));
  return new Map(rows.map(({ id, ...due }) => [id ?? '', due]));
}
