import { randomUUID } from 'node:crypto';
import { type Challenge, solveChallenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import type { City } from './city.ts';

export interface SentFile {
  name: string;
  content: Buffer;
  type?: string;
  field?: string;
}

const BOUNDARY = '----minsheng-test';

/** A form as browsers send it: fields first, then files. Names go in as they are. */
export function multipart(
  fields: readonly (readonly [string, string | Buffer])[],
  files: readonly SentFile[] = [],
): { payload: Buffer; headers: Record<string, string> } {
  const pieces: (Buffer | string)[] = [];
  for (const [name, value] of fields)
    pieces.push(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n`, value, '\r\n');
  for (const { name, content, type = 'application/octet-stream', field = 'attachments' } of files)
    pieces.push(
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${field}"; filename="${name}"\r\nContent-Type: ${type}\r\n\r\n`,
      content,
      '\r\n',
    );
  pieces.push(`--${BOUNDARY}--\r\n`);
  return {
    payload: Buffer.concat(pieces.map((piece) => Buffer.from(piece as string))),
    headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
  };
}

/** Opens the form of a source, with work that is done at once. */
export async function openPortal(city: Pick<City, 'call'>, settings: Record<string, unknown> = {}): Promise<void> {
  const all = { organisation: '昆明市12345政务服务便民热线', difficulty: 10, ...settings };
  const reply = await city.call('PUT', '/v1/sources/portal/settings', all);
  if (reply.status !== 200) throw new Error(JSON.stringify(reply.body));
}

export async function solve(challenge: Challenge): Promise<string> {
  const solution = await solveChallenge({ challenge, deriveKey });
  return Buffer.from(JSON.stringify({ challenge, solution })).toString('base64');
}

let callers = 0;
/** Another address each time, so that the limit for one does not end the test. */
export const another = (): string => `10.9.${Math.floor(callers / 250)}.${(callers++ % 250) + 1}`;

/** A solved challenge of the portal. */
export async function proof(city: Pick<City, 'inject'>): Promise<string> {
  const { body } = await city.inject<Challenge>({
    method: 'GET',
    url: '/v1/portal/portal/challenge',
    remoteAddress: another(),
  });
  return solve(body);
}

/** Fields of a form that is accepted, changed as given; `undefined` leaves one out. */
export async function formFields(
  city: City,
  changes: Record<string, string | undefined> = {},
): Promise<[string, string][]> {
  const all = { form: randomUUID(), altcha: await proof(city), body: '小区门口的路灯不亮了', ...changes };
  return Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
}

export interface Sent {
  appealNumber: string;
  queryCode: string;
  receivedAt: string;
  receiptDueAt: string | null;
}
