import type { Book, Entry } from './book.ts';
import type { Platforms } from './platforms.ts';
import type { Random } from './random.ts';
import type { Deliver } from './senders.ts';
import type { Service } from './service.ts';
import type { Texts } from './texts.ts';
import { STEP_MS, type Timeline } from './timeline.ts';

/** What every protocol of the day is made with. */
export interface Day {
  random: Random;
  book: Book;
  texts: Texts;
  timeline: Timeline;
  service: Service;
  platforms: Platforms;
  deliver: Deliver;
  /** Midnight it begins with. */
  begin: number;
  /** When something is sent, by the hours of a city's day or within one of its surges. */
  moment(): number;
  /** Another citizen's mobile number each time. */
  phone(): string;
}

export interface Protocol {
  /** Tells the service's sources how to speak it. */
  connect?(day: Day): Promise<void>;
  /** Plans about `count` first deliveries. */
  plan(day: Day, count: number): void;
}

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** `2026-03-10T09:58:00+08:00`. */
export const instantOf = (time: number): string => new Date(time + 8 * HOUR).toISOString().replace(/\.\d+Z$/, '+08:00');

/** Messages of an hour, of a hotline's day (as many as a share of all): nights are quiet, ten o'clock is not. */
const HOURS = [1, 0.7, 0.5, 0.4, 0.5, 1, 2, 4, 8, 10, 10, 8, 6, 7, 9, 9, 8, 7, 5, 4, 4, 3, 2, 1.2];

export function createMoments(random: Random, begin: number, surges: readonly number[]): () => number {
  const weights = Object.fromEntries(HOURS.map((weight, hour) => [String(hour), weight]));
  return () => {
    if (surges.length > 0 && random.chance(0.08)) return random.pick(surges);
    const hour = Number(random.weighted(weights));
    return begin + hour * HOUR + random.below(HOUR / STEP_MS) * STEP_MS;
  };
}

/** The number and the code in the words a platform brings back to the citizen. */
export function wordsOfReply(text: string): Pick<Entry, 'number' | 'code'> {
  const [, number, code] = /诉求编号：(\d{16})\n查询码：([0-9A-Z]{8})/.exec(text) ?? [];
  if (number === undefined || code === undefined) throw new Error('names no number and code');
  return { number, code };
}
