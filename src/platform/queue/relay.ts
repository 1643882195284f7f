import type { Agenda } from '../agenda/agenda.ts';
import type { Clock } from '../clock/clock.ts';
import type { Log } from '../log.ts';
import { SHARDS, type WakeQueue } from './queue.ts';

const SCAN_MS = 1_000;
const HOUSEKEEPING_EVERY = 60;
/** Items one shard is expected to take: more due items wake more shards. */
const PER_SHARD = 250;

/**
 * Makes certain what a nudge makes prompt: once a second every kind with due items is nudged, leases that ran out go
 * back, and now and then settled items are pruned. Any number of relays may run. When the queue cannot be reached, a
 * process that can do the work does it at once: a dead Redis at 09:55 must not hold the receipts of 10:00.
 */
export function createRelay(deps: {
  agenda: Agenda;
  clock: Clock;
  queue: WakeQueue;
  log: Log;
  kinds: string[];
  drain?: (kind: string) => Promise<void>;
}) {
  const { agenda, clock, queue, log, kinds } = deps;
  let timer: NodeJS.Timeout | undefined;
  let scanning: Promise<void> | undefined;
  let scans = 0;

  /** Wakes every kind that has due items; none waits for another, nor for what it wakes. */
  async function wake(now: Date): Promise<void> {
    const due = await agenda.dueKinds(kinds, now);
    await Promise.all(
      due.flatMap(({ kind, count }) => {
        const shards = Math.min(SHARDS, Math.ceil(count / PER_SHARD));
        // A shard may be held by a worker that was killed: starting anywhere, the next scan takes another one.
        const first = Math.floor(Math.random() * SHARDS);
        return Array.from({ length: shards }, (_, at) => nudgeOrDrain(kind, (first + at) % SHARDS));
      }),
    );
  }

  async function nudgeOrDrain(kind: string, shard: number): Promise<void> {
    try {
      await queue.nudge(kind, shard);
    } catch (err) {
      log.debug({ err, kind }, 'nudge failed');
      deps.drain?.(kind).catch((failure: unknown) => log.warn({ err: failure, kind }, 'could not be drained'));
    }
  }

  async function scan(): Promise<void> {
    try {
      const returned = await agenda.sweep();
      if (returned > 0) log.warn({ returned }, 'leases ran out; their items are worked on again');
      const now = await clock.now();
      await wake(now);
      if (scans++ % HOUSEKEEPING_EVERY === 0) await agenda.prune(now);
    } catch (err) {
      log.warn({ err }, 'the relay could not scan');
    }
  }

  function start(): void {
    const tick = (): void => {
      scanning = scan().finally(() => {
        if (timer) timer = setTimeout(tick, SCAN_MS);
      });
    };
    timer = setTimeout(tick, Math.random() * SCAN_MS);
  }

  async function stop(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    await scanning;
  }

  return { start, stop, wake };
}

export type Relay = ReturnType<typeof createRelay>;

/**
 * Nudges after COMMIT, on behalf of a use case: never waits, never fails the caller, and joins calls that come while one
 * is on its way, so that a busy intake costs the queue one message at a time.
 */
export function createNudger(queue: WakeQueue, log: Log): (kind: string) => void {
  const state = new Map<string, 'sending' | 'again'>();
  function nudge(kind: string): void {
    if (state.has(kind)) {
      state.set(kind, 'again');
      return;
    }
    state.set(kind, 'sending');
    queue
      .nudge(kind)
      .catch((err: unknown) => log.debug({ err, kind }, 'nudge failed; the relay will do it'))
      .finally(() => {
        const again = state.get(kind) === 'again';
        state.delete(kind);
        if (again) nudge(kind);
      });
  }
  return nudge;
}
