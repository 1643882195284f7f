import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { projectRoot } from '../../src/config.ts';
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
  const files = argv.length === 0 ? [] : argv.flatMap(compiled);
  buildTap();
  const servers = await startServers();
  const results = mkdtempSync(path.join(tmpdir(), 'minsheng-results-'));
  const raw = path.join(results, 'all.tap');
  try {
    await runTap(
      [
        '--disable-coverage',
        '--jobs=2',
        '--timeout=120',
        `--reporter=${watched ? 'base' : 'tap'}`,
        `--output-file=${raw}`,
        ...files,
      ],
      {
        TEST_DATABASE_URL: servers.databaseUrl,
        ...(servers.redisUrl ? { TEST_REDIS_URL: servers.redisUrl } : {}),
      },
    );
    const { passed, failed } = count(existsSync(raw) ? readFileSync(raw, 'utf8') : '');
    if (!servers.redisUrl) console.log('redis-server was not found on PATH: the Redis suite was not run.');
    console.log(`${passed} passed, ${failed} failed`);
    return failed === 0 && passed > 0 ? 0 : 1;
  } finally {
    await servers.stop();
    rmSync(results, { recursive: true, force: true });
  }
}

/** `test/intake/x.test.ts` or a folder, as the compiled files that tap runs. */
function compiled(source: string): string[] {
  const target = path.join('dist', path.relative(projectRoot, path.resolve(source)).replace(/\.ts$/, '.js'));
  if (!existsSync(path.join(projectRoot, target))) throw new Error(`${source} is not a test of this project.`);
  return statSync(path.join(projectRoot, target)).isDirectory() ? testsUnder(target) : [target];
}

const testsUnder = (folder: string): string[] =>
  readdirSync(path.join(projectRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.js'))
    .map((file) => path.join(folder, file));

/** tap is put together anew when its plugin list (.taprc) differs from what npm installed. */
function buildTap(): void {
  const stamp = path.join(projectRoot, 'node_modules/.minsheng-tap-built');
  const key = readFileSync(path.join(projectRoot, '.taprc'), 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === key) return;
  const { status, stderr } = spawnSync(process.execPath, [tap, 'build'], { cwd: projectRoot, encoding: 'utf8' });
  if (status !== 0) throw new Error(`tap could not be put together: ${stderr}`);
  writeFileSync(stamp, key);
}

/** The signals that stop us go to tap too; we live on to stop the servers. */
async function runTap(args: string[], env: Record<string, string>): Promise<void> {
  const child = spawn(process.execPath, [tap, ...args], {
    cwd: projectRoot,
    stdio: ['ignore', watched ? 'inherit' : 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const pass = (signal: NodeJS.Signals): void => {
    child.kill(signal);
  };
  process.on('SIGINT', pass).on('SIGTERM', pass);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  if (child.stdout) await reportTap(child.stdout, console.log);
  await ended;
  process.off('SIGINT', pass).off('SIGTERM', pass);
}

/** From tap's last summary, `# { total: 36, pass: 35, fail: 1 }`; a run that was cut off has none and counts as failed. */
function count(output: string): { passed: number; failed: number } {
  const summary = [...output.matchAll(/^# \{ (.*) \}$/gm)].at(-1)?.[1];
  if (summary === undefined) return { passed: 0, failed: 1 };
  const of = (name: string): number => Number(new RegExp(`${name}: (\\d+)`).exec(summary)?.[1] ?? 0);
  return { passed: of('pass'), failed: of('total') - of('pass') - of('skip') - of('todo') };
}
