import { createHash } from 'node:crypto';
import { type EmailAddress, type ParsedMail, simpleParser } from 'mailparser';
import { ProblemError } from '../../../platform/problem.ts';
import { wholeWords } from './alternatives.ts';
import { textOfHtml } from './html.ts';
import { LIMITS, MAX_HTML } from './limits.ts';
import { headEnd, mend } from './mend.ts';

/** A mail as far as the city reads it. All text is well-formed; nothing here was checked to be true. */
export interface Mail {
  subject: string;
  /** What the sender wrote; empty when there is none. */
  text: string;
  /** Undefined: none that could be one. */
  from: string | undefined;
  fromName: string;
  messageId: string | undefined;
  inReplyTo: string | undefined;
  /** Message-IDs this mail answers or forwards, the nearest first. */
  references: readonly string[];
  attachments: readonly { name: string | undefined; content: Buffer }[];
  /** Values of a header, unfolded, in order. */
  header: (name: string) => readonly string[];
}

const MOST_REFERENCES = 50;
const MESSAGE_ID = /<[^<>\s]{1,990}>/g;

/**
 * @param depth how many mails it is forwarded within.
 * @throws ProblemError 400 when it cannot be read or passes a limit.
 */
export async function readMail(given: Buffer, depth = 0): Promise<Mail> {
  const raw = withoutEnvelope(given);
  if (!/^[!-9;-~]+[ \t]*:/m.test(raw.subarray(0, Math.min(headEnd(raw), LIMITS.maxHeadSize)).toString('latin1')))
    throw unreadable('has no header and is no mail', '不是有效的邮件');
  try {
    const { raw: mended, hasPlainText } = await mend(raw);
    const parsed = await simpleParser(mended, {
      ...LIMITS,
      maxHtmlLengthToParse: MAX_HTML,
      checksumAlgo: false,
      keepCidLinks: true,
      skipImageLinks: true,
      skipTextLinks: true,
      skipTextToHtml: true,
    });
    const mail = toMail(parsed, hasPlainText);
    return mail.text === '' && depth < 2 ? { ...mail, text: await forwardedText(parsed, depth) } : mail;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EMAXLEN')
      throw unreadable('has too many parts or too long headers', '邮件的部分过多或邮件头过长');
    throw unreadable('cannot be read as a mail', '无法解析邮件');
  }
}

function unreadable(en: string, zh: string): ProblemError {
  return new ProblemError(
    'malformed-body',
    { en: `The mail ${en}.`, zh: `邮件无法接收：${zh}。` },
    { errors: [{ pointer: '', detail: en, detailZh: zh }] },
  );
}

/** Mail handed on by a local delivery agent may begin with the line of an mbox, or have lost the half of its line ends. */
function withoutEnvelope(given: Buffer): Buffer {
  const raw = given.includes(10) ? given : Buffer.from(given.toString('latin1').replaceAll('\r', '\n'), 'latin1');
  return raw.subarray(0, 5).toString('latin1') === 'From ' ? raw.subarray(raw.indexOf(10) + 1) : raw;
}

/** Words of the mails that one without words of its own forwards. */
async function forwardedText(parsed: ParsedMail, depth: number): Promise<string> {
  const texts: string[] = [];
  for (const { contentType, content } of parsed.attachments) {
    if (contentType !== 'message/rfc822') continue;
    const inner = await readMail(content, depth + 1).catch(() => undefined);
    if (inner) texts.push(`（转发的邮件）${inner.subject}\n${inner.text}`.trim());
  }
  return texts.join('\n\n');
}

function toMail(parsed: ParsedMail, hasPlainText: boolean): Mail {
  const headers = new Map<string, string[]>();
  for (const { key, line } of parsed.headerLines) {
    const value = line.slice(line.indexOf(':') + 1).replaceAll(/\r?\n[ \t]*/g, ' ');
    headers.set(key, [...(headers.get(key) ?? []), value.trim()]);
  }
  const header = (name: string): readonly string[] => headers.get(name) ?? [];
  const idsOf = (values: readonly string[]): string[] => values.flatMap((value) => value.match(MESSAGE_ID) ?? []);
  const [sender] = flat(parsed.from?.value ?? []).filter(({ address }) => isAddress(address));
  const html = typeof parsed.html === 'string' ? parsed.html : '';
  // Of alternatives the plain one; of whatever else stands side by side, all.
  const plain = parsed.text ?? '';
  const forwarded = parsed.attachments
    .filter(({ contentType }) => contentType === 'message/rfc822')
    .flatMap(
      ({ content }) => /^message-id:\s*(<[^<>\s]{1,990}>)/im.exec(content.toString('latin1', 0, 16_384))?.[1] ?? [],
    );
  return {
    subject: line(parsed.subject ?? ''),
    text: words(html === '' ? plain : hasPlainText ? wholeWords(plain, textOfHtml(html)) : textOfHtml(html)),
    from: sender?.address?.toLowerCase(),
    fromName: line(sender?.name ?? ''),
    messageId: idsOf(header('message-id'))[0],
    inReplyTo: idsOf(header('in-reply-to'))[0],
    references: [
      ...new Set([...idsOf(header('in-reply-to')), ...idsOf(header('references')).reverse(), ...forwarded]),
    ].slice(0, MOST_REFERENCES),
    attachments: parsed.attachments.map(({ filename, content }) => ({ name: filename, content })),
    header,
  };
}

const flat = (addresses: readonly EmailAddress[]): EmailAddress[] =>
  addresses.flatMap((address) => (address.group ? flat(address.group) : [address]));

const isAddress = (address: string | undefined): boolean =>
  address !== undefined && address.length <= 254 && /^[^\s@<>",;]{1,64}@[^\s@<>",;]+$/.test(address);

/** Well-formed, one line, no control characters. */
const line = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim();

function words(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/[^\P{Cc}\n\t]/gu, '')
    .split('\n')
    .map((each) => each.trimEnd())
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
}

/**
 * What makes two mails the same wherever they are met: who wrote, when, what about, under which Message-ID, and the body.
 * Not the trace headers, which every server on the way adds, and not the line ends.
 */
export function identityOf(given: Buffer): string {
  const raw = withoutEnvelope(given);
  const end = headEnd(raw);
  const unfolded = raw
    .subarray(0, end)
    .toString('latin1')
    .replaceAll('\r', '')
    .replaceAll(/\n[ \t]+/g, ' ');
  const own = unfolded.split('\n').filter((text) => /^(message-id|date|from|subject):/i.test(text));
  // With none of these the rest of the head is all there is to tell one from another.
  const head = own.length > 0 ? own.join('\n') : unfolded;
  const body = raw.subarray(end).toString('latin1').replaceAll('\r', '').trimEnd();
  return createHash('sha256').update(head, 'latin1').update('\n\n').update(body, 'latin1').digest('base64url');
}
