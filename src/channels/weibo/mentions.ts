import { callPlatform, PlatformError, within } from '../webhook/platform-call.ts';
import { fieldsOf, readJson } from './json.ts';
import { WEIBO_API } from './media.ts';
import { type List, type Post, readPosts } from './posts.ts';
import type { WeiboSettings } from './weibo.channel.ts';

const PAGE = 50;
/** Pages of one reading: ten thousand posts, far more than Weibo lists. */
const MOST_PAGES = 200;
const LARGEST_PAGE = 8 * 1024 * 1024;

/** IP, user, and user-and-method are over their hourly limit. */
const RATE_CODES = new Set(['10022', '10023', '10024', '429']);

export const isRateLimit = (code: string): boolean => RATE_CODES.has(code);

/** The newest post there is, where a source begins to read. Zero: there is none. */
export async function newestId(settings: WeiboSettings, list: List, signal: AbortSignal): Promise<bigint> {
  const posts = await page(settings, list, { count: 1 }, signal);
  return posts.reduce((newest, { id }) => (id > newest ? id : newest), 0n);
}

/**
 * All posts after `sinceId`, the oldest first. Pages are asked for by the lowest id seen (`max_id`), not by number: a
 * post written or deleted meanwhile moves numbered pages and one would be skipped. A page may be short although more
 * follow (Weibo leaves out what it hides), so reading ends only with a page that brings nothing new.
 * @throws PlatformError when the list cannot be read whole; then nothing of it counts as read.
 */
export async function postsAfter(
  settings: WeiboSettings,
  list: List,
  sinceId: bigint,
  signal: AbortSignal,
): Promise<Post[]> {
  const found = new Map<bigint, Post>();
  let lowest: bigint | undefined;
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const query = { since_id: sinceId, count: PAGE, ...(lowest === undefined ? {} : { max_id: lowest }) };
    const posts = await page(settings, list, query, signal);
    const fresh = posts.filter(({ id }) => id > sinceId && !found.has(id));
    for (const post of fresh) found.set(post.id, post);
    if (fresh.length === 0) {
      // One known post is the one asked for by its id; a page full of them means that pages are not told apart.
      if (lowest !== undefined && posts.length > 1 && posts.every(({ id }) => id >= (lowest ?? 0n)))
        throw new PlatformError('PAGES_REPEAT');
      return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    }
    lowest = fresh.reduce((least, { id }) => (id < least ? id : least), fresh[0]?.id ?? 0n);
  }
  throw new PlatformError('TOO_MANY_PAGES');
}

async function page(
  { accessToken = '', apiBaseUrl = WEIBO_API }: WeiboSettings,
  list: List,
  query: Record<string, bigint | number>,
  signal: AbortSignal,
): Promise<Post[]> {
  const address = new URL(`${apiBaseUrl}/${list}/mentions.json`);
  address.searchParams.set('access_token', accessToken);
  address.searchParams.set('isGetLongText', '1');
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, String(value));
  const { status, content } = await callPlatform(address.href, { most: LARGEST_PAGE, signal: within(signal) });
  const answer = jsonIn(content);
  const code = answer?.error_code;
  if (typeof code === 'string') throw new PlatformError(code);
  const posts = status === 200 && answer ? readPosts(list, answer) : undefined;
  if (!posts) throw new PlatformError(status === 200 ? 'NOT_A_LIST' : status);
  return posts;
}

function jsonIn(content: Buffer) {
  try {
    return fieldsOf(readJson(content.toString('utf8')));
  } catch {
    return undefined;
  }
}
