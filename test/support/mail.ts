import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { City, Reply } from './city.ts';

export const MAIL_SECRET = 'secret-of-the-mayors-mailbox';

/** A mail as it is sent: a plain one unless headers say otherwise; `''` leaves a header out. */
export function mail(headers: Record<string, string> = {}, body = '想了解一下近期的便民活动安排'): string {
  const all: Record<string, string> = {
    From: '王女士 <wang@example.com>',
    To: 'mayor@city.example',
    Subject: '来信',
    Date: 'Tue, 10 Mar 2026 09:30:00 +0800',
    'Message-ID': `<${randomUUID()}@example.com>`,
    'MIME-Version': '1.0',
    'Content-Type': 'text/plain; charset=utf-8',
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === '' ? [] : [`${name}: ${value}`]));
  return [...lines, '', body, ''].join('\r\n');
}

/** The parts of a multipart mail, each with its own headers. */
export function multipart(
  headers: Record<string, string>,
  parts: readonly (readonly [head: Record<string, string>, body: string])[],
  subtype = 'mixed',
): string {
  const boundary = 'boundary-of-the-test';
  const body = parts.map(([head, text]) => {
    const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}`);
    return [`--${boundary}`, ...lines, '', text].join('\r\n');
  });
  return mail(
    { 'Content-Type': `multipart/${subtype}; boundary="${boundary}"`, ...headers },
    [...body, `--${boundary}--`].join('\r\n'),
  );
}

export interface MailAnswer {
  disposition: string;
  appealNumber: string;
  reason: string | null;
}

/** Lets the mail server post to a mailbox source. */
export async function openMailbox(
  city: Pick<City, 'call'>,
  source = 'mayor-mailbox',
  settings: object = {},
): Promise<void> {
  const reply = await city.call('PUT', `/v1/sources/${source}/settings`, { webhookSecret: MAIL_SECRET, ...settings });
  if (reply.status !== 200) throw new Error(JSON.stringify(reply.body));
}

export function postMail<T = MailAnswer>(
  city: City,
  raw: string | Buffer,
  headers: Record<string, string> = {},
  source = 'mayor-mailbox',
): Promise<Reply<T>> {
  return city.call<T>('POST', `/v1/webhooks/mailbox/${source}`, raw, {
    authorization: `Bearer ${MAIL_SECRET}`,
    'content-type': 'message/rfc822',
    ...headers,
  });
}

/** Asks again until it is so; the test's own time limit ends what never comes. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(20);
}
