import { appealsOfMessages } from '../../appeals/lookup.service.ts';
import type { AllowedType } from '../../attachments/allowed-types.ts';
import { forgetContents, keepContent, keepText, type NewAttachment } from '../../attachments/attachments.service.ts';
import { recogniseType } from '../../attachments/content-type.ts';
import { shownName } from '../../attachments/file-name.ts';
import type { Storage } from '../../attachments/storage.ts';
import { isCourtesy } from '../../intake/follow-up.ts';
import type { Intake } from '../../intake/intake.ts';
import type { MessageAnswer } from '../../intake/message.schema.ts';
import type { KeyRing } from '../../platform/access/key-ring.ts';
import { systemActor } from '../../platform/access/keys.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import type { Database } from '../../platform/database/database.ts';
import type { Log } from '../../platform/log.ts';
import { ProblemError } from '../../platform/problem.ts';
import { automaticReason } from './automatic.ts';
import { toLetter } from './letter.ts';
import { type MailboxSettings, mailbox, ownAddress } from './mailbox.channel.ts';
import { findMail, recordMail } from './mails.repo.ts';
import { identityOf, type Mail, readMail } from './mime/mail.ts';
import { ownWords } from './own-words.ts';
import { replyDue } from './reply/due.ts';
import { referenceIndexes, threadOf } from './thread.ts';

export interface ReceiveDeps {
  db: Database;
  keyRing: KeyRing;
  clock: Clock;
  storage: Storage;
  intake: Intake;
  log: Log;
}

export interface Arrival {
  source: string;
  raw: Buffer;
  /** When the city's server took it; undefined: now. */
  receivedAt?: Date | undefined;
  /** Only the beginning of it was fetched. */
  isCut?: boolean;
  settings: MailboxSettings;
}

/** What became of a mail: a message (`replayed`: it was one before), or nothing, and why. */
export interface Received {
  disposition: MessageAnswer['disposition'] | 'automatic' | 'refused';
  appealNumber: string | null;
  reason: string | null;
}

const CUT_NOTE = '\n（邮件过大，附件未能全部接收，原件仍在信箱中）';
const EARLIEST = Date.UTC(2000, 0, 1);

/**
 * Takes one mail, from wherever it came: known ones are recognised, machines' are counted, all others become messages.
 * Every step may be repeated after a crash: the mail's own digest is the message's external id.
 * @throws ProblemError 400 when it cannot be read (noted as refused), 503 when it could not be written now.
 */
export async function receiveMail(deps: ReceiveDeps, arrival: Arrival): Promise<Received> {
  const { db, clock, log } = deps;
  const { source, raw } = arrival;
  const externalId = identityOf(raw);
  const before = await findMail(db, source, externalId);
  if (before?.messageId) {
    const [appeal] = await appealsOfMessages(db, [before.messageId]);
    return { disposition: 'replayed', appealNumber: appeal?.number ?? null, reason: null };
  }
  if (before)
    return {
      disposition: before.kind === 'refused' ? 'refused' : 'automatic',
      appealNumber: null,
      reason: before.reason,
    };
  const recordedAt = await clock.now();
  let mail: Mail;
  try {
    mail = await readMail(raw);
  } catch (error) {
    if (error instanceof ProblemError)
      await recordMail(db, { source, externalId, kind: 'refused', reason: 'unreadable', recordedAt });
    throw error;
  }
  const reason = automaticReason(mail, ownAddress(arrival.settings));
  if (reason) {
    await recordMail(db, { source, externalId, kind: 'automatic', reason, recordedAt });
    log.info({ source, mail: externalId, reason }, 'an automatic mail became no message');
    return { disposition: 'automatic', appealNumber: null, reason };
  }
  const answer = await submit(deps, arrival, externalId, mail, recordedAt);
  await recordMail(db, {
    source,
    externalId,
    kind: 'message',
    messageId: answer.messageId,
    reference: mail.messageId ? referenceIndexes(deps.keyRing, mail.messageId)[0] : undefined,
    recordedAt,
  });
  return { disposition: answer.disposition, appealNumber: answer.appealNumber, reason: null };
}

async function submit(
  deps: ReceiveDeps,
  { source, receivedAt, isCut = false, settings }: Arrival,
  externalId: string,
  mail: Mail,
  now: Date,
): Promise<MessageAnswer> {
  const { db, keyRing, intake } = deps;
  // The server's clock is not ours: a minute ahead must not make the mail a refusal.
  const at = receivedAt && receivedAt.getTime() >= EARLIEST && receivedAt < now ? receivedAt.toISOString() : undefined;
  const letter = toLetter(source, externalId, mail, at, isCut ? CUT_NOTE : '');
  const thread = await threadOf(db, keyRing, mail);
  const attachments = await keepAll(deps, mail, letter.whole);
  try {
    const actor = systemActor('mailbox');
    const isQuiet = thread.belongsTo !== undefined && isThanks(mail);
    const followedBy = isQuiet ? undefined : replyDue(settings, mail, at === undefined ? undefined : receivedAt, now);
    const accompanying = { attachments, ...thread, isCourtesy: isQuiet, followedBy };
    const answer = await intake.accept(mailbox, letter.body, actor, null, accompanying);
    if (answer.disposition === 'replayed') await forgetContents(deps, attachments);
    return answer;
  } catch (error) {
    // Whatever else failed may have been committed: then the contents belong to a record.
    if (error instanceof ProblemError) await forgetContents(deps, attachments);
    throw error;
  }
}

/** Thanks for what it answers and no more. What is handed on, or comes with files, says something. */
const isThanks = ({ subject, text, fromName, attachments }: Mail): boolean =>
  attachments.length === 0 && !/^(?:转发|fwd?)\s*[:：]/i.test(subject) && isCourtesy(ownWords(text, fromName));

async function keepAll(deps: ReceiveDeps, mail: Mail, whole: string | undefined): Promise<NewAttachment[]> {
  const files = mail.attachments.map(({ name, content }, at) => ({ name: name ?? `附件${at + 1}`, content }));
  const sender = mail.fromName || undefined;
  const kept = whole === undefined ? [] : await keepText(deps, { name: '全文.txt', text: whole, sender });
  for (const { name, content } of files) {
    const { kind, mediaType } = await typeOf(name, content);
    kept.push(await keepContent(deps, { kind, name: shownName(name), mediaType, content }));
  }
  return kept;
}

/** By the content; a mail cannot be asked for another file, so what is of no known kind is kept as bytes. */
async function typeOf(name: string, content: Buffer): Promise<Pick<AllowedType, 'kind' | 'mediaType'>> {
  const byName = await recogniseType(content, name);
  const found = 'refused' in byName ? await recogniseType(content, '') : byName;
  return 'refused' in found ? { kind: 'file', mediaType: 'application/octet-stream' } : found;
}
