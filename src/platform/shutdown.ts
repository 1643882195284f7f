import type { Log } from './log.ts';

interface Phase {
  name: string;
  /** Machine milliseconds this phase may take before the next one begins. */
  within: number;
  stop: () => Promise<void>;
}

/** npm and the terminal both pass a Ctrl-C on: the second copy of one signal must not count as impatience. */
const SAME_SIGNAL_MS = 1_000;
const LEFT_BEHIND_MS = 250;

/**
 * Stops what was started, the last first, each phase within its own time: first nothing new is taken, then what is under
 * way ends, then connections close. A second signal ends the process at once.
 */
export function createShutdown(log: Log) {
  const phases: Phase[] = [];
  let running: Promise<boolean> | undefined;
  let signalled: (() => void) | undefined;
  let firstSignalAt = 0;

  function add(name: string, within: number, stop: () => Promise<void>): void {
    phases.push({ name, within, stop });
  }

  function run(): Promise<boolean> {
    running ??= runAll();
    return running;
  }

  async function runAll(): Promise<boolean> {
    let clean = true;
    for (const phase of [...phases].reverse()) clean = (await runPhase(phase)) && clean;
    return clean;
  }

  async function runPhase({ name, within, stop }: Phase): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), within);
    });
    try {
      if ((await Promise.race([stop(), late])) !== 'late') return true;
      log.warn({ phase: name, within }, 'a shutdown phase took too long and was left behind');
      return false;
    } catch (err) {
      log.error({ err, phase: name }, 'a shutdown phase failed');
      return false;
    } finally {
      clearTimeout(timer);
    }
  }

  const onSignal = (signal: NodeJS.Signals): void => {
    if (firstSignalAt === 0) {
      firstSignalAt = Date.now();
      log.info({ signal }, 'stopping');
      signalled?.();
    } else if (Date.now() - firstSignalAt > SAME_SIGNAL_MS) process.exit(130);
  };
  // From the very first moment, so that a signal during the start is not lost and leaves nothing behind.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);

  /** Waits for the signal, stops everything and returns the exit code. */
  async function whenSignalled(): Promise<number> {
    if (firstSignalAt === 0) {
      await new Promise<void>((resolve) => {
        signalled = resolve;
      });
    }
    const clean = await run();
    log.info('stopped');
    const code = clean ? 0 : 1;
    // What a phase left behind (a connection that keeps trying) must not keep the process.
    setTimeout(() => process.exit(code), LEFT_BEHIND_MS).unref();
    return code;
  }

  return { add, run, whenSignalled };
}
