import { openMessage } from '../../../appeals/appellants.ts';
import { appealsOfMessages } from '../../../appeals/lookup.service.ts';
import type { Sources } from '../../../intake/sources.service.ts';
import type { KeyRing } from '../../../platform/access/key-ring.ts';
import { type AgendaItem, type Lease, LeaseLostError, settle } from '../../../platform/agenda/agenda.ts';
import { type AgendaHandler, AttemptFailedError } from '../../../platform/agenda/agenda-worker.ts';
import type { Clock } from '../../../platform/clock/clock.ts';
import type { Database, Transaction } from '../../../platform/database/database.ts';
import { withTransaction } from '../../../platform/database/transaction.ts';
import { isNobody } from '../automatic.ts';
import { type MailboxSettings, ownAddress } from '../mailbox.channel.ts';
import type { MailReplyState } from '../mails.table.ts';
import { MAIL_REPLY } from './due.ts';
import { failingReplies, findReply, hadItsShare, noteAttempt, noteGivenUp, noteOutcome } from './replies.repo.ts';
import { acknowledgement, type ReplySettings } from './settings.ts';
import { type Acknowledgement, deliver } from './smtp.ts';

interface Deps {
  db: Database;
  keyRing: KeyRing;
  clock: Clock;
  sources: Sources;
}

interface Attempt {
  settings: ReplySettings;
  mail: Acknowledgement;
}

/**
 * Sends each acknowledgement once: "attempt started" is committed before the mail server is called, and an attempt whose
 * outcome was lost, with the connection or with this process, is never made again. SMTP has nobody to ask.
 */
export function createMailReplyHandler(deps: Deps): AgendaHandler {
  const { db, keyRing, clock, sources } = deps;

  async function handle(lease: Lease, now: Date): Promise<void> {
    for (const item of lease.items) await answer(lease, item, now);
  }

  async function answer(lease: Lease, item: AgendaItem, now: Date): Promise<void> {
    const attempt = await begin(lease, item, now);
    if (!attempt) return settle(db, lease, [item], now);
    // A process that was frozen for longer than its lease must not send: another one has taken the attempt for lost.
    if (Date.now() > lease.heldUntil) throw new LeaseLostError('the lease ran out before the mail was sent');
    const delivery = await deliver(attempt.settings, attempt.mail);
    const at = await clock.now();
    const failure = delivery.outcome === 'accepted' ? null : delivery.reason;
    const state = stateOf(delivery);
    await noteOutcome(db, item.subjectId, state, failure, at);
    if (state === 'temporary-failure') throw new AttemptFailedError(failure ?? '');
    await settle(db, lease, [item], at);
  }

  /** Commits that an attempt begins; undefined: there is none to be made (any more). */
  async function begin(lease: Lease, { subjectId: messageId }: AgendaItem, now: Date): Promise<Attempt | undefined> {
    const before = await findReply(db, messageId);
    if (before?.state === 'sending') {
      if (Date.now() > lease.heldUntil) throw new LeaseLostError('the lease ran out');
      await noteOutcome(db, messageId, 'unknown', 'interrupted', now);
      return undefined;
    }
    if (before && before.state !== 'temporary-failure' && before.state !== 'technical-failure') return undefined;
    const message = await openMessage(db, keyRing, messageId);
    const [appeal] = await appealsOfMessages(db, [messageId]);
    const mailbox = message && (await sources.settingsOf<MailboxSettings>('mailbox', message.source));
    if (!message?.account || !appeal || !mailbox?.reply) return undefined;
    const { account, queryCode, body, source } = message;
    const accounts = keyRing.blindIndexes('account', `mailbox:${account}`);
    const state = await withTransaction(db, async (tx) => {
      const verdict = await mayBeSent(tx, mailbox, account, accounts, messageId, now);
      await noteAttempt(tx, { messageId, source, accountIndex: accounts[0] ?? Buffer.alloc(0), state: verdict }, now);
      return verdict;
    });
    if (state !== 'sending') return undefined;
    const { messageId: inReplyTo } = (body.mail ?? {}) as { messageId?: string };
    return {
      settings: mailbox.reply,
      mail: {
        messageId,
        to: account,
        appealNumber: appeal.number,
        inReplyTo: inReplyTo !== undefined && /^<[!-~]+>$/.test(inReplyTo) ? inReplyTo : undefined,
        text: acknowledgement(mailbox.reply, { appealNumber: appeal.number, queryCode }),
      },
    };
  }

  return {
    kind: MAIL_REPLY,
    drains: 2,
    batchSize: 1,
    attempts: 100,
    endsWhenDue: true,
    handle,
    giveUp: (tx, item) => noteGivenUp(tx, item.subjectId),
  };
}

async function mayBeSent(
  tx: Transaction,
  mailbox: MailboxSettings,
  account: string,
  accounts: readonly Buffer[],
  messageId: string,
  now: Date,
): Promise<'sending' | 'limited' | 'unwanted'> {
  const own = [ownAddress(mailbox), mailbox.reply?.from].map((address) => address?.toLowerCase());
  if (isNobody(account) || own.includes(account)) return 'unwanted';
  return (await hadItsShare(tx, accounts, messageId, now)) ? 'limited' : 'sending';
}

function stateOf(delivery: Awaited<ReturnType<typeof deliver>>): MailReplyState {
  if (delivery.outcome === 'accepted') return 'sent';
  if (delivery.outcome === 'unknown') return 'unknown';
  return delivery.permanent ? 'permanent-failure' : 'temporary-failure';
}

/** What operations should know: mailboxes whose acknowledgements could not be sent several times in a row. */
export function createReplyWarnings({ db, sources }: Pick<Deps, 'db' | 'sources'>) {
  return {
    async warnings(): Promise<string[]> {
      const warnings: string[] = [];
      for (const { source, failures, failure } of await failingReplies(db)) {
        const settings = await sources.settingsOf<MailboxSettings>('mailbox', source);
        if (settings?.reply)
          warnings.push(`replies of the mailbox ${source} could not be sent ${failures} times: ${failure}`);
      }
      return warnings;
    },
  };
}
