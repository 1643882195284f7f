import type { Test } from './tap.ts';

/** Runs what belongs to a test (cities, servers) outside of one, and ends it when the work has ended. */
export async function outsideTests<T>(work: (t: Test) => Promise<T>): Promise<T> {
  const ends: (() => unknown)[] = [];
  try {
    return await work({ teardown: (end: () => unknown) => ends.push(end) } as unknown as Test);
  } finally {
    for (const end of ends.reverse()) await end();
  }
}
