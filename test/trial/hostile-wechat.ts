import type { InjectOptions } from 'fastify';
import { type Mode, message, push, pushBroken } from '../support/wechat.ts';

const entities = (depth: number): string =>
  Array.from({ length: depth }, (_, at) => `<!ENTITY e${at + 1} "${`&e${at};`.repeat(10)}">`).join('');

/** Bodies that mean harm, by kind; `n` makes each one another. */
const bodies: ((n: number) => string)[] = [
  (n) => `<!DOCTYPE xml [<!ENTITY e0 "${n}">${entities(9)}]><xml><Content>&e9;</Content></xml>`,
  (n) => `<!DOCTYPE xml SYSTEM "http://127.0.0.1:${n % 60_000}/x.dtd">${message()}`,
  (n) => message().replace('</xml>', `${'<a>'.repeat(n % 30_000)}</xml>`),
  (n) => message({ Content: `${n}`, FromUserName: 'x'.repeat(n % 5_000) }),
  (n) => message({ Content: '\u0000\ufffe'.repeat(n % 200) }),
  (n) => message({ MsgType: `type-${n}`, Content: ']]>'.repeat(n % 50) }),
  (n) => message().slice(0, n % 400),
  (n) => '<!--'.repeat(n % 50_000),
  (n) => `<xml>${'<b>1</b>'.repeat(n % 20_000)}</xml>`,
  (n) => message({ Content: '&'.repeat(n % 100_000), MsgId: '9'.repeat(n % 300) }),
  (n) => message({ MsgType: 'event', Event: `constructor${n}`, MsgId: undefined }),
  (n) => message({ Content: '长'.repeat(n % 60_000) }),
];
const broken = ['pad-zero', 'pad-33', 'pad-mixed', 'length', 'app-id', 'not-a-block', 'empty'] as const;

/**
 * One hostile request for a number; most are rightly signed, so that they come past the first door.
 * @param mode what the source is set to: with a key only what is encrypted counts.
 */
export function hostile(seed: number, mode: Mode = 'plain'): InjectOptions {
  const body = bodies[seed % bodies.length]?.(seed * 7919) ?? '';
  switch (seed % 9) {
    case 0:
      return { ...push(body, mode), query: { signature: 'f'.repeat(seed % 80), timestamp: String(seed), nonce: 'n' } };
    case 1:
      return pushBroken(body, broken[seed % broken.length] ?? 'empty');
    case 2:
      return push(body, mode, { timestamp: seed });
    case 3:
      return { ...push(body, mode), payload: latin(seed) };
    case 4:
      return push(body, mode === 'plain' ? 'compatible' : 'plain');
    default:
      return push(body, mode);
  }
}

/** Bytes of another charset than the UTF-8 that WeChat writes, in the place of a message. */
const latin = (seed: number): Buffer =>
  Buffer.from(`<xml><Content>${'\xc4\xe3\xba\xc3'.repeat(seed % 500)}</Content></xml>`, 'latin1');
