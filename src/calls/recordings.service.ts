import { inArray, sql } from 'drizzle-orm';
import { giveToMessages, insertAttachments, toFetch } from '../attachments/attachments.service.ts';
import type { KeyRing } from '../platform/access/key-ring.ts';
import type { Transaction } from '../platform/database/database.ts';
import { arrayOf, insertRows } from '../platform/database/rows.ts';
import { recordings } from './calls.table.ts';

/** Business milliseconds for which a call centre that says nothing keeps its recordings (domain: cloud centres, 7 days). */
const KEPT_MS = 7 * 86_400_000;

/** Name under which the attachments' fetch agenda finds who brings recordings. */
export const RECORDING_FETCHER = 'phone';

export interface ToldRecording {
  url: string;
  expiresAt: Date | null;
  /** When the call was, for the default of `expiresAt`. */
  at: Date;
  /** Source whose settings say how it is fetched. */
  source: string;
  call: string | null;
  message: { appealId: string; messageId: string } | null;
}

/**
 * Asks for recordings to be fetched, each address once however often and by whomever it is told; a name without a server
 * means another file to each source. One of a call without
 * message is kept with the call alone until there is one.
 */
export async function keepRecordings(
  tx: Transaction,
  keyRing: KeyRing,
  told: readonly ToldRecording[],
  now: Date,
): Promise<void> {
  for (const { url, expiresAt, at, source, call, message } of told) {
    const indexes = keyRing.blindIndexes('recording-url', URL.canParse(url) ? url : `${source} ${url}`);
    const [known] = await tx.select().from(recordings).where(inArray(recordings.urlIndex, indexes));
    if (known) {
      if (message) await giveToMessages(tx, [{ id: known.attachmentId, ...message }]);
      if (call !== null && known.call === null)
        await tx.execute(sql`update recordings set call = ${call} where attachment_id = ${known.attachmentId}`);
      continue;
    }
    const expiry = expiresAt ?? new Date(at.getTime() + KEPT_MS);
    const attachment = toFetch('recording', nameOf(url), { by: RECORDING_FETCHER, source, url }, later(expiry, now));
    const owner = message ?? { appealId: null, messageId: null };
    await insertAttachments(tx, keyRing, [{ ...owner, attachment }], now);
    await insertRows(tx, recordings, [
      { attachmentId: attachment.id, urlIndex: indexes[0]!, call, messageId: message?.messageId ?? null },
    ]);
  }
}

/** Told of late: one attempt is made all the same, the call centre may have kept it. */
const later = (a: Date, b: Date): Date => (a > b ? a : b);

/** The last part of the address, as the call centre names the file. */
const nameOf = (url: string): string => (url.split(/[?#]/)[0] ?? '').split('/').at(-1)?.slice(0, 200) || 'recording';

/**
 * Calls and messages name each other by the call centre's id, and the source by the webhook that was told or the line
 * that was dialled: ids of two call centres may be alike.
 */
export const CALL_OF_MESSAGE = sql`call_messages m join call_events e on e.leg_id = m.call_id
  join calls c on c.id = e.call and (c.source = m.source or c.received_by = m.source)`;

/** Brings recordings and messages of the same call together. `of` narrows to calls or messages, by `c.id` or `m.message_id`. */
export async function joinRecordings(
  tx: Transaction,
  of: { calls: readonly string[] } | { messages: readonly string[] },
): Promise<void> {
  const those =
    'calls' in of
      ? sql`c.id = any(${arrayOf(of.calls, 'uuid')})`
      : sql`m.message_id = any(${arrayOf(of.messages, 'uuid')})`;
  await tx.execute(sql`update recordings r set call = x.call from (
    select distinct on (m.message_id) m.message_id, c.id as call from ${CALL_OF_MESSAGE} where ${those} order by m.message_id, c.id) x
    where r.message_id = x.message_id and r.call is null`);
  const { rows } = await tx.execute<{ id: string; appealId: string; messageId: string }>(sql`
    select distinct on (r.attachment_id) r.attachment_id as id, m.appeal_id as "appealId", m.message_id as "messageId"
    from ${CALL_OF_MESSAGE} join recordings r on r.call = c.id where ${those} order by r.attachment_id, m.message_id`);
  await giveToMessages(tx, rows);
}
