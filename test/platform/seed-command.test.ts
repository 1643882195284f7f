import { writeFileSync } from 'node:fs';
import path from 'node:path';
import demoCity from '../../src/city/demo-city.json' with { type: 'json' };
import { createCity } from '../support/city.ts';
import { runProgram } from '../support/program.ts';
import t from '../support/tap.ts';

const city = await createCity(t, { workers: false });

t.test('a city whose parts name what it does not list is refused with the name', async (t) => {
  const rule = { department: 'housing', words: ['积水'] };
  const before = await city.counts();
  const wrong: [object, RegExp][] = [
    [{ catalogue: [{ ...rule, department: 'moon' }] }, /catalogue names the department moon,/],
    [{ catalogue: [{ ...rule, sources: ['12345', 'moon-line'] }] }, /the source moon-line in its catalogue,/],
    [{ policies: [{ policy: 'gaoyou', sources: ['moon-line'] }] }, /the source moon-line in its policies,/],
  ];
  const file = path.join(city.dataDir, 'city.json');
  for (const [changes, sentence] of wrong) {
    writeFileSync(file, JSON.stringify({ ...demoCity, ...changes }));
    const { code, stderr } = await runProgram(city, ['seed', file]);
    t.equal(code, 1);
    t.match(stderr, sentence);
  }
  t.same(await city.counts(), before, 'nothing of it is loaded');
});
