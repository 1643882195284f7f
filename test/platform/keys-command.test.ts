import { existsSync } from 'node:fs';
import path from 'node:path';
import { createCity } from '../support/city.ts';
import { runProgram } from '../support/program.ts';
import t from '../support/tap.ts';

const city = await createCity(t, { workers: false });

t.test('a key is made once and shown once; one that would open nothing is refused', async (t) => {
  const made = await runProgram(city, ['keys', 'create', 'clerk', 'department:housing']);
  t.equal(made.code, 0);
  t.match(made.stderr, new RegExp(`the database at 127\\.0\\.0\\.1:\\d+/${city.database}\\n`), 'and where');
  t.notMatch(made.stderr, new URL(city.url).password || 'no password');
  const header = { authorization: `Bearer ${made.stdout.trim()}` };
  t.equal((await city.call('GET', '/v1/departments/housing/assignments', undefined, header)).status, 200);
  const refused: [string[], RegExp][] = [
    [
      ['scopeless', 'nothing'],
      /admin, dispatch, operations, import, recordings, reveal, reveal:reporter, open311, intake/,
    ],
    [['moon', 'department:moon'], /no department moon/],
    [['old', 'dispatch', '--expires', '2020-01-01T00:00:00+08:00'], /is over/],
    [['clerk', 'dispatch'], /named clerk/],
  ];
  for (const [args, sentence] of refused) {
    const { code, stderr } = await runProgram(city, ['keys', 'create', ...args]);
    t.equal(code, 1, args.join(' '));
    t.match(stderr, sentence);
  }
});

t.test('no key is made in a database that no service knows', async (t) => {
  const dataDir = path.join(city.dataDir, 'elsewhere');
  for (const args of [['list'], ['create', 'desk', 'dispatch'], ['revoke', 'desk']]) {
    // The empty setting is as if it were not there.
    const { code, stdout, stderr } = await runProgram({ ...city, dataDir }, ['keys', ...args], { DATABASE_URL: '' });
    t.match({ code, stdout }, { code: 1, stdout: '' });
    t.match(stderr, /no database under DATA_DIR=\S+elsewhere.* set DATA_DIR or DATABASE_URL to the service's own/);
  }
  t.notOk(existsSync(dataDir), 'nothing is left behind');
});
