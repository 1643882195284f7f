import { inArray, sql } from 'drizzle-orm';
import { v7 as uuid } from 'uuid';
import { type AppealRow, changeAppeals } from '../appeals/appeals.service.ts';
import { cancelDeadlines, endDeadlines, runningOf, startDeadlines } from '../deadlines/deadlines.service.ts';
import type { RulesInForce } from '../deadlines/rule-book.service.ts';
import type { Transaction } from '../platform/database/database.ts';
import { arrayOf, insertRows } from '../platform/database/rows.ts';
import { tell, withdrawForwarded } from '../receipts/receipts.service.ts';
import { departmentNames } from './departments.service.ts';
import { type AssignmentReason, assignments } from './departments.table.ts';
import { appendToFeed, type NewFeedEntry } from './feed.ts';

export interface Dispatch {
  appeal: AppealRow;
  department: string;
  reason: AssignmentReason;
  role: 'system' | 'dispatcher';
  actor: string;
}

/**
 * Hands locked appeals to departments (派单): assignment, `sign` and `resolve` deadlines, the forward met, the citizens
 * told, the departments' feeds. Resolving runs from the first dispatch, so that bouncing a case does not hide delay. From
 * a department that has the case already it is pulled back first (改派).
 */
export async function dispatch(
  tx: Transaction,
  rules: RulesInForce,
  dispatches: readonly Dispatch[],
  now: Date,
): Promise<void> {
  if (dispatches.length === 0) return;
  const before = await previousAssignments(
    tx,
    dispatches.map((item) => item.appeal.id),
  );
  const pulledBack = dispatches.map((item) => item.appeal).filter((appeal) => appeal.assignmentId !== null);
  const removed = await withdraw(tx, rules, pulledBack, now);
  // Resolving runs from the first dispatch: what was started then goes on, unless an answer ended it.
  const running = await runningOf(tx, 'resolve', [...before.keys()]);
  const times = new Map(
    dispatches.map(({ appeal }) => {
      const own = rules.of(appeal);
      return [
        appeal.id,
        { rules: own, sign: own.dueOf('sign', now, appeal), resolve: own.dueOf('resolve', now, appeal) },
      ];
    }),
  );
  const rows = dispatches.map((item) => ({
    id: uuid(),
    appealId: item.appeal.id,
    department: item.department,
    role: 'lead' as const,
    status: 'pending' as const,
    reason: item.reason,
    assignedAt: now,
    assignedBy: item.actor,
    dueAt: times.get(item.appeal.id)?.sign?.dueAt ?? null,
    final: (before.get(item.appeal.id)?.returned ?? 0) >= rules.of(item.appeal).policy.returns.atMost,
    version: 1,
  }));
  await changeAppeals(
    tx,
    dispatches.map((item, at) => ({
      appeal: item.appeal,
      action: 'assign' as const,
      role: item.role,
      actor: item.actor,
      data: { assignmentId: rows[at]?.id, department: item.department, reason: item.reason },
      set: { department: item.department, assignmentId: rows[at]?.id ?? null },
    })),
    now,
  );
  await insertRows(tx, assignments, rows);
  await endDeadlines(
    tx,
    dispatches.map((item) => ({ appealId: item.appeal.id, name: 'forward' as const })),
    now,
  );
  await startDeadlines(
    tx,
    rows.flatMap(({ id, appealId }) => {
      const own = times.get(appealId);
      if (!own) return [];
      const { rules, sign, resolve } = own;
      const common = { rules, appealId, assignmentId: id, startsAt: now, lateByAdapter: false };
      return [
        ...(sign ? [{ ...common, name: 'sign' as const, ...sign }] : []),
        ...(resolve && !running.has(appealId) ? [{ ...common, name: 'resolve' as const, ...resolve }] : []),
      ];
    }),
  );
  const names = await departmentNames(
    tx,
    dispatches.map((item) => item.department),
  );
  const tidings = dispatches.map((item, at) => ({
    appeal: item.appeal,
    subject: {
      about: 'forwarded' as const,
      departmentName: names.get(item.department) ?? item.department,
      due: running.get(item.appeal.id) ?? times.get(item.appeal.id)?.resolve,
    },
    eventId: rows[at]?.id ?? '',
  }));
  await tell(tx, rules, tidings, now);
  const assigned = rows.map((row) => ({
    department: row.department,
    kind: 'assigned' as const,
    assignmentId: row.id,
    appealId: row.appealId,
  }));
  await appendToFeed(tx, [...removed, ...assigned], now);
}

/**
 * Takes locked cases from the departments that have them: what they were to sign for is given up, and what was not sent
 * yet names them no longer. @returns what their feeds have to say of it, for the one append before COMMIT.
 */
export async function withdraw(
  tx: Transaction,
  rules: RulesInForce,
  held: readonly AppealRow[],
  now: Date,
): Promise<NewFeedEntry[]> {
  const ids = held.flatMap((appeal) => appeal.assignmentId ?? []);
  if (ids.length === 0) return [];
  const withdrawn = await tx
    .update(assignments)
    .set({ status: 'withdrawn', dueAt: null, version: sql`${assignments.version} + 1` })
    .where(inArray(assignments.id, ids))
    .returning({ id: assignments.id, department: assignments.department, appealId: assignments.appealId });
  await cancelDeadlines(tx, 'sign', ids);
  for (const appeal of held) await withdrawForwarded(tx, rules.of(appeal), appeal.id, now);
  return withdrawn.map(({ id, department, appealId }) => ({ department, kind: 'removed', assignmentId: id, appealId }));
}

/** Appeals that were assigned before, and how often each was sent back. */
async function previousAssignments(
  tx: Transaction,
  appealIds: readonly string[],
): Promise<Map<string, { returned: number }>> {
  const { rows } = await tx.execute<{ appeal_id: string; returned: number }>(
    sql`select appeal_id, count(*) filter (where status = 'returned')::int as returned from assignments
      where appeal_id = any(${arrayOf(appealIds, 'uuid')}) group by appeal_id`,
  );
  return new Map(rows.map((row) => [row.appeal_id, row]));
}
