import { createPostgresBackend, Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { Log } from '../log.ts';

/**
 * BullMQ as an alarm clock: a job says "kind K has due items" and nothing else, so the queue may be wiped at any time.
 * One queue, on Redis or on PostgreSQL. Jobs carry no data of any citizen.
 */
export interface WakeQueue {
  /** Says that a kind has due items. Rejects when the queue cannot be reached; the relay says it again. */
  nudge(kind: string, shard?: number): Promise<void>;
  /** Whether the last nudge arrived. */
  isReachable(): boolean;
  /** Starts taking nudges; `drain` works off the kind. */
  listen(drain: (kind: string) => Promise<void>, concurrency: number): Promise<void>;
  /** Stops taking nudges and waits for those under way. */
  deafen(): Promise<void>;
  close(): Promise<void>;
}

const NAME = 'agenda';
/** How many workers may drain the same kind at once, over all processes. */
export const SHARDS = 4;

/** A killed worker's nudge is given to another one after these machine milliseconds, like its leases. */
const workerOptions = { lockDuration: 8_000, stalledInterval: 4_000, maxStalledCount: 1_000 } as const;

const jobOptions = { attempts: 1, removeOnComplete: true, removeOnFail: true } as const;

/** Machine milliseconds: a Redis that is gone answers no farewell, and a shutdown must not wait for it. */
const WORKER_CLOSE_MS = 2_000;
const QUEUE_CLOSE_MS = 400;

async function endsWithin(ms: number, work: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const ended = work.then(
    () => true,
    () => true,
  );
  return Promise.race([ended, late]).finally(() => clearTimeout(timer));
}

export function createWakeQueue(options: { databaseUrl: string; redisUrl: string | undefined; log: Log }): WakeQueue {
  const { log, redisUrl } = options;
  const complain = (err: unknown): void => log.warn({ err }, 'queue connection');
  const redis = new Set<Redis>();

  /** Commands of the producer fail fast; the worker's connection waits for ever, as BullMQ asks. */
  function connect(producer: boolean): Redis {
    const connection = new Redis(
      redisUrl ?? '',
      producer
        ? { maxRetriesPerRequest: 1, connectTimeout: 1_000, commandTimeout: 2_000 }
        : { maxRetriesPerRequest: null },
    );
    connection.on('error', complain);
    redis.add(connection);
    return connection;
  }

  const postgres = { connectionString: options.databaseUrl, max: 2, application_name: 'minsheng-queue' };
  let opened: Promise<Queue> | undefined;
  let closeWorker: (() => Promise<void>) | undefined;

  /** A queue that could not be opened (Redis was down at the start) is forgotten: the next nudge opens another. */
  function open(): Promise<Queue> {
    opened ??= openQueue().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  }

  async function openQueue(): Promise<Queue> {
    if (!redisUrl) {
      const queue = new Queue(NAME, { connection: postgres, defaultJobOptions: jobOptions }, createPostgresBackend);
      queue.on('error', complain);
      return queue as unknown as Queue;
    }
    const connection = connect(true);
    const queue = new Queue(NAME, { connection, skipWaitingForReady: true, defaultJobOptions: jobOptions });
    queue.on('error', complain);
    try {
      await queue.waitUntilReady();
      return queue;
    } catch (error) {
      connection.disconnect();
      redis.delete(connection);
      throw error;
    }
  }

  let reachable = true;

  async function nudge(kind: string, shard = Math.floor(Math.random() * SHARDS)): Promise<void> {
    try {
      const queue = await open();
      // Deduplicated per shard: while one nudge waits a second is pointless; while one runs, exactly one more run follows.
      await queue.add(kind, {}, { deduplication: { id: `${kind}-${shard}`, keepLastIfActive: true } });
      reachable = true;
    } catch (error) {
      reachable = false;
      throw error;
    }
  }

  async function listen(drain: (kind: string) => Promise<void>, concurrency: number): Promise<void> {
    const work = async (job: { name: string }): Promise<void> => drain(job.name);
    const worker = redisUrl
      ? new Worker(NAME, work, { connection: connect(false), concurrency, ...workerOptions })
      : new Worker(NAME, work, { connection: { ...postgres }, concurrency, ...workerOptions }, createPostgresBackend);
    worker.on('error', complain);
    worker.on('failed', (job, err) => log.warn({ err, kind: job?.name }, 'a nudge failed; the relay nudges again'));
    closeWorker = async () => {
      if (!(await endsWithin(WORKER_CLOSE_MS, worker.close()))) await endsWithin(QUEUE_CLOSE_MS, worker.close(true));
    };
  }

  async function deafen(): Promise<void> {
    await closeWorker?.();
    closeWorker = undefined;
  }

  async function close(): Promise<void> {
    await deafen();
    const queue = await opened?.catch(() => undefined);
    if (queue) await endsWithin(QUEUE_CLOSE_MS, queue.close());
    for (const connection of redis) connection.disconnect();
  }

  return { nudge, isReachable: () => reachable, listen, deafen, close };
}
