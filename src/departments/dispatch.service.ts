import { sql } from 'drizzle-orm';
import { v7 as uuid } from 'uuid';
import { type AppealRow, changeAppeals } from '../appeals/appeals.service.ts';
import { subjectOf } from '../appeals/subject.ts';
import { dueAtOf, endDeadlines, startDeadlines } from '../deadlines/deadlines.service.ts';
import type { TimeRules } from '../deadlines/time-rules.service.ts';
import type { Transaction } from '../platform/database/database.ts';
import { arrayOf, insertRows } from '../platform/database/rows.ts';
import { tell } from '../receipts/receipts.service.ts';
import { departmentNames } from './departments.service.ts';
import { type AssignmentReason, assignments } from './departments.table.ts';
import { appendToFeed } from './feed.ts';

export interface Dispatch {
  appeal: AppealRow;
  department: string;
  reason: AssignmentReason;
  role: 'system' | 'dispatcher';
  actor: string;
}

/**
 * Hands locked appeals to departments (派单): assignment, `sign` and `resolve` deadlines, the forward met, the citizens
 * told, the departments' feeds. Resolving runs from the first dispatch, so that bouncing a case does not hide delay.
 */
export async function dispatch(
  tx: Transaction,
  rules: TimeRules,
  dispatches: readonly Dispatch[],
  now: Date,
): Promise<void> {
  if (dispatches.length === 0) return;
  const before = await previousAssignments(
    tx,
    dispatches.map((item) => item.appeal.id),
  );
  const dues = new Map(
    dispatches.map(({ appeal }) => {
      const subject = subjectOf(appeal);
      return [
        appeal.id,
        { sign: rules.dueOf('sign', now, subject), resolve: rules.dueOf('resolve', now, subject) },
      ] as const;
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
    dueAt: dues.get(item.appeal.id)?.sign?.dueAt ?? null,
    final: (before.get(item.appeal.id) ?? 0) >= rules.policy.returns.atMost,
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
    rules,
    rows.flatMap((row) => {
      const common = { appealId: row.appealId, assignmentId: row.id, startsAt: now, lateByAdapter: false };
      const { sign, resolve } = dues.get(row.appealId) ?? {};
      return [
        ...(sign ? [{ ...common, name: 'sign' as const, ...sign }] : []),
        ...(resolve && !before.has(row.appealId) ? [{ ...common, name: 'resolve' as const, ...resolve }] : []),
      ];
    }),
  );
  const names = await departmentNames(
    tx,
    dispatches.map((item) => item.department),
  );
  const running = await dueAtOf(tx, 'resolve', 'appeal', [...before.keys()]);
  const tidings = dispatches.map((item, at) => ({
    appealId: item.appeal.id,
    number: item.appeal.number,
    of: subjectOf(item.appeal),
    subject: {
      about: 'forwarded' as const,
      departmentName: names.get(item.department) ?? item.department,
      dueAt: running.get(item.appeal.id) ?? dues.get(item.appeal.id)?.resolve?.dueAt,
    },
    eventId: rows[at]?.id ?? '',
  }));
  await tell(tx, rules, tidings, now);
  await appendToFeed(
    tx,
    rows.map((row) => ({
      department: row.department,
      kind: 'assigned' as const,
      assignmentId: row.id,
      appealId: row.appealId,
    })),
    now,
  );
}

/** How many assignments each appeal has had; appeals without any are left out. */
async function previousAssignments(tx: Transaction, appealIds: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await tx.execute<{ appeal_id: string; count: number }>(
    sql`select appeal_id, count(*)::int as count from assignments where appeal_id = any(${arrayOf(appealIds, 'uuid')}) group by appeal_id`,
  );
  return new Map(rows.map((row) => [row.appeal_id, row.count]));
}
