import type { RuleBook } from './deadlines/rule-book.service.ts';
import type { Agenda } from './platform/agenda/agenda.ts';
import { cached } from './platform/cached.ts';
import type { Clock } from './platform/clock/clock.ts';
import type { WakeQueue } from './platform/queue/queue.ts';
import type { SmsGateway } from './receipts/gateways/gateway.ts';

/** Business seconds after which due work that nobody settled is worth a word. */
const STALE_SECONDS = 60;
/** Machine milliseconds. */
const CACHE_MS = 2_000;
const DECEMBER = '12-01';

/** What operations should know although the process can serve. */
export function createWarnings({
  agenda,
  clock,
  book,
  production,
  gateway,
  queue,
  channels,
}: {
  agenda: Agenda;
  clock: Clock;
  book: RuleBook;
  production: boolean;
  gateway: SmsGateway;
  queue: Pick<WakeQueue, 'isReachable'>;
  /** What channels do by themselves, and so may fail to, and what they refuse. */
  channels: readonly { warnings(): Promise<string[]> }[];
}): () => Promise<string[]> {
  // Probes come often and from anybody: what they cost is bounded.
  return cached(CACHE_MS, look);

  async function look(): Promise<string[]> {
    const now = await clock.now();
    const warnings = [];
    for (const { kind, due, oldestSeconds, failed } of await agenda.gauge(now)) {
      if (oldestSeconds > STALE_SECONDS)
        warnings.push(`agenda ${kind}: ${due} due, the oldest for ${Math.round(oldestSeconds)} s`);
      if (failed > 0) warnings.push(`agenda ${kind}: ${failed} failed for good, see /v1/agenda?status=failed`);
    }
    if (!queue.isReachable()) warnings.push('the queue cannot be reached; due work waits for the scan of each second');
    const { calendar } = await book.current();
    const today = book.zone.dateString(book.zone.epochDay(now));
    const year = Number(today.slice(0, 4));
    if (!calendar.knows(year)) warnings.push(`the working calendar of ${year} is not known; due times are provisional`);
    else if (today.slice(5) >= DECEMBER && !calendar.knows(year + 1))
      warnings.push(
        `the working calendar of ${year + 1} is not known yet; due times that reach into it are provisional`,
      );
    for (const channel of channels) warnings.push(...(await channel.warnings()));
    if (production && gateway.name === 'sink') warnings.push('SMS go to the sink gateway: no citizen receives them');
    return warnings;
  }
}
