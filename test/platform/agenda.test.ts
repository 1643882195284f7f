import { addToAgenda, type Lease, LeaseLostError, settle } from '../../src/platform/agenda/agenda.ts';
import { type AgendaHandler, createAgendaWorker } from '../../src/platform/agenda/agenda-worker.ts';
import { createCity } from '../support/city.ts';
import t from '../support/tap.ts';

const city = await createCity(t, { workers: false });
const { db, agenda, clock, log } = city.instance;
const now = await clock.now();
const minutes = (n: number): Date => new Date(now.getTime() + n * 60_000);
let subjects = 0;

/** Adds items of a kind; each is [run in minutes, due in minutes]. */
async function add(kind: string, times: [number, number][]): Promise<void> {
  const items = times.map(([run, due], at) => ({
    kind,
    subjectId: `00000000-0000-7000-8000-${String(++subjects).padStart(12, '0')}`,
    businessKey: `${kind}:${at}`,
    runAt: minutes(run),
    dueAt: minutes(due),
  }));
  await addToAgenda(db, items);
  await addToAgenda(db, items);
}

const states = async (kind: string) =>
  city.rows<{ key: string; state: string; attempts: number; run_at: Date; last_error: string | null }>(
    'select business_key as key, state, attempts, run_at, last_error from agenda where kind = $1 order by id',
    [kind],
  );
const keysOf = (lease: Lease): string[] => lease.items.map((item) => item.businessKey);

t.test('claimed by promise, only what is due, nothing twice', async (t) => {
  await add('order', [
    [-5, 30],
    [-1, 10],
    [0, 20],
    [1, 5],
  ]);
  t.equal((await states('order')).length, 4, 'a business key is there once');
  t.same(keysOf(await agenda.claim('order', now, 2)), ['order:1', 'order:2']);
  t.same(keysOf(await agenda.claim('order', now, 9)), ['order:0']);
  t.same(keysOf(await agenda.claim('order', now, 9)), []);
  t.same(keysOf(await agenda.claim('order', minutes(1), 9)), ['order:3']);
});

t.test('many claim at once: every item goes to one of them', async (t) => {
  await add(
    'crowd',
    Array.from({ length: 200 }, (_, at) => [0, at]),
  );
  const leases = await Promise.all(Array.from({ length: 12 }, () => agenda.claim('crowd', now, 25)));
  const claimed = leases.flatMap(keysOf);
  t.equal(new Set(claimed).size, claimed.length);
  for (;;) {
    const lease = await agenda.claim('crowd', now, 25);
    if (lease.items.length === 0) break;
    claimed.push(...keysOf(lease));
  }
  t.equal(new Set(claimed).size, 200);
});

t.test('a lease that ran out goes to another; the first can no longer settle, and what it did is undone', async (t) => {
  await add('lease', [[0, 1]]);
  const first = await agenda.claim('lease', now, 1);
  t.equal(await agenda.sweep(), 0, 'a lease in force is left alone');
  await city.rows("update agenda set lease_until = clock_timestamp() - interval '1 second' where kind = 'lease'");
  await agenda.extend(first);
  t.equal(await agenda.sweep(), 0, 'extended in time');
  await city.rows("update agenda set lease_until = clock_timestamp() - interval '1 second' where kind = 'lease'");
  t.equal(await agenda.sweep(), 1);
  const second = await agenda.claim('lease', now, 1);
  t.same(keysOf(second), ['lease:0']);
  await t.rejects(
    db.transaction(async (tx) => {
      await tx.execute("insert into sources (code, channel, name) values ('ghost', 'phone', 'written by the loser')");
      await settle(tx, first, first.items, now);
    }),
    LeaseLostError,
  );
  t.same(await city.rows("select 1 from sources where code = 'ghost'"), []);
  await db.transaction((tx) => settle(tx, second, second.items, now));
  t.match(await states('lease'), [{ state: 'done' }]);
});

/** A worker of its own, for one kind, on the city's clock. */
function workerOf(handler: AgendaHandler) {
  return createAgendaWorker({ db, agenda, clock, log, handlers: [handler] });
}

t.test('a bad item harms only itself, waits longer each time, and ends where a person sees it', async (t) => {
  await add('fail', [
    [0, 1],
    [0, 2],
    [0, 3],
  ]);
  let broken = true;
  const worker = workerOf({
    kind: 'fail',
    drains: 1,
    batchSize: 10,
    attempts: 10,
    handle: async (lease, at) => {
      if (broken && keysOf(lease).includes('fail:1')) throw new Error('the second is bad');
      await settle(db, lease, lease.items, at);
    },
  });
  await worker.drain('fail');
  t.match(await states('fail'), [
    { state: 'done' },
    { state: 'open', attempts: 1, last_error: /the second is bad/ },
    { state: 'done' },
  ]);
  const waits: number[] = [];
  for (let attempt = 1; attempt < 10; attempt += 1) {
    const [, bad] = await states('fail');
    const runAt = bad?.run_at ?? now;
    waits.push((runAt.getTime() - (await clock.now()).getTime()) / 1000);
    await city.rows('update instance set simulated_now = $1', [new Date(runAt.getTime() - 1)]);
    await worker.drain('fail');
    t.equal((await states('fail'))[1]?.attempts, attempt, 'not before its time');
    await city.rows('update instance set simulated_now = $1', [runAt]);
    await worker.drain('fail');
  }
  t.same(waits, [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
  const failed = await city.get<{ items: { id: number; kind: string; attempts: number; lastError: string }[] }>(
    '/v1/agenda?status=failed',
  );
  t.match(failed.items, [{ kind: 'fail', attempts: 10, lastError: /the second is bad/ }]);
  const { warnings } = await city.get<{ warnings: string[] }>('/readyz');
  t.ok(
    warnings.some((warning) => /fail: 1 failed for good/.test(warning)),
    warnings.join(),
  );

  const retry = (id: number) => city.call('POST', `/v1/agenda/${id}/retry`);
  broken = false;
  t.match(await retry(failed.items[0]?.id ?? 0), { status: 200, body: { status: 'open', attempts: 0 } });
  t.equal((await retry(failed.items[0]?.id ?? 0)).status, 404, 'only what failed can be retried');
  await worker.drain('fail');
  t.match(await states('fail'), [{ state: 'done' }, { state: 'done' }, { state: 'done' }]);
});

t.test('a worker that stops finishes its batch and takes no other', async (t) => {
  await add(
    'stop',
    Array.from({ length: 5 }, (_, at) => [0, at]),
  );
  let enter: () => void = () => undefined;
  let leave: () => void = () => undefined;
  const entered = new Promise<void>((resolve) => {
    enter = resolve;
  });
  const released = new Promise<void>((resolve) => {
    leave = resolve;
  });
  const worker = workerOf({
    kind: 'stop',
    drains: 1,
    batchSize: 1,
    attempts: 10,
    handle: async (lease, at) => {
      enter();
      await released;
      await settle(db, lease, lease.items, at);
    },
  });
  const drained = worker.drain('stop');
  await entered;
  const stopped = worker.stop();
  leave();
  await Promise.all([stopped, drained]);
  t.same(
    (await states('stop')).map(({ state }) => state),
    ['done', 'open', 'open', 'open', 'open'],
  );
});

t.test('settled items are pruned after their keep, failed ones never', async (t) => {
  await add('old', [
    [0, 1],
    [0, 2],
  ]);
  await city.rows("update agenda set state = 'done', settled_at = $1 where business_key = 'old:0'", [
    minutes(-31 * 24 * 60),
  ]);
  await city.rows("update agenda set state = 'failed', settled_at = $1 where business_key = 'old:1'", [
    minutes(-31 * 24 * 60),
  ]);
  t.equal(await agenda.prune(now), 1);
  t.match(await states('old'), [{ key: 'old:1' }]);
});
