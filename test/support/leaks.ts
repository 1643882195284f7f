import t from './tap.ts';

/** Machine milliseconds after the last test in which everything must have let go. */
const PATIENCE_MS = 4_000;
let watching = false;

/** Fails the file when the process does not end by itself: a pool, a worker or a timer was left behind. */
export function watchForLeaks(): void {
  if (watching) return;
  watching = true;
  t.teardown(() => {
    setTimeout(() => {
      console.error(`Still open after the tests: ${process.getActiveResourcesInfo().join(', ')}`);
      process.exit(1);
    }, PATIENCE_MS).unref();
  });
}
