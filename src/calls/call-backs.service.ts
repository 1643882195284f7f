import { and, eq, inArray, sql } from 'drizzle-orm';
import { v7 as uuid } from 'uuid';
import { recordAudit } from '../platform/access/audit.ts';
import { systemActor } from '../platform/access/keys.ts';
import { maskText } from '../platform/access/masking.ts';
import type { Transaction } from '../platform/database/database.ts';
import { arrayOf } from '../platform/database/rows.ts';
import { notFound, ProblemError } from '../platform/problem.ts';
import { callBacks, calls } from './calls.table.ts';

/** Business milliseconds after which a call that was missed is history: told of later, it asks nobody to call back. */
const LOOK_BACK_MS = 7 * 86_400_000;
const ACTOR = systemActor('phone');

export type CallRow = typeof calls.$inferSelect;
export type CallBackRow = typeof callBacks.$inferSelect;

/**
 * Brings the call-back tasks in line with a call as it is now. A missed call joins its caller's open task or opens one,
 * unless the caller was spoken to since; an answered call of the number closes what was missed before it.
 * @param indexes blind indexes of the citizen's number under every key.
 */
export async function settleCallBack(
  tx: Transaction,
  call: CallRow,
  indexes: readonly Buffer[],
  now: Date,
): Promise<void> {
  if (call.status !== 'missed' && call.callBack !== null) {
    await tx.update(calls).set({ callBack: null }).where(eq(calls.id, call.id));
    await recount(tx, [call.callBack], now);
  }
  if (call.partyIndex === null) return;
  const those = arrayOf(indexes, 'bytea');
  if (call.status === 'answered' && call.answeredAt !== null)
    await tx.execute(sql`update call_backs set status = 'answered', closed_at = ${now.toISOString()}, closed_by = ${ACTOR}
      where party_index = any(${those}) and status = 'open' and last_missed_at <= ${call.answeredAt.toISOString()}`);
  if (call.status !== 'missed') return;
  const missedAt = call.endedAt ?? call.startedAt;
  if (call.callBack !== null) return recount(tx, [call.callBack], now);
  if (now.getTime() - missedAt.getTime() > LOOK_BACK_MS || (await spokenSince(tx, those, call.startedAt))) return;
  const [open] = await tx
    .select({ id: callBacks.id })
    .from(callBacks)
    .where(and(inArray(callBacks.partyIndex, [...indexes]), eq(callBacks.status, 'open')));
  const id = open?.id ?? uuid();
  if (!open)
    await tx.insert(callBacks).values({
      id,
      partyIndex: call.partyIndex,
      status: 'open',
      missedCalls: 1,
      firstMissedAt: missedAt,
      lastMissedAt: missedAt,
    });
  await tx.update(calls).set({ callBack: id }).where(eq(calls.id, call.id));
  await recount(tx, [id], now);
}

async function spokenSince(tx: Transaction, those: ReturnType<typeof arrayOf>, since: Date): Promise<boolean> {
  const at = since.toISOString();
  const { rowCount } = await tx.execute(sql`
    select 1 from calls where party_index = any(${those}) and status = 'answered' and answered_at >= ${at}
    union all select 1 from call_backs where party_index = any(${those}) and status = 'reached' and closed_at >= ${at} limit 1`);
  return (rowCount ?? 0) > 0;
}

/** Counts the missed calls of tasks anew; an open one that has none left asks for nothing any more. */
export async function recount(tx: Transaction, ids: readonly string[], now: Date): Promise<void> {
  if (ids.length === 0) return;
  await tx.execute(sql`update call_backs b set missed_calls = x.n,
      first_missed_at = coalesce(x.first, b.first_missed_at), last_missed_at = coalesce(x.last, b.last_missed_at),
      status = case when x.n = 0 and b.status = 'open' then 'withdrawn' else b.status end,
      closed_at = case when x.n = 0 and b.status = 'open' then ${now.toISOString()} else b.closed_at end,
      closed_by = case when x.n = 0 and b.status = 'open' then ${ACTOR} else b.closed_by end
    from (select k.id, count(c.id)::int as n, min(coalesce(c.ended_at, c.started_at)) as first,
        max(coalesce(c.ended_at, c.started_at)) as last
      from unnest(${arrayOf(ids, 'uuid')}) k(id) left join calls c on c.call_back = k.id group by k.id) x
    where b.id = x.id`);
}

export const callBackOutcomes = ['reached', 'no-answer', 'given-up'] as const;
export type CallBackOutcome = (typeof callBackOutcomes)[number];

/** An attempt to call back and how it went: `no-answer` leaves the task open. @throws ProblemError 404, or 409 when it is closed. */
export async function recordCallBack(
  tx: Transaction,
  callId: string,
  { outcome, note }: { outcome: CallBackOutcome; note: string | undefined },
  actor: string,
  now: Date,
): Promise<CallBackRow> {
  const [task] = await tx
    .select({ task: callBacks })
    .from(callBacks)
    .innerJoin(calls, eq(calls.callBack, callBacks.id))
    .where(eq(calls.id, callId))
    .for('update', { of: callBacks });
  if (!task) throw notFound({ en: 'A call-back task of this call', zh: '该通话的回拨任务' });
  if (task.task.status !== 'open')
    throw new ProblemError('conflict', {
      en: `The call-back task is closed already (${task.task.status}).`,
      zh: '该回拨任务已办结。',
    });
  const [row] = await tx
    .update(callBacks)
    .set({
      attempts: task.task.attempts + (outcome === 'given-up' ? 0 : 1),
      ...(outcome === 'given-up' ? {} : { lastAttemptAt: now }),
      ...(note === undefined ? {} : { note: maskText(note) }),
      ...(outcome === 'no-answer' ? {} : { status: outcome, closedAt: now, closedBy: actor }),
    })
    .where(eq(callBacks.id, task.task.id))
    .returning();
  await recordAudit(tx, {
    at: now,
    actor,
    action: 'call-back',
    subject: task.task.id,
    data: { call: callId, outcome },
  });
  return row!;
}
