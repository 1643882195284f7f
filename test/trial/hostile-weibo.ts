import type { InjectOptions } from 'fastify';
import { message, push } from '../support/weibo.ts';

/** Bodies that mean harm, by kind; `n` makes each one another. */
const bodies: ((n: number) => string)[] = [
  (n) => '['.repeat(n % 200_000),
  (n) => `{"a":${'{"b":'.repeat(n % 30_000)}`,
  (n) => message().slice(0, n % 200),
  (n) => message({ text: '长'.repeat(n % 60_000) }),
  (n) => message({ sender_id: '9'.repeat(n % 400) }),
  (n) => message({ created_at: `Xyz ${n}`, data: { subtype: n } }),
  (n) => message({ type: 'mention', data: { subtype: 'status', key: `${n}'; drop table messages` } }),
  (n) => message({ type: 'image', data: { tovfid: `../../${n}` } }),
  (n) => message().replace('{', `{"__proto__":{"type":"text"},"constructor":${n},`),
  (n) => message({ text: '\u0000\ud800'.repeat(n % 100) }),
  (n) =>
    message()
      .replace('{', '{"text":1,')
      .repeat(1 + (n % 3)),
  (n) => `${'1'.repeat(n % 100_000)}`,
];

/** One hostile request for a number; most are rightly signed, so that they come past the first door. */
export function hostile(seed: number): InjectOptions {
  const body = bodies[seed % bodies.length]?.(seed * 7919) ?? '';
  if (seed % 5 === 0) return push(body, { secret: `wrong-${seed}` });
  return seed % 5 === 1 ? push(body, { timestamp: seed }) : push(body);
}
