import { asc, eq, gte, sql } from 'drizzle-orm';
import type { Executor } from '../../../platform/database/database.ts';
import { codeOf } from '../../../platform/log.ts';
import { mailboxFailures } from '../mails.table.ts';

/** One or two are a server that was started again. */
const WORTH_A_WORD = 3;

/** Keeps that a mailbox could not be read, and why: a code or name, nothing the server said. */
export async function noteFailure(db: Executor, source: string, failure: string): Promise<void> {
  await db
    .insert(mailboxFailures)
    .values({ source, failures: 1, failure })
    .onConflictDoUpdate({
      target: mailboxFailures.source,
      set: { failures: sql`${mailboxFailures.failures} + 1`, failure },
    });
}

export async function forgetFailures(db: Executor, source: string): Promise<void> {
  await db.delete(mailboxFailures).where(eq(mailboxFailures.source, source));
}

/** Mailboxes that could not be read several times in a row. */
export async function failingMailboxes(db: Executor): Promise<(typeof mailboxFailures.$inferSelect)[]> {
  return db
    .select()
    .from(mailboxFailures)
    .where(gte(mailboxFailures.failures, WORTH_A_WORD))
    .orderBy(asc(mailboxFailures.source));
}

/** Business time after which nobody looks for a mail that was set aside any more. */
const TOLD = '7 days';

/** Mails of each source that could not be taken and lie in their mailbox still. */
export async function mailsSetAside(db: Executor, now: Date): Promise<{ source: string; count: number }[]> {
  const { rows } = await db.execute<{ source: string; count: number }>(sql`
    select source, count(*)::int as count from mails where reason in ('set-aside', 'failed')
      and recorded_at > ${now.toISOString()}::timestamptz - ${TOLD}::interval group by source order by source`);
  return rows;
}

/**
 * What kind of failure it was. What the server said may quote the account, so that only codes and names are kept.
 */
export function failureOf(error: unknown): string {
  const { name, authenticationFailed, serverResponseCode } = error as Error & Record<string, unknown>;
  if (authenticationFailed === true) return 'AUTHENTICATIONFAILED';
  const [first = 'Error'] = [serverResponseCode, codeOf(error), name].filter(
    (word): word is string => typeof word === 'string' && /^[\w-]{1,60}$/.test(word),
  );
  return first;
}
