import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runningOn } from './postmaster.ts';
import { isAlive } from './processes.ts';

/**
 * Clears away what a killed server left, so that the next one can start: server processes that go on working for a while
 * without their postmaster, and a pid file whose number another process has by now (after a restart of a container the
 * same small numbers come back). Call it with the instance lock held. Needs /proc; elsewhere PostgreSQL waits by itself.
 */
export async function clearRemains(cluster: string): Promise<void> {
  const pidFile = path.join(cluster, 'postmaster.pid');
  if (!existsSync('/proc/self/cwd') || !existsSync(pidFile) || runningOn(cluster)) return;
  const left = serverProcessesIn(realpathSync(cluster));
  for (const pid of left) process.kill(pid, 'SIGKILL');
  while (left.some(isAlive)) await sleep(10);
  rmSync(pidFile, { force: true });
}

function serverProcessesIn(folder: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && isServerProcessIn(folder, pid));
}

function isServerProcessIn(folder: string, pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === folder && /^postgres/.test(readFileSync(`/proc/${pid}/comm`, 'utf8'));
  } catch {
    // Ended meanwhile, or somebody else's.
    return false;
  }
}
