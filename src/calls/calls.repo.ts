import { and, asc, desc, eq, gte, inArray, lt, type SQL, sql } from 'drizzle-orm';
import type { Executor } from '../platform/database/database.ts';
import { arrayOf } from '../platform/database/rows.ts';
import type { CallBackRow, CallRow } from './call-backs.service.ts';
import type { CallBackStatus, CallStatus, Direction } from './call-event.ts';
import { callBacks, calls, recordings } from './calls.table.ts';
import { CALL_OF_MESSAGE } from './recordings.service.ts';

/** What a list of calls can be narrowed by; each is the field's own name. */
export interface CallFilter {
  status?: CallStatus;
  direction?: Direction;
  source?: string;
  line?: string;
  agent?: string;
  seat?: string;
  shift?: string;
  callId?: string;
}

export interface CallRange {
  callBack: CallBackStatus | undefined;
  startedFrom: Date | undefined;
  startedBefore: Date | undefined;
}

export interface ShownCall {
  call: CallRow;
  callBack: Pick<CallBackRow, 'id' | 'status'> | null;
}

const shown = { call: calls, callBack: { id: callBacks.id, status: callBacks.status } };

/** Those that were told of last first. */
export async function listCalls(
  db: Executor,
  filter: CallFilter,
  { callBack, startedFrom, startedBefore }: CallRange,
  after: string | undefined,
  limit: number,
): Promise<ShownCall[]> {
  const conditions: SQL[] = [];
  for (const [name, value] of Object.entries(filter))
    if (value !== undefined) conditions.push(eq(calls[name as keyof CallFilter], value));
  if (callBack !== undefined) conditions.push(eq(callBacks.status, callBack));
  if (startedFrom) conditions.push(gte(calls.startedAt, startedFrom));
  if (startedBefore) conditions.push(lt(calls.startedAt, startedBefore));
  if (after !== undefined) conditions.push(lt(calls.id, after));
  return db
    .select(shown)
    .from(calls)
    .leftJoin(callBacks, eq(callBacks.id, calls.callBack))
    .where(and(...conditions))
    .orderBy(desc(calls.id))
    .limit(limit);
}

export async function findCall(db: Executor, id: string): Promise<ShownCall | undefined> {
  const [row] = await db
    .select(shown)
    .from(calls)
    .leftJoin(callBacks, eq(callBacks.id, calls.callBack))
    .where(eq(calls.id, id));
  return row;
}

/** Messages that were told in these calls. */
export async function messagesOf(
  db: Executor,
  ids: readonly string[],
): Promise<{ call: string; messageId: string; appealId: string }[]> {
  const { rows } = await db.execute<{ call: string; messageId: string; appealId: string }>(sql`
    select distinct c.id as call, m.message_id as "messageId", m.appeal_id as "appealId" from ${CALL_OF_MESSAGE}
    where c.id = any(${arrayOf(ids, 'uuid')}) order by 1, 2`);
  return rows;
}

export async function recordingIdsOf(
  db: Executor,
  ids: readonly string[],
): Promise<{ call: string | null; id: string }[]> {
  return db
    .select({ call: recordings.call, id: recordings.attachmentId })
    .from(recordings)
    .where(inArray(recordings.call, [...ids]))
    .orderBy(asc(recordings.attachmentId));
}

/** The longest waiting first, each with its last missed call. */
export async function listCallBacks(
  db: Executor,
  status: CallBackStatus | undefined,
  after: string | undefined,
  limit: number,
): Promise<{ task: CallBackRow; last: CallRow | undefined }[]> {
  const rows = await db
    .select()
    .from(callBacks)
    .where(
      and(
        status === undefined ? undefined : eq(callBacks.status, status),
        after === undefined ? undefined : sql`${callBacks.id} > ${after}`,
      ),
    )
    .orderBy(asc(callBacks.id))
    .limit(limit);
  return withLastCalls(db, rows);
}

export async function withLastCalls(
  db: Executor,
  tasks: readonly CallBackRow[],
): Promise<{ task: CallBackRow; last: CallRow | undefined }[]> {
  if (tasks.length === 0) return [];
  const last = await db
    .selectDistinctOn([calls.callBack])
    .from(calls)
    .where(
      inArray(
        calls.callBack,
        tasks.map(({ id }) => id),
      ),
    )
    .orderBy(calls.callBack, desc(calls.startedAt), desc(calls.id));
  const byTask = new Map(last.map((call) => [call.callBack, call]));
  return tasks.map((task) => ({ task, last: byTask.get(task.id) }));
}
