import { createCity } from '../support/city.ts';
import { runProgram } from '../support/program.ts';
import t from '../support/tap.ts';

const city = await createCity(t, { workers: false });

t.test('a key is made once and shown once; one that would open nothing is refused', async (t) => {
  const made = await runProgram(city, ['keys', 'create', 'clerk', 'department:housing']);
  t.equal(made.code, 0);
  const header = { authorization: `Bearer ${made.stdout.trim()}` };
  t.equal((await city.call('GET', '/v1/departments/housing/assignments', undefined, header)).status, 200);
  const refused: [string[], RegExp][] = [
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
