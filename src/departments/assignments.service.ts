import { and, eq, inArray, sql } from 'drizzle-orm';
import { type AppealRow, changeAppeals, lockAppeals, nextStatus } from '../appeals/appeals.service.ts';
import { duesOf, endDeadlines, startDeadlines } from '../deadlines/deadlines.service.ts';
import type { RulesInForce } from '../deadlines/rule-book.service.ts';
import type { Transaction } from '../platform/database/database.ts';
import { ProblemError } from '../platform/problem.ts';
import { withdrawForwarded } from '../receipts/receipts.service.ts';
import { assignments } from './departments.table.ts';
import { appendToFeed, type NewFeedEntry } from './feed.ts';

export type AssignmentRow = typeof assignments.$inferSelect;

export interface Step {
  assignmentId: string;
  /** Version the caller read (If-Match). */
  version: number;
  actor: string;
}

/** Locks the appeal, then its assignment. @throws ProblemError 412 when it changed since it was read. */
async function lockAssignment(
  tx: Transaction,
  { assignmentId, version }: Step,
): Promise<{ assignment: AssignmentRow; appeal: AppealRow }> {
  const [found] = await tx
    .select({ appealId: assignments.appealId })
    .from(assignments)
    .where(eq(assignments.id, assignmentId));
  const appeal = found && (await lockAppeals(tx, [found.appealId])).get(found.appealId);
  const [assignment] = await tx.select().from(assignments).where(eq(assignments.id, assignmentId)).for('update');
  if (!assignment || !appeal)
    throw new ProblemError('not-found', { en: 'This assignment was not found.', zh: '未找到该派单。' });
  if (assignment.version !== version)
    throw new ProblemError('stale-version', {
      en: 'The assignment has changed since it was read: read it again.',
      zh: '派单已变更，请重新读取。',
    });
  if (appeal.assignmentId !== assignment.id) {
    throw new ProblemError(
      'forbidden-transition',
      { en: 'The case is no longer with this assignment.', zh: '该诉求已不在此派单。' },
      { extra: { allowed: [] } },
    );
  }
  return { assignment, appeal };
}

/** Signs for a case (签收). */
export async function sign(tx: Transaction, step: Step, now: Date): Promise<void> {
  const { assignment, appeal } = await lockAssignment(tx, step);
  await changeAppeals(
    tx,
    [{ appeal, action: 'sign', role: 'department', actor: step.actor, data: { assignmentId: assignment.id } }],
    now,
  );
  await endDeadlines(tx, [{ appealId: appeal.id, name: 'sign' }], now);
  const dueAt = await resolveDueAt(tx, appeal.id);
  await update(tx, assignment, { status: 'signed', signedAt: now, dueAt });
  await appendToFeed(
    tx,
    [{ department: assignment.department, kind: 'changed', assignmentId: assignment.id, appealId: appeal.id }],
    now,
  );
}

/**
 * Sends a case back to the desk (退单) with a reason, before the sign deadline and not more often than the policy allows;
 * then the desk's ruling (裁定) is final.
 */
export async function returnCase(
  tx: Transaction,
  rules: RulesInForce,
  step: Step & { reason: string },
  now: Date,
): Promise<void> {
  const { assignment, appeal } = await lockAssignment(tx, step);
  nextStatus(appeal.status, 'return', 'department');
  const allowed = { extra: { allowed: ['sign'] } };
  if (assignment.final)
    throw new ProblemError(
      'forbidden-transition',
      { en: 'The ruling is final: this case cannot be returned again.', zh: '已裁定，不得再次退单。' },
      allowed,
    );
  if (assignment.dueAt && assignment.status === 'pending' && now > assignment.dueAt) {
    throw new ProblemError(
      'forbidden-transition',
      { en: 'The time to return this case is over.', zh: '已超过退单时限。' },
      allowed,
    );
  }
  const data = { assignmentId: assignment.id, department: assignment.department, reason: step.reason };
  await changeAppeals(
    tx,
    [
      {
        appeal,
        action: 'return',
        role: 'department',
        actor: step.actor,
        data,
        set: { department: null, assignmentId: null },
      },
    ],
    now,
  );
  await endDeadlines(tx, [{ appealId: appeal.id, name: 'sign' }], now);
  const own = rules.of(appeal);
  const forward = own.dueOf('forward', now, appeal);
  const again = { rules: own, appealId: appeal.id, name: 'forward' as const, startsAt: now, lateByAdapter: false };
  await startDeadlines(tx, forward ? [{ ...again, ...forward }] : []);
  await withdrawForwarded(tx, own, appeal.id, now);
  await update(tx, assignment, { status: 'returned', returnedAt: now, returnReason: step.reason, dueAt: null });
  await appendToFeed(
    tx,
    [{ department: assignment.department, kind: 'removed', assignmentId: assignment.id, appealId: appeal.id }],
    now,
  );
}

/** Hands in the result (反馈办理结果). */
export async function submit(tx: Transaction, step: Step & { result: string }, now: Date): Promise<void> {
  const { assignment, appeal } = await lockAssignment(tx, step);
  await changeAppeals(
    tx,
    [
      {
        appeal,
        action: 'submit',
        role: 'department',
        actor: step.actor,
        data: { assignmentId: assignment.id },
        set: { outcome: step.result },
      },
    ],
    now,
  );
  await endDeadlines(tx, [{ appealId: appeal.id, name: 'resolve' }], now);
  await update(tx, assignment, { status: 'submitted', submittedAt: now, result: step.result, dueAt: null });
  await appendToFeed(
    tx,
    [{ department: assignment.department, kind: 'changed', assignmentId: assignment.id, appealId: appeal.id }],
    now,
  );
}

async function update(tx: Transaction, assignment: AssignmentRow, set: Partial<AssignmentRow>): Promise<void> {
  await tx
    .update(assignments)
    .set({ ...set, version: assignment.version + 1 })
    .where(eq(assignments.id, assignment.id));
}

async function resolveDueAt(tx: Transaction, appealId: string): Promise<Date | null> {
  return (await duesOf(tx, 'resolve', 'appeal', [appealId])).get(appealId)?.dueAt ?? null;
}

/** When each of these appeals went to the department that has it. */
export async function assignedAt(tx: Transaction, appealIds: readonly string[]): Promise<Map<string, Date>> {
  const held = inArray(assignments.status, ['pending', 'signed', 'submitted']);
  const rows = await tx
    .select({ id: assignments.appealId, at: assignments.assignedAt })
    .from(assignments)
    .where(and(inArray(assignments.appealId, [...appealIds]), held));
  return new Map(rows.map(({ id, at }) => [id, at]));
}

/** What the assignments of these appeals show is something else now, and so is their ETag. Call with the appeals locked. */
export async function renewAssignments(tx: Transaction, rows: readonly AppealRow[]): Promise<void> {
  const ids = rows.flatMap(({ assignmentId }) => assignmentId ?? []);
  if (ids.length === 0) return;
  await tx
    .update(assignments)
    .set({ version: sql`${assignments.version} + 1` })
    .where(inArray(assignments.id, ids));
}

/**
 * Tells the departments that have these appeals that something about them changed, and `withdrawn` with it to those that
 * had a case: all of a transaction's entries at once, or two of them might wait for each other. Call it last before COMMIT.
 */
export async function announceChange(
  tx: Transaction,
  rows: readonly AppealRow[],
  now: Date,
  withdrawn: readonly NewFeedEntry[] = [],
): Promise<void> {
  const entries = rows.flatMap(({ id, department, assignmentId }) =>
    department && assignmentId ? [{ department, kind: 'changed' as const, assignmentId, appealId: id }] : [],
  );
  await renewAssignments(tx, rows);
  await appendToFeed(tx, [...withdrawn, ...entries], now);
}
