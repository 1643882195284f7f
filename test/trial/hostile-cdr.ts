import type { InjectOptions } from 'fastify';
import { SECRET } from '../calls/support.ts';

const cdr = (inner: string): string => `<cdr><variables><uuid>h</uuid>${inner}</variables></cdr>`;
const entities = (depth: number): string =>
  Array.from({ length: depth }, (_, at) => `<!ENTITY e${at + 1} "${`&e${at};`.repeat(10)}">`).join('');

/** Bodies that mean harm, by kind; `n` makes each one another. */
const kinds: ((n: number) => [contentType: string, body: string])[] = [
  (n) => ['application/json', '['.repeat(n % 200_000)],
  (n) => ['application/json', JSON.stringify(Array.from({ length: 201 + (n % 500) }, () => ({ callId: `h-${n}` })))],
  (n) => ['application/json', `{"variables":${'{"a":'.repeat(n % 20_000)}1${'}'.repeat(n % 20_000)}}`],
  (n) => ['application/json', `{"callId":"h","durationSeconds":${'9'.repeat(1 + (n % 400))}}`],
  (n) => ['application/json', JSON.stringify({ callId: 'h', endedAt: `${n}-13-32T25:61:61Z` })],
  (n) => ['application/json', JSON.stringify({ uuid: 'h', start_stamp: `20${n % 100}-02-31 99:99:99` })],
  (n) => ['application/json', JSON.stringify({ variables: { uuid: 'h', start_uepoch: `${'9'.repeat(n % 500)}x` } })],
  (n) => ['application/json', `{"__proto__":{"callId":"h"},"constructor":${n}}`],
  (n) => ['application/json', JSON.stringify({ callId: '\u0000'.repeat(1 + (n % 50)) })],
  (n) => ['text/xml', `<!DOCTYPE cdr [<!ENTITY e0 "${n}">${entities(9)}]>${cdr('<a>&e9;</a>')}`],
  (n) => ['text/xml', `<!DOCTYPE cdr SYSTEM "http://127.0.0.1:${n % 60_000}/x.dtd">${cdr('')}`],
  (n) => ['text/xml', cdr('<a>'.repeat(40 + (n % 20_000)))],
  (n) => ['text/xml', cdr('').slice(0, n % 40)],
  (n) => ['application/x-www-form-urlencoded', 'a=b&'.repeat(n % 50_000)],
  (n) => [
    'application/x-www-form-urlencoded',
    `cdr=${encodeURIComponent(`<!DOCTYPE a [<!ENTITY b "${n}">]>${cdr('&b;')}`)}`,
  ],
  (n) => ['application/x-www-form-base64-encoded', `cdr=${'A'.repeat(n % 100_000)}`],
  (n) => ['text/csv', `"${'x'.repeat(n % 300_000)}`],
  (n) => ['text/csv', ','.repeat(n % 100_000)],
  (n) => ['text/event-plain', 'a'.repeat(n % 100_000)],
];

/** One hostile push for a number, with the right key: it comes past the first door. */
export function hostile(seed: number): InjectOptions {
  const [contentType, payload] = kinds[seed % kinds.length]!(seed * 7919);
  return {
    method: 'POST',
    url: '/v1/webhooks/phone/12345',
    headers: { authorization: `Bearer ${seed % 23 === 0 ? 'wrong' : SECRET}`, 'content-type': contentType },
    payload,
  };
}
