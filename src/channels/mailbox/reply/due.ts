import type { Errand } from '../../../intake/prepare.ts';
import type { MailboxSettings } from '../mailbox.channel.ts';
import type { Mail } from '../mime/mail.ts';

export const MAIL_REPLY = 'mail-reply';

/** Business milliseconds after which nobody waits for an acknowledgement any more, and until which it is tried. */
const DAY_MS = 86_400_000;

/**
 * The acknowledgement a mail causes, where its mailbox sends any. None for old mail, as it lies in a mailbox that is taken
 * over or in an archive that is posted.
 * @param receivedAt when the city's server took it; without it the mail's own date must do.
 */
export function replyDue(
  settings: MailboxSettings | undefined,
  mail: Mail,
  receivedAt: Date | undefined,
  now: Date,
): Errand | undefined {
  if (!settings?.reply || mail.from === undefined) return undefined;
  const writtenAt = receivedAt ?? new Date(mail.header('date')[0] ?? '');
  if (now.getTime() - writtenAt.getTime() > DAY_MS) return undefined;
  return { kind: MAIL_REPLY, dueAt: new Date(now.getTime() + DAY_MS) };
}
