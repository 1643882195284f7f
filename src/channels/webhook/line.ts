import { type Keeping, keepText, type NewAttachment } from '../../attachments/attachments.service.ts';

/** Characters of one message's text (the intake's own limit). */
const LONGEST_TEXT = 20_000;
const CONTINUED = '……（全文见附件）';
const NOTHING = '[空白消息]';
/** Not in XML 1.0, not to be read by anybody, and NUL not to be kept by PostgreSQL. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
const UNREADABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]/g;
const EARLIEST = Date.UTC(2000, 0, 1);

/**
 * What a citizen wrote on a platform, fit for a message's body: nothing is refused and nothing lost, blanks at its ends
 * included. A text beyond the limit goes on in an attachment that holds all of it.
 * @param sender name its sender gave.
 */
export async function wholeText(
  deps: Keeping,
  given: string,
  sender?: string,
): Promise<{ body: string; attachments: NewAttachment[] }> {
  const kept = withoutUnreadable(given);
  const text = kept.trim() === '' ? NOTHING : kept;
  if (text.length <= LONGEST_TEXT) return { body: text, attachments: [] };
  const attachments = await keepText(deps, { name: '全文.txt', text, sender });
  return { body: `${cutText(text, LONGEST_TEXT - CONTINUED.length)}${CONTINUED}`, attachments };
}

/** The beginning of a text: never to the middle of a character, nor of a number, half of which no mask recognises. */
export const cutText = (text: string, length: number): string =>
  text.length <= length
    ? text
    : text
        .slice(0, length)
        .replace(/[\ud800-\udbff]$/, '')
        .replace(/[\w.+\-@ ０-９]{1,40}$/, '');

/** Without what nobody can read and PostgreSQL may not keep. */
const withoutUnreadable = (text: string): string => text.toWellFormed().replaceAll(UNREADABLE, '');

/** The same without blanks at its ends, for what is no text of a citizen's. */
export const readable = (text: string): string => withoutUnreadable(text).trim();

/**
 * When a platform says that something was written, as `receivedAt` of a message. A time that cannot be (ahead of us, or
 * none) is left out: it must not cost the message.
 */
export function receivedAt(said: Date | undefined, now: Date): { receivedAt?: string } {
  const time = said?.getTime() ?? Number.NaN;
  return time >= EARLIEST && time <= now.getTime() ? { receivedAt: new Date(time).toISOString() } : {};
}
