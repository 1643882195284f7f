import { type TSchema, Type } from 'typebox';
import { fieldProblem, ProblemError } from './problem.ts';

/** Query of every list: `after` is the `next` of the page before. */
export const pageQuery = (atMost = 100) => ({
  after: Type.Optional(Type.String({ maxLength: 200, description: 'Cursor: `next` of the page before' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: atMost, default: 50, description: 'Entries a page' })),
});

export const pageOf = <T extends TSchema>(item: T) =>
  Type.Object(
    {
      items: Type.Array(item),
      next: Type.Union([Type.String(), Type.Null()], { description: 'Cursor of the next page; null at the end' }),
    },
    { additionalProperties: false },
  );

/** An opaque cursor around the last key of a page. */
export const encodeCursor = (key: string | number): string => Buffer.from(JSON.stringify([key])).toString('base64url');

/** @throws ProblemError 400 naming `/query/after` when the cursor was not made here. */
export function decodeCursor<K extends string | number>(
  cursor: string | undefined,
  isKey: (key: unknown) => key is K,
): K | undefined {
  if (cursor === undefined) return undefined;
  try {
    const decoded: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(decoded) && decoded.length === 1 && isKey(decoded[0])) return decoded[0];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw fieldProblem('/query/after', 'is not a cursor of this list', '不是本列表的游标');
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
export const isUuid = (key: unknown): key is string => typeof key === 'string' && UUID.test(key);

/** A sequence number of ours: what fits an integer column. */
export const isCount = (key: unknown): key is number =>
  typeof key === 'number' && Number.isInteger(key) && key >= 0 && key <= 2 ** 31 - 1;

/** A time in a query, within the years that can be meant. @throws ProblemError 400 naming the parameter. */
export function readInstant(parameter: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const instant = new Date(text);
  const year = instant.getUTCFullYear();
  if (year >= 2000 && year <= 2100) return instant;
  throw fieldProblem(`/query/${parameter}`, 'is not a time of the years 2000 to 2100', '不是 2000 至 2100 年间的时间');
}

/** Cuts a page out of `limit + 1` rows. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => string | number,
  toItem: (row: Row) => Item,
): { items: Item[]; next: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(toItem),
    next: rows.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null,
  };
}

export const etagOf = (version: number | string): string => `"${version}"`;

/** Header of every action on a record that was read: its ETag. */
export const IfMatch = Type.Object({
  'if-match': Type.Optional(Type.String({ maxLength: 40, description: 'ETag of the record as it was read; required' })),
});

/** What If-Match holds. @throws ProblemError 428 when it is missing. */
export function readIfMatch(headers: { 'if-match'?: string | string[] | undefined }): string {
  const given = headers['if-match'];
  if (given !== undefined) return String(given);
  throw new ProblemError(
    'version-required',
    { en: 'Send the ETag you read as If-Match.', zh: '请在 If-Match 中提供所读取的 ETag。' },
    { errors: [{ pointer: '/headers/if-match', detail: 'is required', detailZh: '为必填项' }] },
  );
}

/** @throws ProblemError 428 when If-Match is missing, 412 when it is no version of ours. */
export function readVersion(headers: { 'if-match'?: string | string[] | undefined }): number {
  const version = /^"(\d{1,9})"$/.exec(readIfMatch(headers))?.[1];
  if (version === undefined)
    throw new ProblemError('stale-version', {
      en: 'If-Match is not an ETag of this record.',
      zh: 'If-Match 不是该记录的 ETag。',
    });
  return Number(version);
}
