import type { Test } from './tap.ts';

/**
 * Runs what belongs to a test (cities, servers) outside of one, and ends it when the work has ended, or when a signal asks
 * for the end: servers of their own process group would outlive us.
 * @throws Error what the work throws, or that it was stopped.
 */
export async function outsideTests<T>(work: (t: Test) => Promise<T>): Promise<T> {
  const ends: (() => unknown)[] = [];
  let stop = (): void => undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(new Error('The run was stopped.'));
  });
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    return await Promise.race([work({ teardown: (end: () => unknown) => ends.push(end) } as unknown as Test), stopped]);
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    for (const end of ends.reverse()) await end();
  }
}
