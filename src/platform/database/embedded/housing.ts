import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, lstatSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Binaries } from './binaries.ts';
import { runnableBinaries } from './binaries-copy.ts';

/** Where the server's files lie and how its programs are run so that they are not root's, which PostgreSQL refuses. */
export interface Housing extends ServerUser {
  binaries: Binaries;
  /** Folder of the database cluster. */
  cluster: string;
  /** What the server's user calls the folder in which its program is started. */
  nameOf(folder: string): string;
}

interface ServerUser {
  /** The command line that runs a program as the server's user. */
  command(program: string, args: string[]): { file: string; args: string[]; uid?: number; gid?: number };
  /** Hands a file or folder, with all that is in it, to the server's user. */
  giveTo(file: string): void;
}

const NOBODY = 65_534;

/** The folder of the cluster; it exists once the database has been initialised. */
export const clusterOf = (dataDir: string): string => path.join(dataDir, 'postgres');
/** Whether a database has been initialised there. */
export const hasCluster = (dataDir: string): boolean => existsSync(path.join(clusterOf(dataDir), 'PG_VERSION'));

/**
 * As an ordinary user: everything where it is. As root: in a user namespace of its own, in which root's files belong to
 * an ordinary number, so that clones and data under /root work; where that is forbidden (most containers): as `nobody`.
 * Data that lies where the server's user cannot go is reached through the working directory, which it inherits.
 */
export function findHousing(dataDir: string, binaries: Binaries): Housing {
  const cluster = clusterOf(dataDir);
  if (process.getuid?.() !== 0) return { ...ourselves, binaries, cluster, nameOf: (folder) => folder };
  const user = unprivilegedUser(cluster);
  const reachable = runs(user, 'test', ['-x', dataDir]);
  return {
    ...user,
    binaries: runnableBinaries(binaries, (program) => runs(user, program, ['--version'])),
    cluster,
    nameOf: (folder) => (reachable ? folder : '/proc/self/cwd'),
  };
}

const ourselves: ServerUser = { command: (file, args) => ({ file, args }), giveTo: () => undefined };

const namespace = ['--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, '--'];
const ourselvesRenamed: ServerUser = {
  command: (program, args) => ({ file: 'unshare', args: [...namespace, program, ...args] }),
  giveTo: () => undefined,
};

function otherUser(uid: number, gid: number): ServerUser {
  return { command: (file, args) => ({ file, args, uid, gid }), giveTo: (file) => give(file, uid, gid) };
}

/** Data that is there already stays with the user it belongs to: an earlier start may have had other possibilities. */
function unprivilegedUser(cluster: string): ServerUser {
  const owner = statSync(cluster, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) return otherUser(owner.uid, owner.gid);
  if (runs(ourselvesRenamed, 'sh', ['-c', `test "$(id -u)" = ${NOBODY}`])) return ourselvesRenamed;
  const nobody = otherUser(NOBODY, NOBODY);
  if (owner) nobody.giveTo(cluster);
  return nobody;
}

function runs(user: ServerUser, program: string, programArgs: string[]): boolean {
  const { file, args, ...as } = user.command(program, programArgs);
  return spawnSync(file, args, { ...as, stdio: 'ignore' }).status === 0;
}

function give(file: string, uid: number, gid: number): void {
  chownSync(file, uid, gid);
  if (lstatSync(file).isDirectory()) for (const name of readdirSync(file)) give(path.join(file, name), uid, gid);
}
