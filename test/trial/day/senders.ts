import { setTimeout as sleep } from 'node:timers/promises';
import type { InjectOptions } from 'fastify';
import { type Answer, type Manner, type Sent, send } from '../../support/send.ts';
import type { Book, Course, Entry } from './book.ts';
import type { Random } from './random.ts';
import type { Service } from './service.ts';
import type { Timeline } from './timeline.ts';

/** How a platform, an adapter or a person goes on when no answer comes. */
export interface Sender {
  /** Deliveries in all, the first included. */
  tries: number;
  /** Machine milliseconds it waits for an answer. */
  timeoutMs: number;
  /** Business milliseconds before it sends again what was not answered. */
  pauseMs: number;
  /** Machine milliseconds before it knocks again where nobody opened; doubled each time, to five seconds. */
  knockMs: number;
}

/** WeChat's and Weibo's own: five seconds without an answer, three times in all. */
export const platform: Sender = { tries: 3, timeoutMs: 5_000, pauseMs: 5_000, knockMs: 5_000 };
/** Adapters, call centres, mail servers and people who press the button again: until it is answered. */
export const persistent: Sender = { tries: 1_000, timeoutMs: 30_000, pauseMs: 30_000, knockMs: 250 };
/** A client that must not send twice, because nothing would tell that it is the same: Open311 without a key. */
export const onlyOnce: Sender = { tries: 1, timeoutMs: 30_000, pauseMs: 0, knockMs: 0 };

/** How often what happens. */
const COURSES: Readonly<Record<Course, number>> = { once: 78, unread: 7, half: 3, hasty: 3, twins: 4, again: 5 };
/** Machine milliseconds within which whoever does not read hangs up: before, while and after it is written. */
const HANG_UP_MS = 25;
const LONGEST_KNOCK_MS = 5_000;

export const drawCourse = (random: Random): Course => random.weighted(COURSES);

export interface Delivery {
  entry: Entry;
  sender: Sender;
  /** The request, made anew for each try: signatures carry the time. */
  request: () => InjectOptions | Promise<InjectOptions>;
  /** What a 2xx says; throwing means that the answer is wrong. */
  read?: (answer: Answer, entry: Entry) => void;
}

export type Deliver = ReturnType<typeof createDeliver>;

/** Brings what was entered in the book to the service, on its course, and notes every answer. */
export function createDeliver(deps: { book: Book; service: Service; timeline: Timeline; random: Random }) {
  const { book, service, timeline, random } = deps;

  return async function deliver(delivery: Delivery): Promise<void> {
    const { entry, sender } = delivery;
    const later = (): void => {
      if (entry.deliveries < sender.tries) timeline.at(timeline.now + sender.pauseMs, () => insist(delivery));
      else entry.gaveUp = true;
    };
    switch (entry.course) {
      case 'unread':
      case 'half':
        if ((await attempt(delivery, entry.course)) !== 'settled') later();
        return;
      case 'hasty':
        // It has hung up, and tries again while the first try is still being worked on.
        await Promise.all([attempt(delivery, 'unread'), insist(delivery)]);
        return;
      case 'twins':
        await Promise.all(Array.from({ length: 2 + random.below(2) }, () => insist(delivery)));
        return;
      case 'again':
        await insist(delivery);
        for (let times = 1 + random.below(2); times > 0; times--)
          timeline.at(timeline.now + sender.pauseMs * (1 + random.below(40)), () => insist(delivery));
        return;
      default:
        await insist(delivery);
    }
  };

  /** Tries until there is an answer, or the sender has none left. */
  async function insist(delivery: Delivery): Promise<void> {
    const { entry, sender } = delivery;
    for (let pause = sender.knockMs; ; pause = Math.min(pause * 2, LONGEST_KNOCK_MS)) {
      if ((await attempt(delivery, 'whole')) === 'settled') return;
      if (entry.deliveries >= sender.tries || service.isStopped()) {
        if (!entry.acknowledged && !entry.refused) entry.gaveUp = true;
        return;
      }
      await sleep(pause);
    }
  }

  async function attempt({ entry, sender, request, read }: Delivery, manner: Manner): Promise<'settled' | 'open'> {
    entry.deliveries += 1;
    const hangUpMs = random.below(HANG_UP_MS);
    const sent: Sent = await send(service.door(), await request(), { manner, timeoutMs: sender.timeoutMs, hangUpMs });
    entry.answers.push(typeof sent === 'string' ? sent : String(sent.status));
    if (typeof sent === 'string') return 'open';
    if (sent.status >= 500 || sent.status === 429) return 'open';
    book.took(entry.protocol, sent.ms);
    if (sent.status >= 400) {
      entry.refused = true;
      if (entry.fate !== 'refused') entry.wrong.push(`refused: ${sent.status} ${sent.body.slice(0, 300)}`);
      return 'settled';
    }
    entry.acknowledged = true;
    entry.gaveUp = false;
    if (entry.fate === 'refused') entry.wrong.push(`taken: ${sent.status} ${sent.body.slice(0, 300)}`);
    else
      try {
        read?.(sent, entry);
      } catch (error) {
        entry.wrong.push(`answered ${sent.body.slice(0, 300)}: ${(error as Error).message}`);
      }
    return 'settled';
  }
}
