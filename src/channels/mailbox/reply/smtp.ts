import { Readable } from 'node:stream';
import MailComposer from 'nodemailer/lib/mail-composer';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { acknowledgementId } from './message-id.ts';
import type { ReplySettings } from './settings.ts';

export interface Acknowledgement {
  messageId: string;
  to: string;
  appealNumber: string;
  /** Message-ID of the mail that is answered. */
  inReplyTo: string | undefined;
  text: string;
}

/** What the mail server did with it; `unknown`: the call broke off after the mail was on its way. */
export type Delivery =
  | { outcome: 'accepted' }
  | { outcome: 'refused'; permanent: boolean; reason: string }
  | { outcome: 'unknown'; reason: string };

/** Machine milliseconds: to connect and be greeted, and between any two words of the server. */
const CONNECT_MS = 15_000;
const SILENCE_MS = 30_000;
/** A password goes in clear to this machine only. */
const LOOPBACK = /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1)$/;

/**
 * Hands one acknowledgement to the mail server. The envelope's sender is empty and the headers say what wrote it (RFC 3834),
 * so that no machine answers. Never throws.
 */
export async function deliver(settings: ReplySettings, mail: Acknowledgement): Promise<Delivery> {
  const { host, port, secure, user, password } = settings;
  const connection = new SMTPConnection({
    host,
    port,
    secure,
    requireTLS: user !== undefined && !LOOPBACK.test(host),
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    dnsTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    logger: false,
  });
  let isLeaving = false;
  /** It is read only after the server has said that it takes the mail. */
  async function* leave() {
    isLeaving = true;
    yield content;
  }
  let content: Buffer = Buffer.alloc(0);
  const leaving = Readable.from(leave());
  try {
    content = await compose(settings, mail);
    await new Promise<void>((resolve, reject) => {
      const done = (error?: Error | null): void => (error ? reject(error) : resolve());
      const send = (): void => connection.send({ from: '', to: [mail.to] }, leaving, done);
      // Also for what a connection that has done its work still says.
      connection.on('error', reject);
      connection.connect((error) => {
        if (error) return reject(error);
        if (user === undefined || !connection.allowsAuth) return send();
        connection.login({ user, pass: password ?? '' }, (failure) => (failure ? reject(failure) : send()));
      });
    });
    connection.quit();
    return { outcome: 'accepted' };
  } catch (error) {
    connection.close();
    return verdictOf(error, isLeaving);
  } finally {
    leaving.destroy();
  }
}

function compose({ from }: ReplySettings, mail: Acknowledgement): Promise<Buffer> {
  const { messageId, to, appealNumber, inReplyTo } = mail;
  return new MailComposer({
    from: { name: '', address: from },
    to: { name: '', address: to },
    // Words of our own: whoever forges a sender must not have the city carry theirs to him.
    subject: `来信已收到（诉求编号 ${appealNumber}）`,
    messageId: acknowledgementId(messageId, from),
    ...(inReplyTo ? { inReplyTo, references: [inReplyTo] } : {}),
    headers: { 'Auto-Submitted': 'auto-replied', 'X-Auto-Response-Suppress': 'All' },
    text: mail.text,
    textEncoding: 'base64',
  })
    .compile()
    .build();
}

/** Only a refusal of this very mail is final: a wrong password, or a server that takes no empty sender, can be mended. */
function verdictOf(error: unknown, isLeaving: boolean): Delivery {
  const { code = 'Error', originalCode, responseCode, command } = error as Record<string, string | number | undefined>;
  const reason = String(responseCode ? `${code} ${responseCode}` : (originalCode ?? code));
  if (isLeaving && !responseCode) return { outcome: 'unknown', reason };
  const isOfTheMail = command === 'RCPT TO' || command === 'DATA';
  return { outcome: 'refused', permanent: isOfTheMail && Number(responseCode) >= 500, reason };
}
