import type { InjectOptions } from 'fastify';
import { ADMIN_KEY } from '../support/city.ts';

const message = (n: number, changes: object = {}): string =>
  JSON.stringify({ source: '12345', externalId: `h-${n}`, body: '路灯不亮', ...changes });

/** Bodies that mean harm, by kind; `n` makes each one another. */
const bodies: ((n: number) => string | Buffer)[] = [
  (n) => '['.repeat(n % 200_000),
  (n) => message(n, { body: '长'.repeat(20_001 + (n % 200_000)) }),
  (n) => message(n, { body: `\u0000${n}` }),
  (n) => message(n).replace('路灯', '\\ud800'),
  (n) => message(n).replace('{', '{"__proto__":{"admin":true},'),
  (n) => message(n, { constructor: { prototype: n } }),
  (n) => message(n, { receivedAt: `${n}-02-30T25:61:00Z` }),
  (n) => message(n, { receivedAt: '9999-12-31T23:59:59Z' }),
  (n) => message(n, { externalId: 'x'.repeat(n % 5_000) }),
  (n) => message(n, { source: `12345'; drop table appeals; -- ${n}` }),
  (n) => message(n, { sender: { phone: '1'.repeat(n % 3_000) } }),
  (n) => message(n, { sender: Array.from({ length: n % 10_000 }, () => ({})) }),
  (n) => message(n, { call: { recordingUrl: `file:///etc/${n}` } }),
  (n) => message(n).slice(0, n % 60),
  (n) => Buffer.from(message(n), 'utf16le'),
  (n) => Buffer.concat([Buffer.from('{"source":"12345","externalId":"a","body":"'), Buffer.from([0xc2, n % 256])]),
  (n) => `{"source":"12345","externalId":"a","body":"b","n":${'9'.repeat(n % 10_000)}}`,
  (n) => message(n, Object.fromEntries(Array.from({ length: n % 5_000 }, (_, at) => [`f${at}`, at]))),
];

/** One hostile message of an adapter for a number; one of eleven has no key of ours. */
export function hostile(seed: number): InjectOptions {
  const n = seed * 7919;
  return {
    method: 'POST',
    url: '/v1/channels/phone/messages',
    headers: {
      'content-type': seed % 17 === 0 ? 'text/plain' : 'application/json',
      authorization: seed % 11 === 0 ? `Bearer guess-${seed}` : `Bearer ${ADMIN_KEY}`,
      'idempotency-key': seed % 5 === 0 ? 'k'.repeat(1 + (seed % 700)) : `h-${seed}`,
    },
    payload: bodies[seed % bodies.length]?.(n) ?? '',
  };
}
