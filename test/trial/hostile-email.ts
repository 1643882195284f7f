import type { InjectOptions } from 'fastify';
import { MAIL_SECRET, mail, multipart } from '../support/mail.ts';

const bytes = (seed: number, length: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, at) => (Math.imul(seed + at, 2_654_435_761) >>> 13) & 0xff));

/** Each kind of hostile mail; the number makes every one another. */
const kinds: readonly ((seed: number) => string | Buffer)[] = [
  (seed) => mail({ 'Content-Type': 'multipart/mixed; boundary=b' }, '--b\r\n\r\nx\r\n'.repeat(300 + (seed % 50))),
  (seed) => {
    const levels = Array.from(
      { length: 250 },
      (_, at) => `Content-Type: multipart/mixed; boundary=b${at}\r\n\r\n--b${at}\r\n`,
    );
    return `Subject: ${seed}\r\n${levels.join('')}`;
  },
  (seed) => mail({ 'X-Bomb': 'a'.repeat(300_000 + seed) }),
  (seed) => `${`X-${seed}: b\r\n`.repeat(10_000)}\r\nx`,
  (seed) => bytes(seed, 2_000),
  (seed) => mail({ 'Content-Type': `text/plain; charset=x-${seed}` }, bytes(seed, 200).toString('latin1')),
  (seed) => mail({ 'Content-Type': 'text/html' }, `${'<b>'.repeat(5_000)}${seed}`),
  (seed) => mail({ 'Content-Type': 'text/html' }, `${'<'.repeat(20_000)}${seed}`),
  (seed) => mail({ Subject: `=?utf-8?B?${'A'.repeat(seed % 5_000)}?= `.repeat(20) }),
  (seed) => mail({ References: `<${seed}@x> `.repeat(5_000) }),
  (seed) =>
    multipart({}, [
      [
        {
          'Content-Type': 'application/zip',
          'Content-Transfer-Encoding': 'base64',
          'Content-Disposition': `attachment; filename="../../${seed}\\u0000.png"`,
        },
        Buffer.concat([Buffer.from('PK\u0003\u0004', 'latin1'), bytes(seed, 500)]).toString('base64'),
      ],
    ]),
];

/** One hostile request for a number; one of seven comes without the secret. */
export function hostile(seed: number): InjectOptions {
  const kind = kinds[seed % kinds.length];
  return {
    method: 'POST',
    url: '/v1/webhooks/mailbox/mayor-mailbox',
    headers: {
      'content-type': 'message/rfc822',
      authorization: seed % 7 === 0 ? `Bearer guess-${seed}` : `Bearer ${MAIL_SECRET}`,
    },
    payload: kind?.(seed) ?? '',
  };
}
