import { createHash } from 'node:crypto';
import { sameText } from '../../platform/access/key-ring.ts';
import { ProblemError } from '../../platform/problem.ts';

/**
 * Machine seconds a signed timestamp may be away. WeChat and Weibo repeat a push within a quarter of a minute; what is
 * signed much earlier was kept by somebody else. Without a bound one signature seen in a proxy's log would be good for
 * ever, because neither platform signs the body of a plain push.
 */
const TOLERANCE_SECONDS = 600;
/** A timestamp above this is in milliseconds, as Weibo sends it. */
const LARGEST_SECONDS = 100_000_000_000;

/** How WeChat and Weibo sign what they push: SHA-1, in hex, of the parts sorted as text and joined. */
export const sortedSha1 = (parts: readonly string[]): string =>
  createHash('sha1')
    .update([...parts].sort().join(''))
    .digest('hex');

/**
 * @param secrets one of which must have signed: the current one, and the previous one while it is being replaced.
 * @param parts that are signed beside the secret, the timestamp among them.
 * @returns the secret that signed.
 * @throws ProblemError 403 when the signature is wrong or its timestamp too far from now (machine time).
 */
export function checkSignature(
  secrets: readonly string[],
  parts: readonly string[],
  { name, given = '', timestamp }: { name: string; given: string | undefined; timestamp: string },
  toleranceSeconds: number = TOLERANCE_SECONDS,
): string {
  // All are tried, whichever is right: how long it takes says nothing.
  const [signedBy] = secrets.filter((secret) => sameText(given, sortedSha1([secret, ...parts])));
  if (signedBy === undefined) throw refused(name, 'is not right', '不正确');
  const said = /^[0-9]{1,14}$/.test(timestamp) ? Number(timestamp) : Number.NaN;
  const seconds = said > LARGEST_SECONDS ? said / 1000 : said;
  if (!(Math.abs(Date.now() / 1000 - seconds) <= toleranceSeconds))
    throw refused('timestamp', 'is too far from now', '与当前时间相差过大');
  return signedBy;
}

/** A secret, and the one before it while the platform may still use that. */
export const withPrevious = (current: string, previous: string | undefined): string[] =>
  previous === undefined ? [current] : [current, previous];

/** @param name of the query parameter that is wrong. */
export function refused(name: string, detail: string, detailZh: string): ProblemError {
  return new ProblemError(
    'forbidden',
    { en: `/query/${name} ${detail}`, zh: `/query/${name} ${detailZh}` },
    { errors: [{ pointer: `/query/${name}`, detail, detailZh }] },
  );
}
