import type { MessageBody } from '../../intake/message.schema.ts';
import { cutText } from '../webhook/line.ts';
import type { Mail } from './mime/mail.ts';

/** What a message body may hold, characters; a longer letter is kept whole as an attachment. */
const LONGEST_BODY = 20_000;
const LONGEST_TITLE = 200;
const LONGEST_NAME = 100;
const LONGEST_ID = 998;
const CUT = '\n（来信过长，全文见附件）';
const TITLE = '（主题）';
const NO_TEXT = '（来信无正文，见附件）';
const EMPTY = '（来信无正文）';

export interface Letter {
  body: MessageBody;
  /** The whole text, when the body had to be cut. */
  whole: string | undefined;
}

/** A mail as a message of the channel. @param note a line for the reader, put behind the text. */
export function toLetter(source: string, externalId: string, mail: Mail, receivedAt?: string, note = ''): Letter {
  const words = mail.text || mail.subject || (mail.attachments.length > 0 ? NO_TEXT : EMPTY);
  // What a title cannot hold is not lost: the text begins with all of it.
  const isTitleCut = mail.subject.length > LONGEST_TITLE && mail.text !== '';
  const text = isTitleCut ? `${TITLE}${mail.subject}\n\n${words}` : words;
  const isLong = text.length + note.length > LONGEST_BODY;
  const block = {
    ...(mail.from ? { from: mail.from } : {}),
    ...(mail.messageId ? { messageId: mail.messageId.slice(0, LONGEST_ID) } : {}),
    ...(mail.inReplyTo ? { inReplyTo: mail.inReplyTo.slice(0, LONGEST_ID) } : {}),
  };
  const body = {
    source,
    externalId,
    body: (isLong ? cutText(text, LONGEST_BODY - CUT.length - note.length) + CUT : text) + note,
    ...(receivedAt ? { receivedAt } : {}),
    ...(mail.subject ? { title: cutText(mail.subject, LONGEST_TITLE) } : {}),
    ...(mail.fromName ? { sender: { name: cutText(mail.fromName, LONGEST_NAME) } } : {}),
    ...(Object.keys(block).length > 0 ? { mail: block } : {}),
  };
  return { body, whole: isLong ? text : undefined };
}
