import type { PoolClient } from 'pg';
import { toFetch } from '../../attachments/attachments.service.ts';
import type { Storage } from '../../attachments/storage.ts';
import type { Intake } from '../../intake/intake.ts';
import type { Sources } from '../../intake/sources.service.ts';
import type { KeyRing } from '../../platform/access/key-ring.ts';
import { systemActor } from '../../platform/access/keys.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import type { Database } from '../../platform/database/database.ts';
import { codeOf, type Log } from '../../platform/log.ts';
import { acceptPush } from '../webhook/accept-push.ts';
import { receivedAt, wholeText } from '../webhook/line.ts';
import { WEIBO_MEDIA_MS } from './media.ts';
import { advance, failingLists, positionOf, postponeReading } from './mentions.repo.ts';
import { isRateLimit, newestId, postsAfter } from './mentions.ts';
import { type List, lists, type Post } from './posts.ts';
import { externalIdOf } from './push.ts';
import { type WeiboSettings, weibo } from './weibo.channel.ts';

const ACTOR = systemActor('weibo');
/** Machine milliseconds between two looks at which lists are due. */
const LOOK_MS = 2_000;
/** Machine seconds: a rate limit of Weibo's is one of an hour. */
const LONGEST_PAUSE = 3_600;
const RATE_PAUSE = 300;

interface Deps {
  db: Database;
  sources: Sources;
  intake: Intake;
  storage: Storage;
  keyRing: KeyRing;
  clock: Clock;
  log: Log;
}

export type MentionsPoller = ReturnType<typeof createMentionsPoller>;

/**
 * Reads the posts and comments that mention an account (@提及). Where a list has been read to is kept in PostgreSQL and
 * goes forward only past what is recorded, so that a restart, or a second process, neither misses nor doubles one. One
 * process reads a list at a time.
 */
export function createMentionsPoller(deps: Deps) {
  const { db, sources, log } = deps;
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;

  /** Reads every list that is due. Failures are kept and logged, never thrown. */
  async function look(): Promise<void> {
    try {
      // One after the other: each holds a connection of the pool while it needs another.
      for (const source of await sources.configured('weibo')) await lookAt(source);
    } catch (err) {
      log.warn({ err }, 'mentions could not be looked for');
    }
  }

  async function lookAt(source: string): Promise<void> {
    const settings = await sources.settingsOf<WeiboSettings>('weibo', source);
    if (settings?.mentionsEverySeconds === undefined) return;
    for (const list of lists) {
      const position = await positionOf(db, source, list);
      if (stopping.signal.aborted || position?.due === false) continue;
      await alone(`weibo-mentions:${source}:${list}`, () =>
        readList(source, list, settings, settings.mentionsEverySeconds ?? LONGEST_PAUSE),
      );
    }
  }

  /** Runs `work` while no other process does the same; else not at all. The lock goes with its connection. */
  async function alone(name: string, work: () => Promise<void>): Promise<void> {
    const client: PoolClient = await db.$client.connect();
    let broken: Error | undefined;
    try {
      const key = [name];
      const { rows } = await client.query<{ mine: boolean }>(
        'select pg_try_advisory_lock(hashtextextended($1, 0)) as mine',
        key,
      );
      if (!rows[0]?.mine) return;
      try {
        await work();
      } finally {
        await client.query('select pg_advisory_unlock(hashtextextended($1, 0))', key);
      }
    } catch (error) {
      broken = error as Error;
      throw error;
    } finally {
      client.release(broken);
    }
  }

  async function readList(source: string, list: List, settings: WeiboSettings, every: number): Promise<void> {
    // Looked at again under the lock: another process may just have read it.
    const position = await positionOf(db, source, list);
    if (position?.due === false) return;
    let read = position?.sinceId;
    try {
      if (read === undefined) read = await newestId(settings, list, stopping.signal);
      else
        for (const post of await postsAfter(settings, list, read, stopping.signal)) {
          stopping.signal.throwIfAborted();
          if (post.content) await record(source, list, post.id, post.content);
          read = post.id;
        }
      await advance(db, source, list, read, every);
    } catch (err) {
      if (stopping.signal.aborted) return;
      const failure = (codeOf(err) ?? (err as Error).name).slice(0, 100);
      const pause = isRateLimit(failure) ? Math.max(every, RATE_PAUSE) : every;
      const seconds = Math.min(pause * 2 ** Math.min(position?.failures ?? 0, 10), LONGEST_PAUSE);
      log.warn({ source, list, failure, seconds }, 'mentions could not be read; again after a pause');
      await postponeReading(db, source, list, { sinceId: read, dueAt: position?.dueAt, failure, seconds });
    }
  }

  async function record(source: string, list: List, id: bigint, content: NonNullable<Post['content']>): Promise<void> {
    const now = await deps.clock.now();
    const { body, attachments } = await wholeText(deps, content.text, content.name);
    const { uid, name } = content;
    const mention = list === 'statuses' ? { statusId: String(id) } : { commentId: String(id) };
    const until = new Date(now.getTime() + WEIBO_MEDIA_MS);
    const pictures = content.pictures.map((picture) =>
      toFetch('image', '图片', { by: 'weibo', source, picture }, until),
    );
    await acceptPush(deps, log, weibo, ACTOR, {
      body: {
        source,
        externalId: externalIdOf(mention),
        body,
        ...receivedAt(content.createdAt, now),
        ...(name ? { sender: { name } } : {}),
        weibo: { uid, ...mention, ...(list === 'statuses' ? { url: `https://m.weibo.cn/status/${id}` } : {}) },
      },
      accompanying: { attachments: [...attachments, ...pictures] },
    });
  }

  function start(): void {
    const tick = (): void => {
      looking = look().finally(() => {
        if (timer) timer = setTimeout(tick, LOOK_MS);
      });
    };
    timer = setTimeout(tick, 0);
  }

  async function stop(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    stopping.abort();
    await looking;
  }

  /** What operations should know: lists that are read and could not be several times in a row. */
  async function warnings(): Promise<string[]> {
    const warnings: string[] = [];
    for (const { source, list, failures, failure } of await failingLists(db)) {
      const settings = await sources.settingsOf<WeiboSettings>('weibo', source);
      if (settings?.mentionsEverySeconds !== undefined)
        warnings.push(`mentions of ${source} (${list}) could not be read ${failures} times: ${failure}`);
    }
    return warnings;
  }

  return { start, stop, look, warnings };
}
