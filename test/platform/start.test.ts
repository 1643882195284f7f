import { createServer } from 'node:net';
import { createCity } from '../support/city.ts';
import { runProgram } from '../support/program.ts';
import t from '../support/tap.ts';

// A city in simulated time whose database the program is then started on.
const city = await createCity(t, { workers: false });
await city.register('phone');

const taken = createServer();
await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
t.teardown(() => taken.close());
const { port } = taken.address() as { port: number };

const impossible: [string, Record<string, string>, RegExp][] = [
  [
    'a database that is not there',
    { DATABASE_URL: 'postgres://127.0.0.1:1/none' },
    /127\.0\.0\.1:1\/none .*DATABASE_URL/,
  ],
  ['a database without a schema', { DATABASE_URL: city.url.replace(/[^/]+$/, 'template1') }, /minsheng migrate/],
  ['an unknown policy', { POLICY: 'atlantis' }, /POLICY=atlantis .*kunming-hotline/],
  ['a port that is taken', { PORT: String(port) }, new RegExp(`PORT=${port} is in use`)],
  ['a host of another machine', { HOST: '192.0.2.1' }, /HOST=192\.0\.2\.1 .*set HOST/],
  ['the clock of another run', { CLOCK: 'system' }, /simulated.*CLOCK/],
  ['another data key', { DATA_KEY: `k1:${'B'.repeat(43)}=` }, /DATA_KEY/],
];

for (const [name, settings, sentence] of impossible) {
  t.test(`${name} ends the start with one sentence`, async (t) => {
    const role = name === 'a database without a schema' ? 'api' : 'start';
    const { code, stderr } = await runProgram(city, [role], settings);
    t.equal(code, 1);
    t.match(stderr, sentence);
    t.equal(stderr.trim().split('\n').length, 1, stderr);
  });
}

t.test('a command says it as plainly: the clock of another run', async (t) => {
  const { code, stderr } = await runProgram(city, ['keys', 'list'], { CLOCK: 'system' });
  t.equal(code, 1);
  t.match(stderr, /^minsheng: .*simulated.*\n$/);
});
