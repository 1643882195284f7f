import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Housing } from './housing.ts';
import { endServer, type Postmaster, waitForAnswer } from './postmaster.ts';
import { clearRemains } from './remains.ts';

interface Launch {
  port: number;
  /** URL on which the server is asked whether it is ready. */
  url: string;
  logFile: string;
  settings: Record<string, string | number>;
  env: NodeJS.ProcessEnv;
}

/** Machine milliseconds: recovery after a crash may take a while. */
const START_MS = 60_000;
/** Failures that pass: the port was taken in between, or the processes of a killed server are still going. */
const PASSING = /Address already in use|pre-existing shared memory|lock file .* already exists/;
const PASSING_MS = 20_000;

/**
 * Starts `postgres` and waits until it answers. It stands in a process group of its own: a Ctrl-C or SIGTERM for ours
 * must not stop it before everything has drained.
 * @throws Error one sentence with what the server's log says.
 */
export async function launchServer(housing: Housing, next: () => Promise<Launch>): Promise<Postmaster> {
  for (const end = Date.now() + PASSING_MS; ; ) {
    await clearRemains(housing.cluster);
    const launch = await next();
    const outcome = await tryLaunch(housing, launch);
    if (typeof outcome === 'number') return { pid: outcome, port: launch.port };
    if (Date.now() > end || !PASSING.test(outcome))
      throw new Error(
        `The embedded database did not start (${complaint(outcome)}): see ${launch.logFile}, or set DATABASE_URL.`,
      );
    await sleep(100);
  }
}

/** The process number, or what the log says. */
async function tryLaunch(housing: Housing, { port, url, logFile, settings, env }: Launch): Promise<number | string> {
  const { file, args, ...as } = housing.command(housing.binaries.postgres, [
    '-D',
    housing.nameOf(housing.cluster),
    ...Object.entries({ ...settings, port }).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]);
  const log = openSync(logFile, 'a', 0o600);
  const before = statSync(logFile).size;
  const child = spawn(file, args, { ...as, cwd: housing.cluster, env, detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  let end: string | undefined;
  child.once('error', (error) => {
    end = error.message;
  });
  child.once('exit', (code, signal) => {
    end = `it ended with ${signal ?? `exit code ${code}`}`;
  });
  child.unref();
  const { pid } = child;
  try {
    if (await waitForAnswer(url, START_MS, () => end !== undefined)) return pid ?? 0;
  } catch (error) {
    if (pid) await endServer(pid);
    throw error;
  }
  if (pid && end === undefined) await endServer(pid);
  return readFileSync(logFile).subarray(before).toString().trim() || (end ?? 'it does not answer');
}

/** The line that names the cause: the server's last words are only that it is shut down. */
function complaint(said: string): string {
  const lines = said.split('\n');
  return (lines.find((line) => /(FATAL|PANIC|ERROR):/.test(line)) ?? lines.at(-1) ?? '').trim();
}
