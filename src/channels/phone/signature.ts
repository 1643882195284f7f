import { createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { sameText } from '../../platform/access/key-ring.ts';
import { ProblemError } from '../../platform/problem.ts';

/** Machine seconds a signed timestamp may be away from now: what is older was kept by somebody else. */
const TOLERANCE_SECONDS = 300;
export const TIMESTAMP_HEADER = 'x-minsheng-timestamp';
export const SIGNATURE_HEADER = 'x-minsheng-signature';

/** `sha256=` and the HMAC-SHA-256, in hex, of the timestamp (seconds since 1970), a dot, and the body as it is sent. */
export const signatureOf = (secret: string, timestamp: string, body: Buffer): string =>
  `sha256=${createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex')}`;

/** @throws ProblemError 401 when the signature is missing, wrong, or its timestamp too far from now. */
export function checkSigned(secret: string, headers: IncomingHttpHeaders, body: Buffer): void {
  const timestamp = String(headers[TIMESTAMP_HEADER] ?? '');
  const given = String(headers[SIGNATURE_HEADER] ?? '');
  if (!sameText(given, signatureOf(secret, timestamp, body)))
    throw refused(SIGNATURE_HEADER, 'is missing or not right', '缺失或不正确');
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(Date.now() / 1000 - Number(timestamp)) > TOLERANCE_SECONDS)
    throw refused(TIMESTAMP_HEADER, 'is too far from now', '与当前时间相差过大');
}

/**
 * The secret itself, as bearer key or as the password of basic authentication, which is all that FreeSWITCH's modules
 * (`cred`) can send. @throws ProblemError 401
 */
export function checkKey(secret: string, headers: IncomingHttpHeaders): void {
  const [scheme = '', value = ''] = (headers.authorization ?? '').split(' ');
  const basic = scheme.toLowerCase() === 'basic' ? Buffer.from(value, 'base64').toString('utf8') : undefined;
  const given = basic === undefined ? value : basic.slice(basic.indexOf(':') + 1);
  if (!sameText(given, secret)) throw refused('authorization', 'is missing or not right', '缺失或不正确');
}

function refused(header: string, detail: string, detailZh: string): ProblemError {
  return new ProblemError(
    'unauthenticated',
    { en: `/headers/${header} ${detail}`, zh: `/headers/${header} ${detailZh}` },
    { errors: [{ pointer: `/headers/${header}`, detail, detailZh }] },
  );
}
