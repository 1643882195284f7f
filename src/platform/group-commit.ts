import { isUnavailable } from './database/database.ts';
import { ProblemError } from './problem.ts';

/**
 * Group commit: requests that arrive while a batch is being committed form the next batch, so that under load one
 * transaction carries many requests and alone a request waits for nobody. Each caller gets its own result, after COMMIT.
 */
export interface GroupCommit<Item, Result> {
  /** @throws ProblemError 503 with Retry-After when the waiting line is full or the service stops. */
  submit(item: Item): Promise<Result>;
  /** Takes no more and waits for what is under way. */
  stop(): Promise<void>;
}

interface Waiting<Item, Result> {
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/**
 * @param commit writes a batch in one transaction and returns one result an item, in order. When it fails for
 *   its data, each item is committed alone, so that a bad one harms only itself.
 */
export function createGroupCommit<Item, Result>(options: {
  commit: (items: Item[]) => Promise<Result[]>;
  maxBatch: number;
  maxWaiting: number;
}): GroupCommit<Item, Result> {
  const { commit, maxBatch, maxWaiting } = options;
  const line: Waiting<Item, Result>[] = [];
  let working: Promise<void> | undefined;
  let stopped = false;

  function submit(item: Item): Promise<Result> {
    if (stopped || line.length >= maxWaiting) return Promise.reject(busy());
    return new Promise((resolve, reject) => {
      line.push({ item, resolve, reject });
      working ??= work();
    });
  }

  async function work(): Promise<void> {
    // One turn of the event loop lets requests that were read together travel together.
    await new Promise((resolve) => setImmediate(resolve));
    while (line.length > 0) await flush(line.splice(0, maxBatch));
    // In the same turn as the last look at the line: whoever comes next must start the work again.
    working = undefined;
  }

  async function flush(batch: Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await commit(batch.map((waiting) => waiting.item));
      for (const [index, waiting] of batch.entries()) waiting.resolve(results[index] as Result);
    } catch (error) {
      // Without a database every one of them would fail alike, each after its own time-out.
      if (batch.length === 1 || isUnavailable(error)) for (const waiting of batch) waiting.reject(error);
      else for (const waiting of batch) await flush([waiting]);
    }
  }

  async function stop(): Promise<void> {
    stopped = true;
    await working;
  }

  return { submit, stop };
}

function busy(): ProblemError {
  return new ProblemError(
    'busy',
    { en: 'Too many messages are waiting to be written.', zh: '待写入的来件过多。' },
    { retryAfter: 1 },
  );
}
