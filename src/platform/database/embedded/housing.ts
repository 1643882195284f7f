import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Binaries, binariesUnder } from './binaries.ts';

/** Where the server's files lie and how its programs are run so that they are not root's, which PostgreSQL refuses. */
export interface Housing {
  binaries: Binaries;
  /** Folder of the database cluster. */
  cluster: string;
  /** Folder the server's user can enter, for the password file of initdb. */
  folder: string;
  /** The command line that runs a program as the server's user. */
  command(program: string, args: string[]): { file: string; args: string[]; uid?: number; gid?: number };
  /** Hands a file or folder to the server's user. */
  giveTo(file: string): void;
}

const NOBODY = 65_534;

/**
 * As an ordinary user: everything where it is. As root: in a user namespace of its own, in which root's files belong to
 * an ordinary number, so that clones and data under /root work; where that is forbidden (most containers): as `nobody`,
 * with copies in a folder it can enter when the real ones lie where it cannot.
 */
export function findHousing(dataDir: string, binaries: Binaries): Housing {
  const here = { binaries, folder: dataDir, cluster: path.join(dataDir, 'postgres') };
  const nothing = (): void => undefined;
  if (process.getuid?.() !== 0) return { ...here, command: (file, args) => ({ file, args }), giveTo: nothing };
  if (namespaceWorks()) return { ...here, command: inNamespace, giveTo: nothing };
  const command: Housing['command'] = (file, args) => ({ file, args, uid: NOBODY, gid: NOBODY });
  const reachable = reachableFor(binaries.postgres, here.folder) ? here : copiedHousing(dataDir, binaries);
  return { ...reachable, command, giveTo: giveToNobody };
}

const namespace = ['--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, '--'];
const inNamespace: Housing['command'] = (program, args) => ({
  file: 'unshare',
  args: [...namespace, program, ...args],
});

function namespaceWorks(): boolean {
  const probe = spawnSync('unshare', [...namespace, 'id', '-u'], { encoding: 'utf8' });
  return probe.status === 0 && probe.stdout.trim() === String(NOBODY);
}

function reachableFor(program: string, folder: string): boolean {
  const as = { uid: NOBODY, gid: NOBODY };
  return spawnSync(program, ['--version'], as).status === 0 && spawnSync('test', ['-x', folder], as).status === 0;
}

/** The folder of the copies is remembered in DATA_DIR, so that the next start finds the same data. */
function copiedHousing(dataDir: string, binaries: Binaries): Pick<Housing, 'binaries' | 'folder' | 'cluster'> {
  const note = path.join(dataDir, 'postgres-housing');
  const known = existsSync(note) ? readFileSync(note, 'utf8').trim() : '';
  const folder = existsSync(known) ? known : mkdtempSync(path.join(tmpdir(), 'minsheng-postgres-'));
  chmodSync(folder, 0o711);
  writeFileSync(note, `${folder}\n`, { mode: 0o600 });
  const root = path.join(folder, 'native');
  if (!existsSync(path.join(root, 'complete'))) {
    cpSync(binaries.root, root, { recursive: true, verbatimSymlinks: true });
    writeFileSync(path.join(root, 'complete'), '');
  }
  const place = path.join(folder, 'data');
  mkdirSync(place, { recursive: true });
  giveToNobody(place);
  return { binaries: binariesUnder(root, binaries), folder: place, cluster: path.join(place, 'postgres') };
}

function giveToNobody(file: string): void {
  chownSync(file, NOBODY, NOBODY);
  if (lstatSync(file).isDirectory()) for (const name of readdirSync(file)) giveToNobody(path.join(file, name));
}
