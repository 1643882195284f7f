import type { Log } from '../../log.ts';
import { isAlive } from './processes.ts';

/** Machine milliseconds between two looks. */
const LOOK_MS = 250;

export interface KeptRunning {
  pid(): number;
  /** Ends the watch and returns the process that is left to be ended. */
  release(): Promise<number>;
}

/**
 * Watches a server, ours or an adopted one, and starts it again when it dies: without it the instance could do nothing
 * until somebody restarts it. A start that fails is tried again.
 */
export function keepRunning(first: number, log: Log, again: () => Promise<number>): KeptRunning {
  let pid = first;
  let restarting: Promise<void> | undefined;
  const timer = setInterval(() => {
    if (restarting || isAlive(pid)) return;
    log.warn({ pid }, 'the database server died and is started again');
    restarting = again()
      .then((started) => {
        pid = started;
      })
      .catch((err: unknown) => log.error({ err }, 'the database server could not be started again'))
      .finally(() => {
        restarting = undefined;
      });
  }, LOOK_MS);
  timer.unref();
  return {
    pid: () => pid,
    release: async () => {
      clearInterval(timer);
      await restarting;
      return pid;
    },
  };
}
