import { appealsOfMessages, findAppeal, raisedBy } from '../../appeals/lookup.service.ts';
import { isAppealNumber } from '../../appeals/number.ts';
import type { KeyRing } from '../../platform/access/key-ring.ts';
import type { Executor } from '../../platform/database/database.ts';
import { messagesByReference } from './mails.repo.ts';
import type { Mail } from './mime/mail.ts';
import { acknowledgedMessage } from './reply/message-id.ts';

const MOST_NUMBERS = 5;

/** Blind indexes of a Message-ID under every key of the ring. */
export const referenceIndexes = (keyRing: KeyRing, messageId: string): Buffer[] =>
  keyRing.blindIndexes('mail', messageId);

/**
 * The appeal a mail continues: by the Message-IDs it answers or forwards (our own
 * acknowledgements included), then by an appeal number in its subject. It
 * belongs there only when it comes from an address that is already in the case; from anybody else the number is but a hint
 * for the desk, since a number can be quoted by everyone.
 */
export async function threadOf(
  db: Executor,
  keyRing: KeyRing,
  mail: Mail,
): Promise<{ belongsTo?: string; refersTo?: string }> {
  const references = mail.references.flatMap((id) => referenceIndexes(keyRing, id));
  const numbers = (mail.subject.normalize('NFKC').match(/(?<!\d)\d{16}(?!\d)/g) ?? []).filter(isAppealNumber);
  const named = [...new Set(numbers)].slice(0, MOST_NUMBERS).map((number) => findAppeal(db, number));
  const threads = [
    ...(await appealsOfMessages(db, [
      ...mail.references.flatMap((id) => acknowledgedMessage(id) ?? []),
      ...(await messagesByReference(db, references)),
    ])),
    ...(await Promise.all(named)).filter((appeal) => appeal !== undefined),
  ];
  if (threads.length === 0) return {};
  const accounts = mail.from ? keyRing.blindIndexes('account', `mailbox:${mail.from}`) : [];
  const own = await raisedBy(
    db,
    threads.map(({ id }) => id),
    accounts,
  );
  const thread = threads.find(({ id }) => own.has(id));
  if (!thread) return { refersTo: threads[0]?.number ?? '' };
  return { belongsTo: 'meant' in thread ? thread.meant : (own.get(thread.id) ?? thread.id) };
}
