import { inArray, sql } from 'drizzle-orm';
import type { NamedCall } from '../channels/channel.ts';
import type { KeyRing } from '../platform/access/key-ring.ts';
import type { Executor, Transaction } from '../platform/database/database.ts';
import { arrayOf, insertRows } from '../platform/database/rows.ts';
import { callMessages } from './calls.table.ts';
import { CALL_OF_MESSAGE, joinRecordings, keepRecordings } from './recordings.service.ts';

export interface MessageOfCall {
  messageId: string;
  appealId: string;
  source: string;
  receivedAt: Date;
  call: NamedCall;
  /** Source of the dialled line, when the message tells it. */
  lineSource: string | undefined;
}

/**
 * Waits for everybody who is about to bring the same calls and messages together: whoever comes second sees what the
 * first wrote. In sorted order, held to the end of the transaction.
 */
export async function lockCallIds(tx: Transaction, callIds: readonly string[]): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(k) from (
    select distinct hashtextextended(id, 7160) as k from unnest(${arrayOf(callIds, 'text')}) id order by 1) x`);
}

/** Notes which messages were told in which calls, in the intake's transaction; the call may be reported later. */
export async function noteCalls(
  tx: Transaction,
  keyRing: KeyRing,
  messages: readonly MessageOfCall[],
  now: Date,
): Promise<void> {
  if (messages.length === 0) return;
  await lockCallIds(
    tx,
    messages.map(({ call }) => call.callId),
  );
  await insertRows(
    tx,
    callMessages,
    messages.map(({ messageId, appealId, source, call, lineSource }) => ({
      messageId,
      appealId,
      source,
      callId: call.callId,
      lineSource: lineSource ?? null,
    })),
  );
  await keepRecordings(
    tx,
    keyRing,
    messages.flatMap(({ messageId, appealId, source, receivedAt, call: { recordingUrl } }) =>
      recordingUrl === undefined
        ? []
        : [
            {
              url: recordingUrl,
              expiresAt: null,
              at: receivedAt,
              source,
              call: null,
              message: { appealId, messageId },
            },
          ],
    ),
    now,
  );
  await joinRecordings(tx, { messages: messages.map(({ messageId }) => messageId) });
}

/** What is known of the calls of messages that were brought to another appeal goes with them. */
export async function moveCallMessages(
  tx: Transaction,
  messageIds: readonly string[],
  appealId: string,
): Promise<void> {
  await tx
    .update(callMessages)
    .set({ appealId })
    .where(inArray(callMessages.messageId, [...messageIds]));
}

/** Sources of the lines that were dialled for these appeals, where they are known: the catalogue routes by them too. */
export async function lineSourcesOf(db: Executor, appealIds: readonly string[]): Promise<Map<string, string[]>> {
  const those = arrayOf(appealIds, 'uuid');
  const { rows } = await db.execute<{ appealId: string; source: string }>(sql`
    select appeal_id as "appealId", line_source as source from call_messages
      where appeal_id = any(${those}) and line_source is not null
    union select m.appeal_id, c.source from ${CALL_OF_MESSAGE} where m.appeal_id = any(${those})`);
  const byAppeal = new Map<string, string[]>();
  for (const { appealId, source } of rows) byAppeal.set(appealId, [...(byAppeal.get(appealId) ?? []), source]);
  return byAppeal;
}
