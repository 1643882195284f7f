// Runs every command from a bare clone: makes sure, under a lock, that node_modules matches the lock file and that the
// build is fresh, then hands over to the built program in this same process (signals go straight to it).
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const at = (...parts) => path.join(root, ...parts);
const say = (text) => process.stderr.write(`minsheng: ${text}\n`);
const sha = (texts) => createHash('sha256').update(texts.join('\0')).digest('hex');

const programs = { test: 'dist/test/support/run.js', bench: 'dist/test/bench/run.js', eval: 'dist/test/eval/run.js' };

const read = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : '');
const installStamp = at('node_modules', '.minsheng-installed');
const buildStamp = at('dist', '.minsheng-built');

function installKey() {
  return sha([read(at('package-lock.json')), read(at('package.json')), process.version.split('.')[0], process.platform, process.arch]);
}

/** Names and contents of all that is compiled, so that a checkout of another state is noticed whatever its times say. */
function buildKey() {
  const texts = [installKey(), read(at('tsconfig.json'))];
  for (const file of [...filesUnder('src'), ...filesUnder('test')].sort()) texts.push(file, read(at(file)));
  return sha(texts);
}

function filesUnder(folder) {
  if (!existsSync(at(folder))) return [];
  return readdirSync(at(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|json|mjs)$/.test(entry.name))
    .map((entry) => path.relative(root, path.join(entry.parentPath ?? entry.path, entry.name)));
}

function step(title, command, args) {
  const begun = Date.now();
  say(`${title} …`);
  // The output goes to stderr: stdout belongs to the command that was asked for.
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
  if (error || status !== 0) throw new Error(`${title} failed${error ? ` (${error.message})` : ''}; see above.`);
  say(`${title}: done in ${((Date.now() - begun) / 1000).toFixed(1)} s`);
}

function prepare() {
  if (read(installStamp) !== installKey()) {
    step('installing dependencies (npm ci)', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
    writeFileSync(installStamp, installKey());
  }
  const key = buildKey();
  if (read(buildStamp) !== key) {
    // A removed source must not live on as a compiled one.
    rmSync(at('dist'), { recursive: true, force: true });
    step('building', process.execPath, [at('node_modules', 'typescript', 'bin', 'tsc'), '-p', at('tsconfig.json')]);
    writeFileSync(buildStamp, key);
  }
}

const ready = () => read(installStamp) === installKey() && read(buildStamp) === buildKey();

/** One at a time: two starts from one clone would install over each other. The lock of a dead process is taken over. */
async function underLock(work) {
  const lock = at('.minsheng-launch.lock');
  for (let waited = false; ; waited = true) {
    try {
      mkdirSync(lock);
      writeFileSync(path.join(lock, 'pid'), String(process.pid));
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (isAbandoned(lock)) rmSync(lock, { recursive: true, force: true });
      else if (!waited) say('another start is installing or building in this folder; waiting');
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  try {
    await work();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

function isAbandoned(lock) {
  const pid = Number(read(path.join(lock, 'pid')));
  if (!pid) return existsSync(lock) && Date.now() - statSync(lock).mtimeMs > 5_000;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

try {
  if (!ready()) await underLock(() => (ready() ? undefined : prepare()));
  const [command = 'help', ...args] = process.argv.slice(2);
  const program = programs[command];
  const { main } = await import(pathToFileURL(at(program ?? 'dist/src/main.js')));
  process.exitCode = await main(program ? args : [command, ...args]);
} catch (error) {
  // A failure nobody expected keeps its stack; the launcher's own are one sentence.
  console.error(error instanceof Error && error.message.endsWith('see above.') ? `minsheng: ${error.message}` : error);
  process.exitCode = 1;
}
