import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { identityOf } from './processes.ts';

const lockFile = (dataDir: string): string => path.join(dataDir, 'instance.lock');

/** The live process that owns a DATA_DIR; undefined when there is none. */
export function ownerOf(dataDir: string): number | undefined {
  return ownerIn(lockFile(dataDir));
}

function ownerIn(file: string): number | undefined {
  try {
    const noted = readFileSync(file, 'utf8').trim();
    const pid = Number(noted.split(' ')[0]);
    return identityOf(pid) === noted ? pid : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Takes a DATA_DIR for this process. The lock of a dead process is taken over, also when its number is in use again.
 * @returns what lets go of it. @throws Error naming DATA_DIR and the process that has it.
 */
export function lockDataDir(dataDir: string): () => void {
  const file = lockFile(dataDir);
  const own = `${file}.${process.pid}`;
  const stale = `${own}.stale`;
  writeFileSync(own, `${identityOf(process.pid)}\n`);
  try {
    while (!tryLink(own, file)) {
      refuse(dataDir, ownerIn(file));
      if (!tryMove(file, stale)) continue;
      // Between the look and the move another process may have taken it: then it gets it back.
      const owner = ownerIn(stale);
      if (owner !== undefined) tryLink(stale, file);
      rmSync(stale, { force: true });
      refuse(dataDir, owner);
    }
  } finally {
    rmSync(own, { force: true });
  }
  return () => rmSync(file, { force: true });
}

function refuse(dataDir: string, owner: number | undefined): void {
  if (owner !== undefined)
    throw new Error(
      `DATA_DIR=${dataDir} is in use by another instance (process ${owner}): stop it, or set DATA_DIR to another folder.`,
    );
}

const tryLink = (from: string, to: string): boolean => succeeds(() => linkSync(from, to), 'EEXIST');
const tryMove = (from: string, to: string): boolean => succeeds(() => renameSync(from, to), 'ENOENT');

function succeeds(work: () => void, expected: string): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === expected) return false;
    throw error;
  }
}
