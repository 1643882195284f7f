import { isUnavailable, sqlState } from '../../../platform/database/database.ts';
import { ProblemError } from '../../../platform/problem.ts';
import { findMail, recordMail } from '../mails.repo.ts';
import { identityOf } from '../mime/mail.ts';
import { type Arrival, type ReceiveDeps, receiveMail } from '../receive.ts';

/** Data the database itself refuses: the same mail would be refused for ever. */
const REFUSED_DATA = /^(22|23|54)/;

/**
 * Takes a mail out of a mailbox. One that can never be taken must not hold up those behind it: it is noted, told of, and
 * stays where it lies. Throwing means: not now, try the same mail again.
 * @param takenFrom what the server received earlier is only recognised, never taken.
 */
export async function takeMail(deps: ReceiveDeps, arrival: Arrival, takenFrom: Date | null): Promise<void> {
  const { db, log, clock } = deps;
  const { source, raw, receivedAt } = arrival;
  const externalId = identityOf(raw);
  const layThere = takenFrom !== null && receivedAt !== undefined && receivedAt < takenFrom;
  if (layThere && !(await findMail(db, source, externalId))) return;
  try {
    await receiveMail(deps, arrival);
  } catch (err) {
    const isRefused = err instanceof ProblemError && err.code !== 'busy';
    if (isUnavailable(err) || !(isRefused || REFUSED_DATA.test(sqlState(err) ?? ''))) throw err;
    log.error({ err, source, mail: externalId }, 'a mail could not be taken and stays in its mailbox');
    await recordMail(db, { source, externalId, kind: 'refused', reason: 'failed', recordedAt: await clock.now() });
  }
}
