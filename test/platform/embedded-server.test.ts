import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { startEmbeddedServer } from '../../src/platform/database/embedded/embedded-server.ts';
import { isAlive } from '../../src/platform/database/embedded/processes.ts';
import { createLog } from '../../src/platform/log.ts';
import t from '../support/tap.ts';

const root = mkdtempSync(path.join(tmpdir(), 'minsheng-embedded-'));
t.teardown(() => rmSync(root, { recursive: true, force: true }));
const log = createLog('silent');
const start = (dataDir: string) => startEmbeddedServer({ dataDir, log, durable: false });

async function query(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return Object.values((await client.query(sql)).rows[0] ?? {})[0];
  } finally {
    await client.end();
  }
}

/** Another process that starts a server on the folder and then waits to be killed. Resolves with both numbers. */
async function startElsewhere(dataDir: string): Promise<{ kill(): Promise<void>; server: number }> {
  const module = path.join(import.meta.dirname, '../../src/platform/database/embedded/embedded-server.js');
  const program = `
    import { startEmbeddedServer } from ${JSON.stringify(module)};
    const log = { info() {}, warn() {}, error() {} };
    const { pid } = await startEmbeddedServer({ dataDir: ${JSON.stringify(dataDir)}, log, durable: false });
    console.log(pid);
    setInterval(() => {}, 60_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const server = await new Promise<number>((resolve) => child.stdout.once('data', (pid) => resolve(Number(pid))));
  return {
    server,
    kill: async () => {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
    },
  };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise(setImmediate);
}

t.test('data is kept over a restart; nothing is left running; a second stop changes nothing', async (t) => {
  const dataDir = path.join(root, 'kept');
  const first = await start(dataDir);
  await query(first.url, 'create table kept as select 7 as number');
  t.equal(await query(first.url, 'show timezone'), 'UTC');
  t.equal(await query(first.url, 'show server_encoding'), 'UTF8');
  t.equal(await query(first.url, 'show listen_addresses'), '127.0.0.1');
  t.equal(statSync(path.join(dataDir, 'postgres-password')).mode & 0o077, 0, 'only its owner reads the password');
  await first.stop();
  t.notOk(isAlive(first.pid));
  const second = await start(dataDir);
  await first.stop();
  await t.rejects(start(dataDir), { message: new RegExp(`^DATA_DIR=${dataDir} is in use by another instance`) });
  t.equal(await query(second.url, 'select number from kept'), 7);
  await second.stop();
});

t.test('a killed process leaves a server that is adopted; a live one keeps its folder', async (t) => {
  const dataDir = path.join(root, 'orphan');
  const other = await startElsewhere(dataDir);
  await t.rejects(start(dataDir), /is in use by another instance/);
  await other.kill();
  const adopted = await start(dataDir);
  t.equal(adopted.pid, other.server);
  await adopted.stop();
  t.notOk(isAlive(other.server));
});

t.test('a server that dies is started again at the same address', async (t) => {
  const server = await start(path.join(root, 'restarted'));
  const { pid } = server;
  process.kill(pid, 'SIGKILL');
  await until(() => server.pid !== pid);
  t.equal(await query(server.url, 'select 1'), 1);
  await server.stop();
});

t.test('numbers of dead processes that others have by now block nothing', async (t) => {
  const dataDir = path.join(root, 'recycled');
  await (await start(dataDir)).stop();
  writeFileSync(path.join(dataDir, 'instance.lock'), `${process.pid} 1\n`);
  writeFileSync(path.join(dataDir, 'postgres/postmaster.pid'), `${process.ppid}\n${dataDir}/postgres\n1\n5432\n`);
  const server = await start(dataDir);
  t.equal(await query(server.url, 'select 1'), 1);
  await server.stop();
});

t.test('an initialisation that was cut off is done again; what is not ours is left alone', async (t) => {
  const dataDir = path.join(root, 'unfinished');
  const half = path.join(dataDir, 'postgres.unfinished-123');
  mkdirSync(half, { recursive: true });
  writeFileSync(path.join(half, 'PG_VERSION'), '18\n');
  const server = await start(dataDir);
  t.notOk(existsSync(half));
  await server.stop();

  const foreign = path.join(root, 'foreign', 'postgres', 'letter.txt');
  mkdirSync(path.dirname(foreign), { recursive: true });
  writeFileSync(foreign, 'mine');
  await t.rejects(start(path.join(root, 'foreign')), /is not a PostgreSQL database/);
  t.equal(readFileSync(foreign, 'utf8'), 'mine');
});

t.test(
  'a lost password and a folder that cannot be made are one sentence each, and leave nothing running',
  async (t) => {
    const dataDir = path.join(root, 'password');
    await (await start(dataDir)).stop();
    writeFileSync(path.join(dataDir, 'postgres-password'), 'another\n');
    await t.rejects(start(dataDir), /does not accept the password kept in DATA_DIR/);
    t.notOk(existsSync(path.join(dataDir, 'postgres/postmaster.pid')));
    await t.rejects(start('/dev/null/data'), { message: /^DATA_DIR=\/dev\/null\/data cannot be written \(ENOTDIR\)/ });
  },
);
