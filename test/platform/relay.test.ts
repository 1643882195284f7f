import { addToAgenda, settle } from '../../src/platform/agenda/agenda.ts';
import { type AgendaHandler, createAgendaWorker } from '../../src/platform/agenda/agenda-worker.ts';
import { freePort } from '../../src/platform/database/embedded/free-port.ts';
import { createWakeQueue } from '../../src/platform/queue/queue.ts';
import { createRelay } from '../../src/platform/queue/relay.ts';
import { createCity } from '../support/city.ts';
import { until } from '../support/mail.ts';
import t from '../support/tap.ts';

t.test('without a queue a kind that hangs holds no other, no lease that ran out, and no later scan', async (t) => {
  const city = await createCity(t, { workers: false });
  const { db, agenda, clock, log } = city.instance;
  const now = await clock.now();
  let subjects = 0;
  const add = (kind: string): Promise<void> => {
    const subjectId = `00000000-0000-7000-8000-${String(++subjects).padStart(12, '0')}`;
    return addToAgenda(db, [{ kind, subjectId, businessKey: `${kind}:${subjects}`, runAt: now, dueAt: now }]);
  };
  const done = async (kind: string): Promise<number> =>
    (await city.rows("select 1 from agenda where kind = $1 and state = 'done'", [kind])).length;

  let answer: () => void = () => undefined;
  const silence = new Promise<void>((resolve) => {
    answer = resolve;
  });
  let asked = 0;
  const handlers: AgendaHandler[] = ['a-hangs', 'b-works', 'c-works'].map((kind) => ({
    kind,
    drains: 2,
    batchSize: 1,
    attempts: 10,
    handle: async (lease, at) => {
      if (kind === 'a-hangs') {
        asked += 1;
        await silence;
      }
      await settle(db, lease, lease.items, at);
    },
  }));
  const worker = createAgendaWorker({ db, agenda, clock, log, handlers });
  const queue = createWakeQueue({ databaseUrl: city.url, redisUrl: `redis://127.0.0.1:${await freePort()}`, log });
  const relay = createRelay({ agenda, clock, queue, log, kinds: worker.kinds, drain: worker.drain });
  t.teardown(async () => {
    answer();
    await Promise.all([relay.stop(), worker.stop()]);
    await queue.close();
  });

  for (let item = 0; item < 5; item++) await add('a-hangs');
  await add('b-works');
  await add('c-works');
  relay.start();
  await until(async () => (await done('b-works')) + (await done('c-works')) === 2);
  t.notOk(queue.isReachable());

  // What comes later is found as well, and so is what a worker that died had.
  await add('b-works');
  await agenda.claim('b-works', now, 1);
  await city.rows("update agenda set lease_until = clock_timestamp() - interval '1 second' where kind = 'b-works'");
  await add('c-works');
  await until(async () => (await done('b-works')) + (await done('c-works')) === 4);
  await until(async () => asked === 2);
  t.equal(await done('a-hangs'), 0);
  t.equal(asked, 2, 'as many as the kind has drains');
  answer();
  await until(async () => (await done('a-hangs')) === 5);
});
