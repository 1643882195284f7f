import type { MessageAnswer } from '../../src/intake/message.schema.ts';
import { createCity } from '../support/city.ts';
import { brisk, choose, storePolicy } from '../support/policies.ts';
import t from '../support/tap.ts';

const sender = { phone: '13800000001' };

t.test('a running instance switches policy for new appeals, and old ones keep theirs to the end', async (t) => {
  const city = await createCity(t);
  const old = await city.register('phone', { body: '路灯不亮', sender });
  await city.clock.settle();
  await storePolicy(city, brisk());
  t.equal((await choose(city, [{ policy: 'brisk' }])).status, 200);
  const fresh = await city.register('phone', { body: '自来水很浑', sender });
  t.match(fresh, { forwardDueAt: '2026-03-10T12:00:00+08:00', receiptDueAt: '2026-03-10T14:00:00+08:00' });
  await city.clock.settle();
  t.match(await city.appeal(old.appealId), { policy: { code: 'kunming-hotline', version: 1 } });
  t.match(await city.appeal(fresh.appealId), { policy: { code: 'brisk', version: 1 } });

  // A return and a second dispatch: deadlines that start after the switch are the old policy's too.
  const { id } = (await city.appeal(old.appealId)).assignment ?? { id: '' };
  await city.clock.advance('PT1H');
  t.equal((await city.act('assignments', id, 'return', { reason: '非我单位' })).status, 200);
  await city.act('appeals', old.appealId, 'assign', { department: 'housing' });
  t.same(
    (await city.deadlines(old.appealId)).map(({ name, dueAt }) => `${name} ${dueAt}`),
    [
      'forward 2026-03-11T00:00:00+08:00',
      'forward 2026-03-11T00:00:00+08:00',
      'receipt 2026-03-11T10:00:00+08:00',
      'sign 2026-03-11T17:00:00+08:00',
      'sign 2026-03-11T17:00:00+08:00',
      'resolve 2026-03-17T17:00:00+08:00',
    ],
  );
  t.ok(
    (await city.get<{ items: { policy: object }[] }>(`/v1/appeals/${old.appealId}/deadlines`)).items.every(
      ({ policy }) => JSON.stringify(policy) === '{"code":"kunming-hotline","version":1,"calendarVersion":1}',
    ),
  );
  const final = (await city.appeal(fresh.appealId)).assignment ?? { id: '' };
  t.match(
    await city.act('assignments', final.id, 'return', { reason: '非我单位' }),
    { status: 409, body: { allowed: ['sign'] } },
    'the new policy knows no returns',
  );
});

t.test('two sources under two policies, side by side in one batch of each worker', async (t) => {
  const city = await createCity(t, { workers: false });
  await storePolicy(city, brisk());
  await choose(city, [{ policy: 'brisk', sources: ['12319', 'app'] }]);
  const post = (changes: Record<string, unknown>): Promise<MessageAnswer> =>
    city.register('phone', { sender, ...changes });
  const [slow, quick, slowTriage, quickTriage, quickInquiry] = await Promise.all([
    post({ body: '路灯不亮' }),
    post({ body: '路灯不亮', source: '12319' }),
    post({ body: '一言难尽', sender: { phone: '13800000002' } }),
    city.register('portal', { body: '一言难尽', source: 'app', sender: { phone: '13800000003' } }),
    post({ body: '路灯几点亮', source: '12319', nature: 'inquiry', sender: { phone: '13800000004' } }),
  ]);
  t.equal(new Set([slow, quick].map(({ appealId }) => appealId)).size, 2, 'what is not one policy is not one matter');
  const { instance } = await city.start();
  t.teardown(() => instance.stopWorkers());
  await city.clock.settle();
  const due = async (id: string) =>
    (await city.deadlines(id)).map(({ name, dueAt, state }) => `${name} ${dueAt.slice(5, 16)} ${state}`);
  t.same(await due(slow.appealId), [
    'forward 03-11T00:00 met',
    'receipt 03-11T10:00 met',
    'sign 03-11T17:00 running',
    'resolve 03-17T17:00 running',
  ]);
  t.same(await due(quick.appealId), [
    'sign 03-10T11:00 running',
    'forward 03-10T12:00 met',
    'receipt 03-10T14:00 met',
    'resolve 03-11T10:00 running',
  ]);
  t.notOk(
    (await due(quick.appealId)).some((line) => line.startsWith('on-site')),
    'a deadline whose work does not exist is not started',
  );
  t.same(await due(quickInquiry.appealId), [
    'sign 03-10T11:00 running',
    'forward 03-10T12:00 met',
    'receipt 03-10T14:00 met',
  ]);
  const texts = async (id: string) => (await city.receipts(id)).map(({ text }) => text);
  t.match(await texts(slow.appealId), [/^您的诉求（编号\d+）已受理，转办至市城市管理局，承诺于2026-03-17 17:00前/]);
  t.match(await texts(quick.appealId), [/^【快办】\d+号：已交市城市管理局，2026-03-11 10:00前答复。查询码\*{8}。$/]);
  t.match(await texts(quickInquiry.appealId), [/^【快办】\d+号：已交市城市管理局。查询码\*{8}。$/]);
  const view = await city.call<{ resolveDueAt: string | null }>(
    'GET',
    `/v1/citizen/appeals/${quickInquiry.appealNumber}?code=${quickInquiry.queryCode}`,
  );
  t.match(view, { status: 200, body: { resolveDueAt: null } });

  await city.clock.set('2026-03-12T00:00:00+08:00');
  t.match(await texts(quickTriage.appealId), [`【快办】${quickTriage.appealNumber}号：正在分派。查询码********。`]);
  t.match(await texts(slowTriage.appealId), [/已收到，正在研判承办单位/]);
  const climbed = async (id: string) =>
    (await city.escalations(id)).map(
      ({ deadline, step, role, at }) => `${deadline} ${step} ${role} ${at.slice(5, 16)}`,
    );
  t.same(await climbed(quickTriage.appealId), ['forward 1 chief 03-10T12:00']);
  t.match(await climbed(slowTriage.appealId), ['forward 0 desk-lead 03-10T23:30', 'forward 1 desk-lead 03-11T00:00']);
  t.same(await climbed(quick.appealId), ['resolve 1 chief 03-11T10:00']);
});
