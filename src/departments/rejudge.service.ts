import { eq } from 'drizzle-orm';
import type { AppealRow } from '../appeals/appeals.service.ts';
import type { AppealStatus } from '../appeals/states.ts';
import {
  cancelDeadlinesById,
  type DeadlineRow,
  type NewDeadline,
  startDeadlines,
} from '../deadlines/deadlines.service.ts';
import { type Move, planMoves } from '../deadlines/recompute.service.ts';
import type { DeadlineName, TimeRules } from '../deadlines/time-rules.service.ts';
import type { Transaction } from '../platform/database/database.ts';
import { announceChange } from './assignments.service.ts';
import { assignments } from './departments.table.ts';
import { moveDeadlines } from './move-deadlines.service.ts';

/** The deadlines that run while an appeal has a status, where its policy sets them. */
const runningIn: Partial<Record<AppealStatus, readonly ('forward' | 'sign' | 'resolve')[]>> = {
  registered: ['forward'],
  triage: ['forward'],
  assigned: ['sign', 'resolve'],
  signed: ['resolve'],
};
/** The deadline that an assignment shows as its own. */
const shown: Partial<Record<AppealStatus, DeadlineName>> = { assigned: 'sign', signed: 'resolve' };

/** What another judgement of an appeal does to its deadlines. */
export interface Rejudged {
  moves: Move[];
  /** Running ones that the policy does not set for such an appeal. A receipt that was promised stays promised. */
  cancelled: DeadlineRow[];
  /** Those that it does set now and did not before: they begin with the judgement. */
  begun: NewDeadline[];
}

/** @param appeal locked, and as it is judged now. */
export async function planRejudged(tx: Transaction, own: TimeRules, appeal: AppealRow, now: Date): Promise<Rejudged> {
  const dueOf = (row: DeadlineRow) => own.dueOf(row.name as DeadlineName, row.startsAt, appeal);
  const rulings = async () => (row: DeadlineRow) => ({ rules: own, due: dueOf(row) });
  const { rows, moves } = await planMoves(tx, { appealIds: [appeal.id] }, rulings);
  const cancelled = rows.filter((row) => row.name !== 'receipt' && !dueOf(row));
  const running = new Set(rows.map(({ name }) => name));
  const begun = (runningIn[appeal.status] ?? []).flatMap((name): NewDeadline[] => {
    const due = running.has(name) ? undefined : own.dueOf(name, now, appeal);
    const assignmentId = name === 'forward' ? {} : { assignmentId: appeal.assignmentId ?? '' };
    return due
      ? [{ rules: own, appealId: appeal.id, ...assignmentId, name, startsAt: now, ...due, lateByAdapter: false }]
      : [];
  });
  return { moves, cancelled, begun };
}

/** Does what was planned, and tells the department that has the case. Call it last before COMMIT. */
export async function applyRejudged(
  tx: Transaction,
  { moves, cancelled, begun }: Rejudged,
  appeal: AppealRow,
  actor: string,
  now: Date,
): Promise<void> {
  await cancelDeadlinesById(
    tx,
    cancelled.map((row) => row.id),
  );
  await startDeadlines(tx, begun);
  const own = shown[appeal.status];
  const other =
    begun.find(({ name }) => name === own)?.dueAt ?? (cancelled.some(({ name }) => name === own) ? null : undefined);
  if (appeal.assignmentId && other !== undefined)
    await tx.update(assignments).set({ dueAt: other }).where(eq(assignments.id, appeal.assignmentId));
  await moveDeadlines(tx, moves, { cause: 'reclassify', actor }, now);
  // The nature or urgency that the department reads is another one, also where the due time that it shows did not move.
  const isTold = moves.some(({ row, dueAt }) => row.name === own && row.dueAt.getTime() !== dueAt.getTime());
  if (!isTold) await announceChange(tx, [appeal], now);
}
