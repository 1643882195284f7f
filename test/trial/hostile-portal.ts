import type { InjectOptions } from 'fastify';
import { docx, exe, html, jpeg, pdf, png, svg, zip } from '../support/files.ts';
import { multipart, type SentFile } from '../support/portal.ts';

/** The one form that all of these belong to: with one proof of work for it they come past the first door. */
export const FORM = '00000000-0000-4000-8000-000000000001';

const file = (name: string, content: Buffer, type?: string, field?: string): SentFile => ({
  name,
  content,
  ...(type === undefined ? {} : { type }),
  ...(field === undefined ? {} : { field }),
});

/** Files that mean harm, by kind; `n` makes each one another. */
const files: ((n: number) => SentFile[])[] = [
  (n) => [file(`../../../../etc/cron.d/${n}`, exe)],
  (n) => [file(`照片${n}.jpg`, html, 'image/jpeg')],
  (n) => [file(`${n}.svg`, svg, 'image/svg+xml')],
  (n) => [file(`${n}.jpg`, pdf, 'image/jpeg')],
  (n) => [file(`${n}.jpg.exe`, jpeg)],
  (n) => [
    file(
      `${n}.docx`,
      zip(
        [
          ['[Content_Types].xml', ''],
          ['word/document.xml', `${n}`],
        ],
        0xfffffff0,
      ),
    ),
    file('x.exe', exe),
  ],
  (n) => [file(`${n}.docx`, docx.subarray(0, n % docx.length))],
  (n) => [file(`${n}.zip`, zip(Array.from({ length: n % 3_000 }, (_, at) => [`${at}/`.repeat(20), ''] as const)))],
  (n) => [file('大.jpg', Buffer.concat([jpeg, Buffer.alloc((n % 3) * 1024 * 1024)])), file('x.exe', exe)],
  (n) => Array.from({ length: n % 60 }, (_, at) => file(`${at}.png`, png)),
  (n) => [file('a'.repeat(n % 20_000), png)],
  (n) => [file(`${n}\u0000.png`, png, 'image/png\u0000'), file('x.exe', exe)],
  (n) => [file('1.png', png, 'image/png', `f${n}`)],
  () => [file('空.png', Buffer.alloc(0))],
];

/** Fields that mean harm. */
const fields: ((n: number) => [string, string | Buffer][])[] = [
  (n) => [['body', 'x'.repeat(n % 60_000)]],
  (n) => Array.from({ length: n % 2_000 }, (_, at): [string, string] => [`f${at}`, 'x']),
  (n) => [
    ['__proto__', `${n}`],
    ['body', '路灯'],
  ],
  (n) => [['body', Buffer.from([0xc2, 0xb7, 0xb5, n % 256])]],
  (n) => [['body', `有\u0000${n}`]],
  (n) => [
    ['body', '路灯'],
    ['body', `${n}`],
  ],
  (n) => [['b'.repeat(n % 5_000), 'x']],
];

/** Bytes that are no form at all. */
const broken: ((n: number, whole: Buffer) => Buffer)[] = [
  (n, whole) => whole.subarray(0, n % whole.length),
  (n, whole) => Buffer.concat([whole.subarray(0, n % whole.length), whole]),
  (n) => Buffer.alloc(n % 70_000, '-'),
  (n) => Buffer.from('------minsheng-test\r\n'.repeat(n % 3_000)),
  (n) => Buffer.from(`------minsheng-test\r\n${'x: y\r\n'.repeat(n % 5_000)}\r\n`),
];

/**
 * One hostile form for a number.
 * @param altcha a solved challenge, sent with `FORM`: without it most end at the proof of work.
 */
export function hostile(seed: number, altcha = `forged-${seed}`): InjectOptions {
  const n = seed * 7919;
  const proven: [string, string][] = [
    ['form', FORM],
    ['altcha', altcha],
  ];
  const wrong = seed % 3 === 1 ? (fields[seed % fields.length]?.(n) ?? []) : [['body', '路灯不亮'] as [string, string]];
  const { payload, headers } = multipart(
    [...proven, ...wrong],
    seed % 3 === 0 ? (files[seed % files.length]?.(n) ?? []) : [],
  );
  return {
    method: 'POST',
    url: '/v1/portal/portal/messages',
    headers,
    payload: seed % 3 === 2 ? (broken[seed % broken.length]?.(n, payload) ?? payload) : payload,
    // Another address each time: the limit for one is another test's.
    remoteAddress: `10.${seed % 200}.${Math.floor(seed / 200) % 250}.${(seed % 250) + 1}`,
  };
}
