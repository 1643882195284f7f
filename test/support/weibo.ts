import type { InjectOptions } from 'fastify';
import { sortedSha1 } from '../../src/channels/webhook/signature.ts';

export const APP_SECRET = 'xyz123xyz';
/** Larger than a JSON number can be without losing digits. */
export const ACCOUNT = '9007199254740993001';
const URL_OF_PUSH = '/v1/webhooks/weibo/weibo-12345';

function signed(more: { secret?: string; timestamp?: number } = {}): Record<string, string> {
  const timestamp = String(more.timestamp ?? Date.now());
  const nonce = '57155157';
  return { signature: sortedSha1([more.secret ?? APP_SECRET, timestamp, nonce]), timestamp, nonce };
}

/** Weibo's check of the address. */
export const check = (more?: { secret?: string; timestamp?: number }): InjectOptions => ({
  method: 'GET',
  url: URL_OF_PUSH,
  query: { ...signed(more), echostr: 'e<1>' },
});

/** The request Weibo makes of a body. */
export const push = (body: string, more?: { secret?: string; timestamp?: number }): InjectOptions => ({
  method: 'POST',
  url: URL_OF_PUSH,
  query: signed(more),
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  payload: body,
});

let told = 0;
/** A push as Weibo writes it (its ids are bare numbers), by somebody new, changed as given. */
export function message(changes: Record<string, unknown> = {}): string {
  told += 1;
  const fields = {
    type: 'text',
    receiver_id: `#${ACCOUNT}#`,
    sender_id: `#${9007199254741000000n + BigInt(told) * 1001n}#`,
    created_at: 'Tue Mar 10 09:59:00 +0800 2026',
    text: '楼下施工太吵',
    data: {},
    ...changes,
  };
  return JSON.stringify(fields).replaceAll(/"#(\d+)#"/g, '$1');
}

/** The text in a passive reply. */
export const textIn = ({ data }: { data: string }): string =>
  (JSON.parse(decodeURIComponent(data)) as { text: string }).text;

/** A post or comment that mentions the account, as Weibo's lists show it. */
export interface Post {
  id: bigint;
  text: string;
  more?: object;
}

/** Entries of one answer: Weibo's pages may be short. */
const SHORT_PAGE = 7;

/** What a list answers to a reader: by id, `since_id` excluded, `max_id` included, pages that may be short. */
export function listOf(list: 'statuses' | 'comments', posts: readonly Post[], { searchParams }: URL): Buffer {
  const number = (name: string) => BigInt(searchParams.get(name) ?? '0');
  const [since, most] = [number('since_id'), number('max_id')];
  const page = posts
    .filter(({ id }) => id > since && (most === 0n || id <= most))
    .sort((a, b) => (a.id > b.id ? -1 : 1))
    .slice(0, Math.min(Number(number('count')), SHORT_PAGE));
  const entries = page.map(({ id, text, more }) => ({
    id: `#${id}#`,
    idstr: String(id),
    created_at: 'Tue Mar 10 09:58:00 +0800 2026',
    text,
    user: { id: `#${id - 1n}#`, screen_name: '春城居民' },
    ...more,
  }));
  return Buffer.from(JSON.stringify({ [list]: entries, total_number: 99 }).replaceAll(/"#(\d+)#"/g, '$1'));
}
