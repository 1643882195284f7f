import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Housing } from './housing.ts';

interface Options {
  user: string;
  password: string;
  /** False: nothing is synced to disk. */
  durable: boolean;
  env: NodeJS.ProcessEnv;
}

/**
 * Makes the cluster unless it is there. It is made in a folder beside and renamed when complete, so that one that was
 * killed half-way is simply done again.
 * @throws Error one sentence with the last thing initdb said.
 */
export async function initialise(housing: Housing, options: Options): Promise<void> {
  const { cluster } = housing;
  if (existsSync(path.join(cluster, 'PG_VERSION'))) return;
  if (existsSync(cluster) && readdirSync(cluster).length > 0)
    throw new Error(`${cluster} is not a PostgreSQL database: empty it, or set DATA_DIR to another folder.`);
  sweep(cluster);
  const unfinished = `${cluster}.unfinished-${process.pid}`;
  const passwordFile = `${unfinished}.password`;
  mkdirSync(unfinished, { mode: 0o700 });
  writeFileSync(passwordFile, options.password, { mode: 0o600 });
  housing.giveTo(unfinished);
  housing.giveTo(passwordFile);
  try {
    await runInitdb(housing, unfinished, passwordFile, options);
    rmSync(cluster, { recursive: true, force: true });
    renameSync(unfinished, cluster);
  } finally {
    sweep(cluster);
  }
}

/** Removes what earlier attempts left. */
function sweep(cluster: string): void {
  for (const name of readdirSync(path.dirname(cluster)))
    if (name.startsWith(`${path.basename(cluster)}.unfinished`))
      rmSync(path.join(path.dirname(cluster), name), { recursive: true, force: true });
}

async function runInitdb(housing: Housing, folder: string, passwordFile: string, options: Options): Promise<void> {
  const { user, durable, env } = options;
  const initdbArgs = [
    '-D',
    housing.nameOf(folder),
    '-U',
    user,
    // Handed over open: the file may lie where the server's user cannot go.
    `--pwfile=${process.platform === 'win32' ? passwordFile : '/dev/stdin'}`,
    ...['-A', 'scram-sha-256', '-E', 'UTF8', '--locale-provider=builtin', '--locale=C.UTF-8'],
    ...(durable ? [] : ['--no-sync']),
  ];
  const { file, args, ...as } = housing.command(housing.binaries.initdb, initdbArgs);
  const stdin = openSync(passwordFile, 'r');
  try {
    // In a group of its own: a Ctrl-C now is answered when the start is complete and can be undone in order.
    const child = spawn(file, args, { ...as, cwd: folder, env, detached: true, stdio: [stdin, 'ignore', 'pipe'] });
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
      said += piece;
    });
    const failure = await new Promise<string | undefined>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('close', (code) => resolve(code === 0 ? undefined : `exit code ${code}`));
    });
    if (failure !== undefined)
      throw new Error(
        `The embedded database could not be initialised (${lastSentence(said) ?? failure}): set DATA_DIR to a folder that can be written, or DATABASE_URL.`,
      );
  } finally {
    closeSync(stdin);
  }
}

/** What initdb complained of; after that it only says which folder it removes again. */
function lastSentence(said: string): string | undefined {
  const lines = said.split('\n').filter((line) => line.trim() !== '');
  return (lines.find((line) => /(error|fatal|panic):/i.test(line)) ?? lines.at(-1))?.trim();
}
