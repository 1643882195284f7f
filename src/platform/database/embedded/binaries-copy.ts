import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, lstatSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Binaries, binariesUnder } from './binaries.ts';

/**
 * The binaries themselves, or a copy in a temporary folder when they lie where the server's user cannot get at them.
 * One copy serves all instances of a clone; it is made again when it was swept away or when npm installed others.
 * @param works tells whether the server's user can run a program
 * @throws Error one sentence when no copy can be run either.
 */
export function runnableBinaries(binaries: Binaries, works: (program: string) => boolean): Binaries {
  if (works(binaries.postgres)) return binaries;
  for (const place of [tmpdir(), '/tmp', '/var/tmp'].filter((folder) => existsSync(folder))) {
    const copy = binariesUnder(copyIn(place, binaries), binaries);
    if (works(copy.postgres)) return copy;
    rmSync(copy.root, { recursive: true, force: true });
  }
  throw new Error(
    `The embedded database cannot run as root, and no other user can run ${binaries.postgres} or a copy of it: start as an ordinary user, or set DATABASE_URL.`,
  );
}

function copyIn(place: string, { root, postgres }: Binaries): string {
  const { mtimeMs, size } = statSync(postgres);
  const name = createHash('sha256').update(`${root} ${mtimeMs} ${size}`).digest('hex').slice(0, 16);
  const copy = path.join(place, `minsheng-postgres-${name}`);
  if (isOurs(copy)) return copy;
  const unfinished = mkdtempSync(`${copy}-`);
  cpSync(root, unfinished, { recursive: true, verbatimSymlinks: true });
  spawnSync('chmod', ['-R', 'a+rX,go-w', unfinished]);
  try {
    renameSync(unfinished, copy);
    return copy;
  } catch {
    // Another start was faster, or somebody else has put something there: then this one is used where it is.
    return unfinished;
  }
}

/** A folder under this name that root did not make must not be trusted: temporary folders are open to everybody. */
function isOurs(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === 0 && (found.mode & 0o022) === 0;
}
