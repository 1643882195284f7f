import { eq, sql } from 'drizzle-orm';
import type { Executor, Transaction } from '../../../platform/database/database.ts';
import { arrayOf } from '../../../platform/database/rows.ts';
import { type MailReplyState, mailReplies } from '../mails.table.ts';

export type MailReplyRow = typeof mailReplies.$inferSelect;

/** Acknowledgements one address is sent in a day at most: the address may be forged. */
const MOST_A_DAY = 3;
/** Attempts in a row that are worth a word: one or two are a server that was started again. */
const WORTH_A_WORD = 3;

export async function findReply(db: Executor, messageId: string): Promise<MailReplyRow | undefined> {
  const [row] = await db.select().from(mailReplies).where(eq(mailReplies.messageId, messageId));
  return row;
}

/**
 * Whether an address had its share of the last 24 business hours. Until the transaction ends nobody else counts for it.
 * @param accounts blind indexes of the address under every key of the ring.
 */
export async function hadItsShare(
  tx: Transaction,
  accounts: readonly Buffer[],
  messageId: string,
  now: Date,
): Promise<boolean> {
  const key = accounts[0]?.toString('base64') ?? '';
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${key}, 7162))`);
  const { rows } = await tx.execute<{ count: number }>(sql`
    select count(*)::int as count from mail_replies where account_index = any(${arrayOf(accounts, 'bytea')})
      and attempt_started_at > ${now.toISOString()}::timestamptz - interval '24 hours'
      and state not in ('limited', 'unwanted') and message_id <> ${messageId}`);
  return (rows[0]?.count ?? 0) >= MOST_A_DAY;
}

/** Notes an attempt that begins, or that there is to be none. */
export async function noteAttempt(
  tx: Transaction,
  row: Pick<MailReplyRow, 'messageId' | 'source' | 'accountIndex' | 'state'>,
  now: Date,
): Promise<void> {
  const attempts = row.state === 'sending' ? 1 : 0;
  await tx
    .insert(mailReplies)
    .values({ ...row, attempts, attemptStartedAt: now })
    .onConflictDoUpdate({
      target: mailReplies.messageId,
      set: { state: row.state, attempts: sql`${mailReplies.attempts} + ${attempts}`, attemptStartedAt: now },
    });
}

/** What became of an attempt. One that was taken for lost meanwhile may still turn out to have been sent. */
export async function noteOutcome(
  db: Executor,
  messageId: string,
  state: MailReplyState,
  failure: string | null,
  at: Date,
): Promise<void> {
  await db.execute(sql`update mail_replies set state = ${state}, failure = ${failure},
      sent_at = case when ${state === 'sent'} then ${at.toISOString()}::timestamptz end
    where message_id = ${messageId} and (state = 'sending' or state = 'unknown' and ${state === 'sent'})`);
}

/** Notes that an acknowledgement which could not be sent is left to a person. */
export async function noteGivenUp(tx: Transaction, messageId: string): Promise<void> {
  await tx.execute(sql`update mail_replies set state = 'technical-failure'
    where message_id = ${messageId} and state = 'temporary-failure'`);
}

/** Sources whose acknowledgements failed several times since one was sent. */
export async function failingReplies(
  db: Executor,
): Promise<{ source: string; failures: number; failure: string | null }[]> {
  const { rows } = await db.execute<{ source: string; failures: number; failure: string | null }>(sql`
    select r.source, sum(r.attempts)::int as failures,
      (array_agg(r.failure order by r.attempt_started_at desc))[1] as failure
    from mail_replies r where r.state in ('temporary-failure', 'technical-failure') and r.attempt_started_at > coalesce(
      (select max(s.sent_at) from mail_replies s where s.source = r.source and s.state = 'sent'), '-infinity')
    group by r.source having sum(r.attempts) >= ${WORTH_A_WORD} order by r.source`);
  return rows;
}
