import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** State letter and start time (clock ticks since boot) of a process, from /proc; undefined where there is none. */
function statOf(pid: number): { state: string; startedAt: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', startedAt: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

/** Whether a process runs. One that has ended and only waits for its parent to ask about it does not. */
export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return !/^[ZX]/.test(statOf(pid)?.state ?? '');
}

/** A live process by number and start: numbers are used again, the pair is not. */
export function identityOf(pid: number): string | undefined {
  if (!isAlive(pid)) return undefined;
  const startedAt = statOf(pid)?.startedAt ?? spawnSync('ps', ['-o', 'lstart=', '-p', `${pid}`]).stdout?.toString();
  return `${pid} ${startedAt ?? ''}`.trim();
}
