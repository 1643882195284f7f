import { isUnavailable, sqlState } from '../../../platform/database/database.ts';
import { ProblemError } from '../../../platform/problem.ts';
import { recordMail } from '../mails.repo.ts';
import { identityOf } from '../mime/mail.ts';
import { type Arrival, type ReceiveDeps, receiveMail } from '../receive.ts';
import type { Position } from './positions.ts';

/** Data the database itself refuses: the same mail would be refused for ever. */
const REFUSED_DATA = /^(22|23|54)/;

/**
 * Takes a mail out of a mailbox. One that can never be taken must not hold up those behind it: it is noted, told of, and
 * stays where it lies. Throwing means: not now, try the same mail again.
 */
export async function takeMail(deps: ReceiveDeps, arrival: Arrival): Promise<void> {
  const { db, log, clock } = deps;
  const { source, raw } = arrival;
  try {
    await receiveMail(deps, arrival);
  } catch (err) {
    const isRefused = err instanceof ProblemError && err.code !== 'busy';
    if (isUnavailable(err) || !(isRefused || REFUSED_DATA.test(sqlState(err) ?? ''))) throw err;
    const externalId = identityOf(raw);
    log.error({ err, source, mail: externalId }, 'a mail could not be taken and stays in its mailbox');
    await recordMail(db, { source, externalId, kind: 'refused', reason: 'failed', recordedAt: await clock.now() });
  }
}

/**
 * Passes by a mail that could not be taken time and again, or ended the process that tried: noted by where it lies, since
 * reading it is what went wrong. Should it come by the webhook, it is taken like any other.
 */
export async function setAside(
  deps: ReceiveDeps,
  { source, place, uidValidity }: Position,
  uid: number,
): Promise<void> {
  const { db, log, clock } = deps;
  const externalId = `${place.toString('base64url')}:${uidValidity}:${uid}`;
  log.error({ source, uidValidity: String(uidValidity), uid }, 'a mail was set aside and stays in its mailbox');
  await recordMail(db, { source, externalId, kind: 'refused', reason: 'set-aside', recordedAt: await clock.now() });
}
