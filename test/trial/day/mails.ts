import iconv from 'iconv-lite';
import type { ImapServer } from '../../support/dovecot.ts';
import { jpeg, pdf } from '../../support/files.ts';
import { MAIL_SECRET, type MailAnswer, mail, multipart } from '../../support/mail.ts';
import type { Entry, File } from './book.ts';
import { type Day, HOUR, MINUTE, type Protocol } from './context.ts';
import { hashOf } from './platforms.ts';
import { drawCourse, persistent } from './senders.ts';

/** Both ways at once; by IMAP alone; by webhook alone. */
const BOTH = 'mayor-mailbox';
const BY_IMAP = 'secretary-mailbox';
const BY_WEBHOOK = 'petition-mailbox';
/** Accounts of the mailboxes that are read by IMAP. */
export const mailboxUsers: Readonly<Record<string, string>> = { [BOTH]: 'mayor', [BY_IMAP]: 'secretary' };

interface Letter {
  raw: Buffer;
  about: string;
  files?: File[];
  /** Not found by its words when there is nothing to be found. */
  fate?: Entry['fate'];
}

/** Mail of one mailbox by the city's mail server or by IMAP; without an IMAP server all of it is posted. */
export function mails(protocol: 'mail-webhook' | 'mail-imap', imap: ImapServer | undefined): Protocol {
  let letters = 0;

  async function connect({ service }: Day): Promise<void> {
    const posted = { webhookSecret: MAIL_SECRET };
    const read = (source: string): object =>
      imap?.settings(mailboxUsers[source] ?? '', { existing: 'take', readOnly: false, pollSeconds: 5 }) ?? {};
    await service.must('PUT', `/v1/sources/${BOTH}/settings`, { ...posted, ...read(BOTH) });
    await service.must('PUT', `/v1/sources/${BY_WEBHOOK}/settings`, posted);
    if (imap) await service.must('PUT', `/v1/sources/${BY_IMAP}/settings`, read(BY_IMAP));
  }

  function plan(day: Day, count: number): void {
    const { random, texts, book } = day;
    for (let left = count; left > 0; left--) {
      const { body, marker } = texts.marked(texts.next().body);
      const at = Math.min(day.moment(), day.begin + 22 * HOUR);
      const from = `wang${++letters}@example.com`;
      const letter = letterOf(day, random.weighted(kinds), { marker, body, from, at });
      const isByImap = protocol === 'mail-imap' && imap !== undefined;
      const source = isByImap ? random.pick([BOTH, BY_IMAP]) : random.pick([BOTH, BY_WEBHOOK]);
      const { about, files = [], fate = 'message' } = letter;
      const course = drawCourse(random);
      const entry = book.enter({ protocol, source, marker, about, files, fate, course });
      const send = isByImap ? arrive : post;
      day.timeline.at(at, () => send(day, entry, letter.raw, at));
      if (fate !== 'message') continue;
      // The same mail the other way too, or a second time in the folder.
      if (source === BOTH && imap && random.chance(0.5)) {
        const other = isByImap ? post : arrive;
        const raw = Buffer.concat([
          Buffer.from(`Received: from mx2 by mx1; ${new Date(at).toUTCString()}\r\n`),
          letter.raw,
        ]);
        const later = random.chance(0.5) ? at : at + 10 * MINUTE;
        day.timeline.at(later, () => other(day, entry, raw, later));
      }
      if (isByImap && random.chance(0.1)) day.timeline.at(at + MINUTE, () => arrive(day, entry, letter.raw, at));
      if (!isByImap && random.chance(0.15)) {
        planAnswer(day, { source, from, marker, matter: entry.matter, at });
        left -= 1;
      }
    }
  }

  /** An answer to one's own letter belongs to it; somebody else's answer only mentions it. */
  function planAnswer(
    day: Day,
    to: { source: string; from: string; marker: string; matter: string; at: number },
  ): void {
    const { random, texts, book } = day;
    const own = random.chance(0.6);
    const { body, marker } = texts.marked('补充一点情况：昨天晚上又发生了一次，照片已另外寄出。');
    const at = to.at + (20 + random.below(60)) * MINUTE;
    const headers = headersOf(own ? to.from : `li${++letters}@example.com`, marker, at);
    const raw = Buffer.from(mail({ ...headers, 'In-Reply-To': `<${to.marker}@example.com>` }, body));
    const about = own ? 'an answer' : 'an answer by somebody else';
    const matter = own ? { matter: to.matter } : {};
    const entry = book.enter({ protocol, source: to.source, marker, about, course: drawCourse(random), ...matter });
    day.timeline.at(at, () => post(day, entry, raw));
  }

  function post(day: Day, entry: Entry, raw: Buffer): Promise<void> {
    return day.deliver({
      entry,
      sender: persistent,
      request: () => ({
        method: 'POST',
        url: `/v1/webhooks/mailbox/${entry.source}`,
        headers: { authorization: `Bearer ${MAIL_SECRET}`, 'content-type': 'message/rfc822' },
        payload: raw,
      }),
      read: ({ body }) => {
        const { disposition, appealNumber } = JSON.parse(body) as MailAnswer;
        if (entry.fate === 'message') day.book.note(entry, { number: appealNumber });
        else if (disposition !== 'automatic') throw new Error('a machine’s mail is no message');
      },
    });
  }

  /** The city's server has it; what becomes of it nobody answers. */
  async function arrive(_day: Day, entry: Entry, raw: Buffer, at: number): Promise<void> {
    entry.deliveries += 1;
    await imap?.deliver(mailboxUsers[entry.source] ?? '', raw, { at: new Date(at) });
    entry.answers.push('delivered');
    entry.acknowledged = entry.fate === 'message';
  }

  return { connect, plan };
}

const kinds = { plain: 38, long: 4, gbk: 14, big5: 8, html: 10, files: 14, automatic: 8, bounce: 4, unreadable: 2 };

interface Content {
  marker: string;
  body: string;
  from: string;
  at: number;
}

const headersOf = (from: string, marker: string, at: number): Record<string, string> => ({
  From: `王女士 <${from}>`,
  Subject: `来信 ${marker.slice(2, 5)}`,
  Date: new Date(at).toUTCString().replace('GMT', '+0000'),
  'Message-ID': `<${marker}@example.com>`,
});

function letterOf(day: Day, kind: keyof typeof kinds, { marker, body, from, at }: Content): Letter {
  const headers = headersOf(from, marker, at);
  const encoded = (charset: string, text: string, label = charset): Buffer => {
    const [head = ''] = mail(
      { ...headers, 'Content-Type': `text/plain; charset=${label}`, 'Content-Transfer-Encoding': '8bit' },
      '',
    ).split('\r\n\r\n');
    return Buffer.concat([Buffer.from(`${head}\r\n\r\n`), iconv.encode(text, charset), Buffer.from('\r\n')]);
  };
  switch (kind) {
    case 'gbk':
      return { about: 'GBK', raw: encoded('gbk', body, day.random.pick(['gb2312', 'GBK', 'gb18030'])) };
    case 'big5':
      return { about: 'Big5', raw: encoded('big5', `市長先生：我們社區的路燈壞了很久，晚上非常黑暗。${marker}`) };
    case 'html': {
      const html = `<html><style>p{}</style><body><p>${body}</p></body></html>`;
      return {
        about: 'HTML',
        raw: Buffer.from(mail({ ...headers, 'Content-Type': 'text/html; charset=utf-8' }, html)),
      };
    }
    case 'files': {
      const contents = [Buffer.concat([jpeg, Buffer.from(marker)]), Buffer.concat([pdf, Buffer.from(marker)])];
      const parts = contents.map((content, nth): readonly [Record<string, string>, string] => [
        {
          'Content-Type': nth === 0 ? 'image/jpeg' : 'application/pdf',
          'Content-Disposition': `attachment; filename="${nth}.${nth === 0 ? 'jpg' : 'pdf'}"`,
          'Content-Transfer-Encoding': 'base64',
        },
        content.toString('base64'),
      ]);
      const files = contents.map((content, nth) => ({ sha256: hashOf(content), kind: nth === 0 ? 'image' : 'file' }));
      const text = [{ 'Content-Type': 'text/plain; charset=utf-8' }, body] as const;
      return { about: 'with files', files, raw: Buffer.from(multipart(headers, [text, ...parts])) };
    }
    case 'long': {
      // Beyond what a message holds: kept whole as a file.
      const text = `${body}\n${'详情如下。'.repeat(5_000)}`;
      const files = [{ sha256: hashOf(Buffer.from(text)), kind: 'file' }];
      return { about: 'a long letter', files, raw: Buffer.from(mail(headers, text)) };
    }
    case 'automatic':
      return {
        about: 'an absent person’s program',
        fate: 'nothing',
        raw: Buffer.from(mail({ ...headers, 'Auto-Submitted': 'auto-replied' }, body)),
      };
    case 'bounce':
      return {
        about: 'a bounce',
        fate: 'nothing',
        raw: Buffer.from(mail({ ...headers, From: 'MAILER-DAEMON@example.com', Subject: '退信' }, body)),
      };
    case 'unreadable': {
      const parts = Array.from({ length: 300 }, () => '--b\r\n\r\nx\r\n').join('');
      const raw = mail({ ...headers, 'Content-Type': 'multipart/mixed; boundary=b' }, `${parts}${body}`);
      return { about: 'too many parts', fate: 'refused', raw: Buffer.from(raw) };
    }
    default:
      return { about: 'plain', raw: Buffer.from(mail(headers, body)) };
  }
}
