import { eq, sql } from 'drizzle-orm';
import { v7 as uuid } from 'uuid';
import { parsePhone } from '../appeals/phone-number.ts';
import type { KeyRing } from '../platform/access/key-ring.ts';
import type { Database, Transaction } from '../platform/database/database.ts';
import { arrayOf } from '../platform/database/rows.ts';
import { withTransaction } from '../platform/database/transaction.ts';
import { type CallRow, recount, settleCallBack } from './call-backs.service.ts';
import type { CallEvent } from './call-event.ts';
import { lockCallIds } from './call-messages.service.ts';
import { callEvents, calls } from './calls.table.ts';
import { type CallParty, type MergedCall, mergeEvents, recordingsOf } from './merge.ts';
import { joinRecordings, keepRecordings } from './recordings.service.ts';
import { expectWord, silentFrom } from './silent-calls.ts';

/** An event with whose id it is. */
export interface ToldEvent {
  provider: string;
  event: CallEvent;
}

/** What nobody but this room reads of a call: everybody's numbers. */
export interface SealedCall {
  caller: string | null;
  called: string | null;
  parties: CallParty[];
}

export interface CallsDeps {
  db: Database;
  keyRing: KeyRing;
  /** Source of a dialled number, as the source that tells of it is set. */
  sourceOfLine: (toldBy: string, dialled: string | null) => Promise<string | undefined>;
}

/**
 * Calls are made one push after another: events that name each other's legs may come at once, and so may two missed
 * calls of one caller. A push takes a few milliseconds; a city has at most some dozens a second.
 */
const CALLS_LOCK = 7_160_012_377;
/**
 * Different events kept of one call: no switch tells more, and a call is made anew from all of them. Answers and ends have
 * as many places again, so that progress cannot crowd them out: without them a call would count as missed.
 */
const MOST_EVENTS = 200;

export const callContext = (id: string): string => `call:${id}`;
export const openCall = (keyRing: KeyRing, row: Pick<CallRow, 'id' | 'sealed'>): SealedCall =>
  keyRing.open<SealedCall>(callContext(row.id), row.sealed);

/**
 * Takes the events of one push, in one transaction: what was told before is recognised, the rest is kept, and each call
 * it speaks of is made anew from all of its events. @returns for each event the call it belongs to.
 */
export async function takeEvents(
  { db, keyRing, sourceOfLine }: CallsDeps,
  toldBy: string,
  told: readonly ToldEvent[],
  now: Date,
): Promise<string[]> {
  // Sources are read before the transaction begins: it holds everybody else up.
  const lined: (ToldEvent & { told: CallEvent })[] = [];
  for (const { provider, event } of told) lined.push({ provider, told: event, event: await withLine(event) });
  return withTransaction(db, async (tx) => {
    await lockCalls(tx);
    let owners: string[] = [];
    for (const each of lined) {
      const { call, absorbed } = await keepEvent(tx, keyRing, each, now);
      owners = [...owners.map((owner) => (absorbed.includes(owner) ? call : owner)), call];
    }
    for (const id of new Set(owners)) await remake(tx, keyRing, id, toldBy, now);
    return owners;
  });

  async function withLine(event: CallEvent): Promise<CallEvent> {
    for (const line of [event.line, event.called]) {
      const lineSource = line ? await sourceOfLine(toldBy, line) : undefined;
      if (line && lineSource) return { ...event, line, lineSource };
    }
    return event;
  }
}

/** Held to the end of the transaction. */
const lockCalls = (tx: Transaction) => tx.execute(sql`select pg_advisory_xact_lock(${CALLS_LOCK})`);

/**
 * Looks again at a call of which nothing was heard. @returns when to look once more, since something was; undefined: it is
 * settled, or it is part of another call by now.
 */
export async function lookAgain(tx: Transaction, keyRing: KeyRing, id: string, now: Date): Promise<Date | undefined> {
  await lockCalls(tx);
  const [call] = await tx.select({ receivedBy: calls.receivedBy }).from(calls).where(eq(calls.id, id));
  return call && remake(tx, keyRing, id, call.receivedBy, now);
}

/** Keeps an event with the call its ids belong to; calls that turn out to be legs of one become one, the oldest. */
async function keepEvent(
  tx: Transaction,
  keyRing: KeyRing,
  { provider, event, told }: ToldEvent & { told: CallEvent },
  now: Date,
): Promise<{ call: string; absorbed: string[] }> {
  const ids = arrayOf([event.callId, ...(event.linkedId ? [event.linkedId] : [])], 'text');
  const fingerprints = keyRing.blindIndexes('call-event', JSON.stringify(told));
  const { rows } = await tx.execute<{ call: string; same: boolean }>(sql`
    select call, bool_or(leg_id = ${event.callId} and fingerprint = any(${arrayOf(fingerprints, 'bytea')})) as same
    from call_events where provider = ${provider} and (leg_id = any(${ids}) or linked_id = any(${ids}))
    group by call order by call`);
  const call = rows[0]?.call ?? uuid();
  const absorbed = rows.slice(1).map((row) => row.call);
  if (absorbed.length > 0) await absorb(tx, call, absorbed, now);
  if (rows.some((row) => row.same)) return { call, absorbed };
  const { rows: counted } = await tx.execute<{ n: number }>(
    sql`select count(*)::int as n from call_events where call = ${call}`,
  );
  const most = event.answeredAt || event.endedAt ? 2 * MOST_EVENTS : MOST_EVENTS;
  if ((counted[0]?.n ?? 0) >= most) return { call, absorbed };
  const id = uuid();
  await tx.insert(callEvents).values({
    id,
    call,
    provider,
    legId: event.callId,
    linkedId: event.linkedId ?? null,
    fingerprint: fingerprints[0]!,
    sealed: keyRing.seal(`call-event:${id}`, event),
    recordedAt: now,
  });
  return { call, absorbed };
}

async function absorb(tx: Transaction, call: string, absorbed: readonly string[], now: Date): Promise<void> {
  const those = arrayOf(absorbed, 'uuid');
  await tx.execute(sql`update call_events set call = ${call} where call = any(${those})`);
  await tx.execute(sql`update recordings set call = ${call} where call = any(${those})`);
  for (const id of absorbed) await expectWord(tx, id, undefined);
  const { rows } = await tx.execute<{ task: string | null }>(
    sql`delete from calls where id = any(${those}) returning call_back as task`,
  );
  await recount(
    tx,
    rows.flatMap(({ task }) => (task === null ? [] : [task])),
    now,
  );
}

/**
 * Makes a call anew from all of its events. One of which nothing was heard for too long counts as ended unanswered.
 * @returns when it will count so unless something is heard; undefined: it is not waiting for its end.
 */
async function remake(
  tx: Transaction,
  keyRing: KeyRing,
  id: string,
  toldBy: string,
  now: Date,
): Promise<Date | undefined> {
  const rows = await tx.select().from(callEvents).where(eq(callEvents.call, id)).orderBy(callEvents.id);
  const events = rows.map((row) => keyRing.open<CallEvent>(`call-event:${row.id}`, row.sealed));
  const silentAt = silentFrom(rows);
  const words = events.map((event, at) => ({ event, arrivedAt: rows[at]!.recordedAt }));
  const merged = mergeEvents(words, silentAt <= now);
  const [before] = await tx.select().from(calls).where(eq(calls.id, id));
  const number = citizenNumber(merged);
  const indexes = number === undefined ? [] : keyRing.blindIndexes('phone', number);
  const receivedBy = before?.receivedBy ?? toldBy;
  const startedAt = merged.startedAt ?? before?.startedAt ?? now;
  const { callId, direction, status, agent, seat, shift, queuedAt, answeredAt, endedAt } = merged;
  const row = {
    callId,
    source: merged.lineSource ?? receivedBy,
    direction,
    status,
    line: merged.line,
    agent,
    seat,
    shift,
    partyIndex: indexes[0] ?? null,
    startedAt,
    queuedAt,
    answeredAt,
    endedAt,
    durationSeconds: merged.durationSeconds,
    talkSeconds: merged.talkSeconds,
    hangupParty: merged.hangupParty,
    sealed: keyRing.seal(callContext(id), sealedPart(merged)),
    updatedAt: now,
  };
  const [call] = await tx
    .insert(calls)
    .values({ id, provider: rows[0]!.provider, receivedBy, recordedAt: now, ...row })
    .onConflictDoUpdate({ target: calls.id, set: row })
    .returning();
  await lockCallIds(
    tx,
    rows.map(({ legId }) => legId),
  );
  const told = recordingsOf(events).map((recording) => ({
    ...recording,
    at: endedAt ?? startedAt,
    source: receivedBy,
    call: id,
    message: null,
  }));
  await keepRecordings(tx, keyRing, told, now);
  await joinRecordings(tx, { calls: [id] });
  await settleCallBack(tx, call!, indexes, now);
  const waitsUntil = status === 'under-way' ? silentAt : undefined;
  await expectWord(tx, id, waitsUntil);
  return waitsUntil;
}

const sealedPart = ({ caller, called, parties }: MergedCall): SealedCall => ({ caller, called, parties });

/**
 * The number of who called, or was called by us, as it is looked up: E.164, or its digits when it is none. Undefined when
 * it was withheld.
 */
function citizenNumber({ direction, caller, called }: MergedCall): string | undefined {
  const text = (direction === 'outbound' ? called : caller) ?? '';
  const digits = text.normalize('NFKC').replaceAll(/\D/g, '');
  return parsePhone(text)?.number ?? (digits.length >= 3 && !/^0+$/.test(digits) ? `local:${digits}` : undefined);
}
