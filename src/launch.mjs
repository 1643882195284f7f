// Runs every command from a bare clone: makes sure, under a lock, that node_modules matches the lock file and that the
// build is fresh, then hands over to the built program in this same process (signals go straight to it).
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const at = (...parts) => path.join(root, ...parts);
const say = (text) => process.stderr.write(`minsheng: ${text}\n`);
const sha = (texts) => createHash('sha256').update(texts.join('\0')).digest('hex');
const read = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : '');
const readJson = (file) => JSON.parse(read(file) || '{}');

class LaunchError extends Error {}

const programs = {
  test: 'dist/test/support/run.js',
  bench: 'dist/test/bench/run.js',
  eval: 'dist/test/eval/run.js',
  trial: 'dist/test/trial/run.js',
};
const buildStamp = at('dist', '.minsheng-built');
const tapStamp = at('node_modules', '.minsheng-tap-built');

/** Whether node_modules holds what the lock file asks for, by the note that npm leaves there as its last step. */
function isInstalled() {
  const there = readJson(at('node_modules', '.package-lock.json')).packages;
  const wanted = Object.entries(readJson(at('package-lock.json')).packages);
  return (
    there !== undefined &&
    wanted.every(([folder, { version, optional }]) =>
      there[folder] ? there[folder].version === version : folder === '' || optional === true,
    )
  );
}

function sources() {
  return ['src', 'test'].flatMap((folder) =>
    (existsSync(at(folder)) ? readdirSync(at(folder), { recursive: true, withFileTypes: true }) : [])
      .filter((entry) => entry.isFile() && /\.(ts|json)$/.test(entry.name))
      .map((entry) => path.relative(root, path.join(entry.parentPath ?? entry.path, entry.name))),
  );
}

/** Names and contents of all that is compiled, so that a checkout of another state is noticed whatever its times say. */
function buildState() {
  const files = sources().sort();
  const texts = files.flatMap((file) => [file, read(at(file))]);
  return { names: sha(files), key: sha([read(at('package-lock.json')), read(at('tsconfig.json')), ...texts]) };
}

const isBuilt = () => readJson(buildStamp).key === buildState().key;
const isTapBuilt = () => read(tapStamp) === read(at('.taprc'));

async function install() {
  // Compilers and test tools are needed whatever NODE_ENV says: everything here runs from its sources.
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  await step('installing dependencies (npm ci)', 'npm', ['ci', '--include=dev', '--include=optional', ...quiet]);
}

async function build() {
  const state = buildState();
  // A removed source must not live on as a compiled one; otherwise a running instance keeps its files.
  if (readJson(buildStamp).names !== state.names) rmSync(at('dist'), { recursive: true, force: true });
  rmSync(buildStamp, { force: true });
  await step('building', process.execPath, [at('node_modules', 'typescript', 'bin', 'tsc'), '-p', at('tsconfig.json')]);
  writeFileSync(buildStamp, JSON.stringify(state));
}

/** tap is put together anew because its list of plugins (.taprc) differs from what npm installs. */
async function buildTap() {
  await step('preparing tap', process.execPath, [at('node_modules', 'tap', 'dist', 'esm', 'run.mjs'), 'build']);
  writeFileSync(tapStamp, read(at('.taprc')));
}

/** Its output goes to stderr: stdout belongs to the command that was asked for. */
async function step(title, command, args) {
  const begun = Date.now();
  const seconds = () => ((Date.now() - begun) / 1000).toFixed(1);
  say(`${title} …`);
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
  const beat = setInterval(() => say(`${title}: ${seconds()} s so far`), 10_000);
  let stopped;
  const stop = (signal) => {
    stopped = signal;
    child.kill(signal);
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  const failure = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(code === 0 ? undefined : (signal ?? `exit code ${code}`)));
  });
  clearInterval(beat);
  process.off('SIGINT', stop).off('SIGTERM', stop);
  if (stopped) throw new LaunchError(`${title} was stopped by ${stopped}.`);
  if (failure !== undefined) throw new LaunchError(`${title} failed (${failure}): see above.`);
  say(`${title}: done in ${seconds()} s`);
}

/** A process by number and start, where /proc tells it: numbers are used again. */
function identityOf(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code === 'ESRCH') return undefined;
  }
  const stat = read(`/proc/${pid}/stat`);
  return `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''}`;
}

/** One at a time: two starts from one clone would install over each other. The lock of a dead process is taken over. */
async function underLock(work) {
  const lock = at('.minsheng-launch.lock');
  const own = `${lock}.${process.pid}`;
  rmSync(own, { recursive: true, force: true });
  mkdirSync(own);
  writeFileSync(path.join(own, 'owner'), identityOf(process.pid));
  for (let waited = false; !tryMove(own, lock); waited = true) {
    const owner = read(path.join(lock, 'owner'));
    if (owner === '' || identityOf(Number(owner.split(' ')[0])) !== owner) {
      // Moved away first: of two that find it abandoned, one removes it.
      if (tryMove(lock, `${own}.stale`)) rmSync(`${own}.stale`, { recursive: true, force: true });
    } else if (!waited) say('another start is installing or building in this folder; waiting for it');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  try {
    await work();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

function tryMove(from, to) {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST', 'ENOENT', 'EPERM'].includes(error.code)) return false;
    throw error;
  }
}

async function prepare(command) {
  const tasks = [
    [isInstalled, install],
    [isBuilt, build],
    [() => command !== 'test' || isTapBuilt(), buildTap],
  ];
  if (tasks.every(([isDone]) => isDone())) return;
  try {
    await underLock(async () => {
      for (const [isDone, work] of tasks) if (!isDone()) await work();
    });
  } catch (error) {
    if (!['EROFS', 'EACCES', 'EPERM', 'ENOSPC'].includes(error.code)) throw error;
    throw new LaunchError(
      `${root} is not installed and built, and cannot be written (${error.code}): mend that first.`,
    );
  }
}

try {
  const [command = 'help', ...args] = process.argv.slice(2);
  await prepare(command);
  const program = programs[command];
  const { main } = await import(pathToFileURL(at(program ?? 'dist/src/main.js')));
  process.exitCode = await main(program ? args : [command, ...args]);
} catch (error) {
  // A failure nobody expected keeps its stack.
  if (error instanceof LaunchError) say(error.message);
  else console.error(error);
  process.exitCode = 1;
}
