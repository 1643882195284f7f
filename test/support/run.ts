import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { projectRoot } from '../../src/config.ts';
import { findDovecot } from './dovecot.ts';
import { reportTap } from './report.ts';
import { startServers } from './servers.ts';

const tap = path.join(path.dirname(createRequire(import.meta.url).resolve('tap/package.json')), 'dist/esm/run.mjs');

/** Somebody looks on: tap's own live display. Otherwise lines for a log. */
const watched = process.stdout.isTTY === true;

/**
 * `npm test [-- test/intake …]`: starts the servers, runs tap on the compiled tests, stops the servers whatever happens
 * and ends with the one line `N passed, N failed`. Exit code 1 when any failed or none ran.
 */
export async function main(argv: string[]): Promise<number> {
  const unknown = argv.find((source) => !existsSync(path.join(projectRoot, outputOf(source))));
  if (unknown !== undefined) {
    console.error(`minsheng: ${unknown} is not a test of this project.`);
    return 1;
  }
  const files = (argv.length === 0 ? ['test'] : argv).flatMap(compiled);
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  process.on('SIGINT', stop).on('SIGTERM', stop);
  const folder = tapFolder();
  let redisMissing = true;
  let said = '';
  try {
    const servers = await startServers();
    redisMissing = servers.redisUrl === undefined;
    try {
      said = await runTap(folder, files, stopping.signal, {
        TEST_DATABASE_URL: servers.databaseUrl,
        TEST_REDIS_URL: servers.redisUrl,
        // What a test that is cut off leaves goes with the folder.
        TMPDIR: folder,
      });
    } finally {
      await servers.stop();
    }
    const { passed, failed: failures } = count(said);
    const failed = failures + (stopping.signal.aborted ? 1 : 0);
    if (stopping.signal.aborted) console.log('The run was stopped.');
    if (redisMissing) console.log('redis-server was not found on PATH: the Redis suite was not run.');
    if (!findDovecot()) console.log('dovecot was not found: the IMAP suite was not run.');
    console.log(`${passed} passed, ${failed} failed`);
    return failed === 0 && passed > 0 ? 0 : 1;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** tap keeps its notes beside the project it runs: one folder for each run, so that two at once do not meet. */
function tapFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'minsheng-tap-'));
  for (const name of ['.taprc', 'package.json', 'node_modules', 'dist'])
    symlinkSync(path.join(projectRoot, name), path.join(folder, name));
  return folder;
}

/** What `test/intake/x.test.ts`, or a folder, is compiled to. */
const outputOf = (source: string): string =>
  path.join('dist', path.relative(projectRoot, path.resolve(source)).replace(/\.ts$/, '.js'));

function compiled(source: string): string[] {
  const target = outputOf(source);
  return statSync(path.join(projectRoot, target)).isDirectory() ? testsUnder(target) : [target];
}

const testsUnder = (folder: string): string[] =>
  readdirSync(path.join(projectRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.js'))
    .map((file) => path.join(folder, file));

/** Returns tap's output. A signal that stops us goes to tap too; we live on to stop the servers. */
async function runTap(folder: string, files: string[], stopped: AbortSignal, env: NodeJS.ProcessEnv): Promise<string> {
  if (stopped.aborted) return '';
  const raw = path.join(folder, 'all.tap');
  // Without a display tap writes its output twice when it also goes to a file.
  const output = watched ? ['--reporter=base', `--output-file=${raw}`] : ['--reporter=tap'];
  const child = spawn(process.execPath, [tap, '--disable-coverage', '--jobs=3', '--timeout=300', ...output, ...files], {
    cwd: folder,
    stdio: ['ignore', watched ? 'inherit' : 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  stopped.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let said = '';
  child.stdout?.setEncoding('utf8').on('data', (piece: string) => {
    said += piece;
  });
  if (child.stdout) await reportTap(child.stdout, console.log);
  await ended;
  return watched && existsSync(raw) ? readFileSync(raw, 'utf8') : said;
}

/** From tap's last summary, `# { total: 36, pass: 35, fail: 1 }`; a run that was cut off has none and counts as failed. */
function count(output: string): { passed: number; failed: number } {
  const summary = [...output.matchAll(/^# \{ (.*) \}$/gm)].at(-1)?.[1];
  if (summary === undefined) return { passed: 0, failed: 1 };
  const of = (name: string): number => Number(new RegExp(`${name}: (\\d+)`).exec(summary)?.[1] ?? 0);
  return { passed: of('pass'), failed: of('total') - of('pass') - of('skip') - of('todo') };
}
