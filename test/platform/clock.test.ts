import { compose } from '../../src/compose.ts';
import { readConfig } from '../../src/config.ts';
import { createLog } from '../../src/platform/log.ts';
import { createCity } from '../support/city.ts';
import t from '../support/tap.ts';

const city = await createCity(t);
const move = (body: object) => city.call<{ now: string; type: string }>('POST', '/v1/dev/clock', body);

t.test('any time before the first message, only forward after it', async (t) => {
  t.match(await move({ set: '2030-01-01T00:00:00Z' }), {
    status: 200,
    body: { mode: 'simulated', now: '2030-01-01T08:00:00+08:00' },
  });
  t.match(await move({ set: '2026-09-30T16:59:00+08:00' }), {
    status: 200,
    body: { now: '2026-09-30T16:59:00+08:00' },
  });
  t.match(await move({ advance: 'P1DT2H3M4S' }), { body: { now: '2026-10-01T19:02:04+08:00' } });
  await city.register('phone');
  t.match(await move({ set: '2026-10-01T19:02:03+08:00' }), {
    status: 409,
    body: { type: 'urn:minsheng:problem:clock-conflict' },
  });
  t.match(await move({ set: '2026-10-01T19:02:04+08:00' }), { status: 200 }, 'where it stands already');
  t.equal(await city.clock.now(), '2026-10-01T19:02:04+08:00', 'it stands still between calls');
});

t.test('impossible moves are refused and change nothing', async (t) => {
  const before = await city.clock.now();
  for (const body of [
    {},
    { advance: 'P1M' },
    { advance: 'P' },
    { advance: 'PT' },
    { advance: '-P1D' },
    { set: '1999-01-01T00:00:00Z' },
    { set: '2026-13-01T00:00:00Z' },
    { to: 1 },
  ])
    t.match(await move(body), { status: 400 }, JSON.stringify(body));
  t.equal(await city.clock.now(), before);
});

t.test('a second move under way is a 409, also on another process', async (t) => {
  const other = await city.start({ workers: false });
  const client = await city.instance.db.$client.connect();
  await client.query('begin');
  // The first move cannot write the new time while we hold the row, so it stays under way.
  await client.query('select 1 from instance for update');
  const first = move({ advance: 'PT1H' });
  for (;;) {
    const { rowCount } = await client.query('select 1 from pg_locks where not granted and pid <> pg_backend_pid()');
    if (rowCount) break;
  }
  for (const node of [undefined, other])
    t.match(await city.call('POST', '/v1/dev/clock', { advance: 'PT1H' }, {}, node), {
      status: 409,
      body: { type: 'urn:minsheng:problem:clock-conflict' },
    });
  await client.query('rollback');
  client.release();
  t.equal((await first).status, 200);
  t.equal((await move({ advance: 'PT1H' })).status, 200, 'and then again');
});

t.test('an advance stops at every due instant on its way', async (t) => {
  const start = await city.clock.now();
  const { appealId } = await city.register('phone', { body: '一言难尽' });
  await city.clock.advance('P30D');
  const taken = await city.escalations(appealId);
  t.ok(taken.length >= 4);
  t.equal(new Set(taken.map(({ at }) => at)).size, taken.length, 'each at its own time');
  t.ok(taken.every(({ at }) => at > start));
});

t.test('time and its mode are kept with the data', async (t) => {
  const again = await city.start({ workers: false });
  t.equal((await again.instance.clock.now()).getTime(), Date.parse(await city.clock.now()));
  const system = readConfig({ DATABASE_URL: city.url, DATA_DIR: city.dataDir, CLOCK: 'system' });
  await t.rejects(compose(system, city.url, createLog('silent')), {
    name: 'ClockModeError',
    message: /set CLOCK=simulated/,
  });
});
