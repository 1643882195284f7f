import { sql } from 'drizzle-orm';
import { v7 as uuid } from 'uuid';
import { departmentsOf } from '../appeals/lookup.service.ts';
import { type DeadlineRow, ESCALATE, lockDeadlines } from '../deadlines/deadlines.service.ts';
import type { RuleBook } from '../deadlines/rule-book.service.ts';
import type { DeadlineName, TimeRules } from '../deadlines/time-rules.service.ts';
import { type AgendaItem, type Lease, postpone, settle } from '../platform/agenda/agenda.ts';
import type { AgendaHandler } from '../platform/agenda/agenda-worker.ts';
import { insertRows } from '../platform/database/rows.ts';
import { escalations } from './escalations.table.ts';

/**
 * Climbs the ladder of every running deadline: each step whose time has come is written once, to its named role; then the
 * item waits for the next step. A deadline that has ended meanwhile needs nothing.
 */
export function createEscalationHandler(book: RuleBook): AgendaHandler {
  async function handle(lease: Lease, now: Date): Promise<void> {
    await book.transact(async (tx, inForce) => {
      const known = new Map(
        (
          await lockDeadlines(
            tx,
            lease.items.map((item) => item.subjectId),
          )
        ).map((row) => [row.id, row]),
      );
      const departments = await departmentsOf(
        tx,
        [...known.values()].map((row) => row.appealId),
      );
      const taken: (typeof escalations.$inferInsert)[] = [];
      const waiting: { item: AgendaItem; runAt: Date; dueAt: Date }[] = [];
      for (const item of lease.items) {
        const deadline = known.get(item.subjectId);
        if (!deadline) continue;
        const rules = inForce.of(deadline);
        const { due, next } = climb(rules, deadline, now);
        const { id: deadlineId, appealId, name, dueAt } = deadline;
        const department = departments.get(appealId) ?? null;
        for (const { step, role } of due)
          taken.push({
            id: uuid(),
            deadlineId,
            appealId,
            deadline: name,
            dueAt,
            step,
            // Nobody has the case: the desk's own ladder says who answers for this step.
            role: department === null ? deskRole(rules, step, role) : role,
            department,
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

  return { kind: ESCALATE, drains: 4, batchSize: 500, attempts: 10, handle };
}

function deskRole(rules: TimeRules, step: number, otherwise: string): string {
  return rules.policy.deadlines.forward.ladder.find((own) => own.step === step)?.role ?? otherwise;
}

type Watched = Pick<DeadlineRow, 'name' | 'startsAt' | 'dueAt' | 'metAt' | 'state' | 'lateByAdapter'>;
interface Climb {
  due: { step: number; role: string }[];
  /** When to look again; undefined: nothing more can come. */
  next: Date | undefined;
}

/**
 * Steps due by now and the time of the next one. What was due before the deadline ended is taken also when it has ended
 * meanwhile, so that no worker's haste decides: a reminder up to the very instant, a later step only when it came first.
 * A message that its adapter delivered after the policy's look-back was late before we knew of it: one notice at once,
 * not the whole ladder.
 */
export function climb(rules: TimeRules, deadline: Watched, now: Date): Climb {
  if (deadline.state === 'cancelled') return { due: [], next: undefined };
  const { metAt } = deadline;
  const ladder = rules.ladderOf(deadline.name as DeadlineName, deadline);
  const counted = deadline.lateByAdapter ? noticeOfLate(deadline.name, ladder) : ladder;
  const due = counted.filter(
    ({ step, at }) => at <= now && (metAt === null || at < metAt || (step === 0 && at <= metAt)),
  );
  const next = metAt === null ? counted.find(({ at }) => at > now)?.at : undefined;
  return { due, next };
}

/** The receipt of a late message says nothing of its own: the forward's notice tells the desk of both. */
function noticeOfLate<T extends { step: number }>(name: string, ladder: readonly T[]): T[] {
  return name === 'receipt' ? [] : ladder.filter(({ step }) => step === 1);
}
