import { createHash } from 'node:crypto';
import { jpeg } from '../../support/files.ts';
import { type PlatformAnswer, startPlatform } from '../../support/platform.ts';
import type { Test } from '../../support/tap.ts';
import { listOf, type Post } from '../../support/weibo.ts';
import type { Random } from './random.ts';

export const WECHAT_SECRET = 'app-secret-of-the-trial';
export const WEIBO_TOKEN = 'weibo-token-of-the-trial';

/** Bytes of a file of a platform: a picture's beginning and its own name, so that no two are alike. */
export const contentOf = (name: string): Buffer => Buffer.concat([jpeg, Buffer.from(`<${name}>`)]);
export const hashOf = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

export type Platforms = Awaited<ReturnType<typeof startPlatforms>>;

/**
 * What the service calls: WeChat's and Weibo's own APIs and the call centre's recordings, on one address. Now and then
 * they fail as the real ones do: tokens end early, a server is busy, a recording is not written yet, a rate is over.
 */
export async function startPlatforms(t: Test, random: Random, { withRateLimit }: { withRateLimit: boolean }) {
  const lists: Record<'statuses' | 'comments', Post[]> = { statuses: [], comments: [] };
  /** Files that were asked for, and how often each was given. */
  const given = new Map<string, number>();
  const asked = new Set<string>();
  /** How far each list was read: the reader asks with the last id that it has recorded. */
  const readTo = { statuses: -1n, comments: -1n };
  let limited = !withRateLimit;
  let token = 0;
  let tokenUses = 0;

  /** The first time it is asked for a file it may fail. */
  function fails(name: string, ...failures: PlatformAnswer[]): PlatformAnswer | undefined {
    if (asked.has(name)) return undefined;
    asked.add(name);
    return random.chance(0.15) ? random.pick(failures) : undefined;
  }

  function give(name: string): Buffer {
    given.set(name, (given.get(name) ?? 0) + 1);
    return contentOf(name);
  }

  function wechat(url: URL): PlatformAnswer {
    if (url.pathname.endsWith('/cgi-bin/stable_token')) {
      tokenUses = 0;
      return { access_token: `token-${token}`, expires_in: 7_200 };
    }
    // Somebody else of the city asked for a new one: the old one is not good any more.
    if (tokenUses++ > 25) {
      token += 1;
      tokenUses = 0;
    }
    if (url.searchParams.get('access_token') !== `token-${token}`)
      return { errcode: 40001, errmsg: 'invalid credential' };
    const id = url.searchParams.get('media_id') ?? '';
    const failure = fails(id, { status: 502 }, { errcode: -1, errmsg: 'system error' }, 'hang-up');
    if (failure) return failure;
    return id.startsWith('video') ? { video_url: `${base}/wechat/films/${id}` } : give(id);
  }

  function mentions(list: 'statuses' | 'comments', url: URL): PlatformAnswer {
    if (url.searchParams.get('access_token') !== WEIBO_TOKEN) return { error: 'expired_token', error_code: 21327 };
    const since = url.searchParams.get('since_id');
    if (since !== null) {
      // Once, as early as it can be: five minutes pass before the list is read again.
      if (list === 'comments' && !limited) {
        limited = true;
        return { status: 403, body: { error: 'User requests out of rate limit!', error_code: 10023 } };
      }
      if (lists[list].length > 0 && fails(`list ${list}`, { status: 503 }, { error: 'busy', error_code: 10009 }))
        return { status: 503 };
      if (BigInt(since) > readTo[list]) readTo[list] = BigInt(since);
    } else if (readTo[list] < 0n) readTo[list] = 0n;
    return listOf(list, lists[list], url);
  }

  const { base } = await startPlatform(t, (url) => {
    const [, place, ...rest] = url.pathname.split('/');
    const name = rest.at(-1) ?? '';
    switch (place) {
      case 'wechat':
        return rest[0] === 'films' ? give(name) : wechat(url);
      case 'weibo':
        if (rest[0] === 'large') return fails(name, { status: 502 }, 'hang-up') ?? give(name);
        return mentions(rest[0] === 'comments' ? 'comments' : 'statuses', url);
      case 'weibo-upload': {
        const fid = url.searchParams.get('fid') ?? '';
        return fails(fid, { status: 503 }, { error: 'busy', error_code: 10009 }, 'hang-up') ?? give(fid);
      }
      case 'recordings':
        // A switch writes them after the call.
        return fails(name, { status: 404 }, { status: 404 }, { status: 503 }, 'hang-up') ?? give(name);
      default:
        return { status: 404 };
    }
  });

  return {
    wechat: `${base}/wechat`,
    weibo: `${base}/weibo`,
    weiboUpload: `${base}/weibo-upload`,
    recordings: `${base}/recordings`,
    lists,
    given,
    /** Whether both lists have been looked at, so that what comes from now on is read. */
    areRead: () => readTo.statuses >= 0n && readTo.comments >= 0n,
    /** Whether everything in the lists is recorded. */
    areReadToTheEnd: () =>
      (['statuses', 'comments'] as const).every((list) => lists[list].every(({ id }) => id <= readTo[list])),
  };
}
