import { sql } from 'drizzle-orm';
import { v7 as uuid } from 'uuid';
import { departmentsOf } from '../appeals/lookup.service.ts';
import { type DeadlineRow, ESCALATE, lockRunning } from '../deadlines/deadlines.service.ts';
import type { TimeRules } from '../deadlines/time-rules.service.ts';
import { type AgendaItem, type Lease, postpone, settle } from '../platform/agenda/agenda.ts';
import type { AgendaHandler } from '../platform/agenda/agenda-worker.ts';
import type { Database } from '../platform/database/database.ts';
import { insertRows } from '../platform/database/rows.ts';
import { escalations } from './escalations.table.ts';

/**
 * Climbs the ladder of every running deadline: each step whose time has come is written once, to its named role; then the
 * item waits for the next step. A deadline that has ended meanwhile needs nothing.
 */
export function createEscalationHandler({ db, rules }: { db: Database; rules: TimeRules }): AgendaHandler {
  async function handle(lease: Lease, now: Date): Promise<void> {
    await db.transaction(async (tx) => {
      const running = new Map(
        (
          await lockRunning(
            tx,
            lease.items.map((item) => item.subjectId),
          )
        ).map((row) => [row.id, row]),
      );
      const departments = await departmentsOf(
        tx,
        [...running.values()].map((row) => row.appealId),
      );
      const taken: (typeof escalations.$inferInsert)[] = [];
      const waiting: { item: AgendaItem; runAt: Date; dueAt: Date }[] = [];
      for (const item of lease.items) {
        const deadline = running.get(item.subjectId);
        if (!deadline) continue;
        const { due, next } = climb(rules, deadline, now);
        const { id: deadlineId, appealId, name, dueAt } = deadline;
        for (const { step, role } of due)
          taken.push({
            id: uuid(),
            deadlineId,
            appealId,
            deadline: name,
            dueAt,
            step,
            role,
            department: departments.get(appealId) ?? null,
            at: now,
          });
        if (next) waiting.push({ item, runAt: next, dueAt: next });
      }
      await insertRows(tx, escalations, taken, sql`on conflict (deadline_id, due_at, step) do nothing`);
      await postpone(tx, lease, waiting);
      const waits = new Set(waiting.map(({ item }) => item));
      await settle(
        tx,
        lease,
        lease.items.filter((item) => !waits.has(item)),
        now,
      );
    });
  }

  return { kind: ESCALATE, batchSize: 500, handle };
}

/**
 * Steps due by now and the time of the next one. A message that its adapter delivered after the policy's look-back was
 * late before we knew of it: one notice at once, not the whole ladder.
 */
export function climb(
  rules: TimeRules,
  deadline: Pick<DeadlineRow, 'name' | 'startsAt' | 'dueAt' | 'lateByAdapter'>,
  now: Date,
): { due: { step: number; role: string }[]; next: Date | undefined } {
  const ladder = rules.ladderOf(deadline.name as Parameters<TimeRules['ladderOf']>[0], deadline);
  if (deadline.lateByAdapter) return climbLate(deadline.name, ladder, now);
  const due = ladder.filter((moment) => moment.at <= now);
  return { due, next: ladder.find((moment) => moment.at > now)?.at };
}

/** The receipt of a late message says nothing of its own: the forward's notice tells the desk of both. */
function climbLate(
  name: string,
  ladder: readonly { step: number; role: string; at: Date }[],
  now: Date,
): ReturnType<typeof climb> {
  const overdue = ladder.find((moment) => moment.step === 1);
  if (name === 'receipt' || !overdue) return { due: [], next: undefined };
  return overdue.at <= now ? { due: [overdue], next: undefined } : { due: [], next: overdue.at };
}
