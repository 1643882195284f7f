import type { Clock } from '../clock/clock.ts';
import type { Database } from '../database/database.ts';
import type { Log } from '../log.ts';
import { codeOf, safeError } from '../log.ts';
import { type Agenda, type AgendaItem, LEASE_MS, type Lease, LeaseLostError, recordFailure } from './agenda.ts';

/**
 * What a room does with its kind of item. `handle` gets a batch, does the work and settles (or postpones) every item of
 * it with the lease it was given, in the transaction that does the work; it may be called again for the same item after
 * a crash. Throwing gives the batch back: each item is then tried alone, so that a bad one harms only itself.
 */
export interface AgendaHandler {
  kind: string;
  /** How many items one transaction takes. */
  batchSize: number;
  /** Failed attempts after which an item is left to a person. */
  attempts: number;
  handle(lease: Lease, now: Date): Promise<void>;
}

/** Business milliseconds before the next attempt: half a minute, doubling, at most an hour. */
const backoff = (attempts: number): number => Math.min(30_000 * 2 ** (attempts - 1), 3_600_000);

export interface AgendaWorker {
  kinds: string[];
  /** Works off everything due of a kind. Returns when nothing is left, or when stopping. */
  drain(kind: string): Promise<void>;
  /** Lets batches under way finish and takes no new ones. */
  stop(): Promise<void>;
}

export function createAgendaWorker(deps: {
  db: Database;
  agenda: Agenda;
  clock: Clock;
  log: Log;
  handlers: AgendaHandler[];
}): AgendaWorker {
  const { db, agenda, clock, log } = deps;
  const handlers = new Map(deps.handlers.map((handler) => [handler.kind, handler]));
  const running = new Set<Promise<void>>();
  let stopping = false;

  async function drain(kind: string): Promise<void> {
    const handler = handlers.get(kind);
    if (!handler) {
      log.error({ kind }, 'no handler for this kind of agenda item');
      return;
    }
    const work = drainWith(handler);
    running.add(work);
    await work.finally(() => running.delete(work));
  }

  async function drainWith(handler: AgendaHandler): Promise<void> {
    while (!stopping) {
      const now = await clock.now();
      const lease = await agenda.claim(handler.kind, now, handler.batchSize);
      if (lease.items.length === 0) return;
      await runBatch(handler, lease, now);
      if (lease.items.length < handler.batchSize) return;
    }
  }

  async function runBatch(handler: AgendaHandler, lease: Lease, now: Date): Promise<void> {
    const heartbeat = setInterval(() => {
      agenda
        .extend(lease)
        .catch((err: unknown) => log.warn({ err, kind: handler.kind }, 'a lease could not be extended'));
    }, LEASE_MS / 4);
    try {
      await handler.handle(lease, now);
    } catch (error) {
      if (lease.items.length === 1 && lease.items[0]) await fail(handler, lease, lease.items[0], error, now);
      else for (const item of lease.items) await runAlone(handler, only(lease, item), now);
    } finally {
      clearInterval(heartbeat);
    }
  }

  async function runAlone(handler: AgendaHandler, lease: Lease, now: Date): Promise<void> {
    try {
      await handler.handle(lease, now);
    } catch (error) {
      if (lease.items[0]) await fail(handler, lease, lease.items[0], error, now);
    }
  }

  async function fail(
    handler: AgendaHandler,
    lease: Lease,
    item: AgendaItem,
    error: unknown,
    now: Date,
  ): Promise<void> {
    if (error instanceof LeaseLostError) {
      log.warn({ kind: item.kind, agendaId: item.id }, 'a lease was lost; another worker does the item');
      return;
    }
    const final = item.attempts >= handler.attempts;
    log[final ? 'error' : 'warn'](
      { err: error, kind: item.kind, agendaId: item.id, subjectId: item.subjectId, attempts: item.attempts, final },
      'agenda item failed',
    );
    await recordFailure(
      db,
      lease,
      item,
      describe(error),
      now,
      final ? undefined : new Date(now.getTime() + backoff(item.attempts)),
    );
  }

  async function stop(): Promise<void> {
    stopping = true;
    await Promise.allSettled(running);
  }

  return { kinds: [...handlers.keys()], drain, stop };
}

/** One item of a lease. It is held as long as the whole is: the heartbeat goes on extending that. */
function only(lease: Lease, item: AgendaItem): Lease {
  return {
    token: lease.token,
    items: [item],
    get heldUntil() {
      return lease.heldUntil;
    },
  };
}

/** What is kept of an error: name, code and, unless a row could speak through it, the message. */
function describe(error: unknown): string {
  const { name, message, cause } = safeError(error) as {
    name?: string;
    message?: string;
    cause?: { constraint?: string };
  };
  return [name, codeOf(error), cause?.constraint, message].filter(Boolean).join(' ');
}
