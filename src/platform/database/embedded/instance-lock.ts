import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { identityOf } from './processes.ts';

/** The live process that owns a DATA_DIR; undefined when there is none. */
export function ownerOf(dataDir: string): number | undefined {
  try {
    const noted = readFileSync(lockFile(dataDir), 'utf8').trim();
    const pid = Number(noted.split(' ')[0]);
    return identityOf(pid) === noted ? pid : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

const lockFile = (dataDir: string): string => path.join(dataDir, 'instance.lock');

/**
 * Takes a DATA_DIR for this process. The lock of a dead process is taken over.
 * @returns what lets go of it. @throws Error naming DATA_DIR and the process that has it.
 */
export function lockDataDir(dataDir: string): () => void {
  const file = lockFile(dataDir);
  const own = `${file}.${process.pid}`;
  writeFileSync(own, `${identityOf(process.pid)}\n`);
  try {
    if (!tryLink(own, file)) {
      refuseIfOwned(dataDir);
      renameSync(file, `${own}.stale`);
      rmSync(`${own}.stale`, { force: true });
      if (!tryLink(own, file)) refuseIfOwned(dataDir);
    }
  } finally {
    rmSync(own, { force: true });
  }
  return () => rmSync(file, { force: true });
}

function refuseIfOwned(dataDir: string): void {
  const owner = ownerOf(dataDir);
  if (owner !== undefined)
    throw new Error(
      `DATA_DIR=${dataDir} is in use by another instance (process ${owner}): stop it, or set DATA_DIR to another folder.`,
    );
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
