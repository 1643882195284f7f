import type { Clock } from '../clock/clock.ts';
import type { Database, Transaction } from '../database/database.ts';
import { withTransaction } from '../database/transaction.ts';
import type { Log } from '../log.ts';
import { codeOf, safeError } from '../log.ts';
import { type Agenda, type AgendaItem, LEASE_MS, type Lease, LeaseLostError, recordFailure } from './agenda.ts';

/**
 * What a room does with its kind of item. `handle` gets a batch, does the work and settles (or postpones) every item of
 * it with the lease it was given, in the transaction that does the work; it may be called again for the same item after
 * a crash. Throwing gives the batch back: each item is then tried alone, so that a bad one harms only itself. A kind that
 * calls servers outside takes one item a batch, and throws to have it tried again.
 */
export interface AgendaHandler {
  kind: string;
  /**
   * How many batches of the kind a process has under way at once. They are the kind's own: one that waits for a server
   * outside holds nobody but itself.
   */
  drains: number;
  /** How many items one transaction takes. */
  batchSize: number;
  /** Failed attempts after which an item is left to a person; at most 10,000. */
  attempts: number;
  /** Nobody needs it after its `dueAt`: an attempt that fails then is the last. */
  endsWhenDue?: true;
  /** `stopping` is aborted when the process ends: what waits for a server outside breaks off then, and is done later. */
  handle(lease: Lease, now: Date, stopping: AbortSignal): Promise<void>;
  /** In the transaction that leaves an item to a person: what the room's own record says of it from then on. */
  giveUp?(tx: Transaction, item: AgendaItem, reason: string): Promise<void>;
}

/** A failure told in words that quote nothing and nobody: they are kept, logged and shown as they are. */
export class AttemptFailedError extends Error {
  override name = 'AttemptFailedError';
}

/** Business milliseconds before the next attempt: half a minute, doubling, at most an hour. */
const backoff = (attempts: number): number => Math.min(30_000 * 2 ** (attempts - 1), 3_600_000);

export interface AgendaWorker {
  kinds: string[];
  /** How many drains a process can have under way, of all kinds together. */
  concurrency: number;
  /**
   * Works off everything due of a kind. Returns when nothing is left, when stopping, or at once when the kind has all its
   * drains under way: one of them then looks once more.
   */
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
  const running = new Map<string, Set<Promise<void>>>(deps.handlers.map(({ kind }) => [kind, new Set()]));
  /** Kinds somebody wanted drained while all their drains were under way. */
  const again = new Set<string>();
  const stopping = new AbortController();

  async function drain(kind: string): Promise<void> {
    const [handler, drains] = [handlers.get(kind), running.get(kind)];
    if (!handler || !drains) {
      log.error({ kind }, 'no handler for this kind of agenda item');
      return;
    }
    if (drains.size >= handler.drains) {
      again.add(kind);
      return;
    }
    const work = drainWith(handler);
    drains.add(work);
    await work.finally(() => drains.delete(work));
  }

  async function drainWith(handler: AgendaHandler): Promise<void> {
    while (!stopping.signal.aborted) {
      again.delete(handler.kind);
      const now = await clock.now();
      const lease = await agenda.claim(handler.kind, now, handler.batchSize);
      if (lease.items.length > 0) await runBatch(handler, lease, now);
      if (lease.items.length < handler.batchSize && !again.has(handler.kind)) return;
    }
  }

  async function runBatch(handler: AgendaHandler, lease: Lease, now: Date): Promise<void> {
    const heartbeat = setInterval(() => {
      agenda
        .extend(lease)
        .catch((err: unknown) => log.warn({ err, kind: handler.kind }, 'a lease could not be extended'));
    }, LEASE_MS / 4);
    try {
      await handler.handle(lease, now, stopping.signal);
    } catch (error) {
      if (lease.items.length === 1 && lease.items[0]) await fail(handler, lease, lease.items[0], error, now);
      else for (const item of lease.items) await runAlone(handler, only(lease, item), now);
    } finally {
      clearInterval(heartbeat);
    }
  }

  async function runAlone(handler: AgendaHandler, lease: Lease, now: Date): Promise<void> {
    try {
      await handler.handle(lease, now, stopping.signal);
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
    const { id: agendaId, kind, subjectId, attempts } = item;
    const lost = (): void => log.warn({ kind, agendaId }, 'a lease was lost; another worker does the item');
    if (error instanceof LeaseLostError) return lost();
    // What was broken off by the end of the process says nothing of the item: its lease runs out and another has it.
    if (stopping.signal.aborted) return;
    const final = attempts >= handler.attempts || (handler.endsWhenDue === true && now >= item.dueAt);
    log[final ? 'error' : 'warn']({ err: error, kind, agendaId, subjectId, attempts, final }, 'agenda item failed');
    const reason = describe(error);
    const retryAt = final ? undefined : new Date(now.getTime() + backoff(attempts));
    try {
      await withTransaction(db, async (tx) => {
        await recordFailure(tx, lease, item, reason, now, retryAt);
        if (final) await handler.giveUp?.(tx, item, reason);
      });
    } catch (failure) {
      if (!(failure instanceof LeaseLostError)) throw failure;
      lost();
    }
  }

  async function stop(): Promise<void> {
    stopping.abort();
    await Promise.allSettled([...running.values()].flatMap((drains) => [...drains]));
  }

  return {
    kinds: [...handlers.keys()],
    concurrency: deps.handlers.reduce((sum, { drains }) => sum + drains, 0),
    drain,
    stop,
  };
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
  if (error instanceof AttemptFailedError) return error.message;
  const { name, message, cause } = safeError(error) as {
    name?: string;
    message?: string;
    cause?: { constraint?: string };
  };
  return [name, codeOf(error), cause?.constraint, message].filter(Boolean).join(' ');
}
