import { createCity } from '../support/city.ts';
import t from '../support/tap.ts';

type City = Awaited<ReturnType<typeof createCity>>;

/** The steps taken on one deadline of an appeal, in short. */
async function steps(city: City, appealId: string, deadline: string): Promise<string[]> {
  const taken = (await city.escalations(appealId)).filter((step) => step.deadline === deadline);
  return taken.map(({ step, role, at, department }) => `${step} ${role} ${at} ${department}`);
}

t.test('unassigned work climbs to the desk’s leads, day and night, each step once', async (t) => {
  const city = await createCity(t);
  await city.start();
  const { appealId } = await city.register('phone', { body: '一言难尽' });
  await city.clock.set('2026-03-10T23:29:59+08:00');
  t.same(await steps(city, appealId, 'forward'), []);
  await city.clock.set('2026-03-10T23:30:00+08:00');
  t.same(await steps(city, appealId, 'forward'), ['0 desk-lead 2026-03-10T23:30:00+08:00 null']);
  await city.clock.set('2026-03-20T00:00:00+08:00');
  t.same(await steps(city, appealId, 'forward'), [
    '0 desk-lead 2026-03-10T23:30:00+08:00 null',
    '1 desk-lead 2026-03-11T00:00:00+08:00 null',
    '2 desk-director 2026-03-12T00:00:00+08:00 null',
    '3 city-office 2026-03-13T00:00:00+08:00 null',
  ]);
  t.match((await city.deadlines(appealId))[0], { state: 'running', overdue: true });
});

t.test('a department’s ladder keeps office hours and working days', async (t) => {
  const city = await createCity(t, { at: '2026-03-12T11:00:00+08:00' });
  await city.start();
  const { appealId } = await city.register('phone', { body: '路灯不亮' });
  await city.clock.set('2026-03-31T00:00:00+08:00');
  // Signed by Friday 13 March 17:00; the weekend counts for nothing.
  t.same(await steps(city, appealId, 'sign'), [
    '0 department-clerk 2026-03-13T15:00:00+08:00 urban-management',
    '1 department-head 2026-03-13T17:00:00+08:00 urban-management',
    '2 department-leader 2026-03-16T17:00:00+08:00 urban-management',
    '3 city-office 2026-03-17T17:00:00+08:00 urban-management',
  ]);
  t.same(await steps(city, appealId, 'resolve'), [
    '0 department-clerk 2026-03-18T17:00:00+08:00 urban-management',
    '1 department-head 2026-03-19T17:00:00+08:00 urban-management',
    '2 department-leader 2026-03-20T17:00:00+08:00 urban-management',
    '3 city-office 2026-03-23T17:00:00+08:00 urban-management',
  ]);
  t.same(await steps(city, appealId, 'forward'), [], 'what was met is left in peace');
});

t.test('a met deadline stops its ladder where it is', async (t) => {
  const city = await createCity(t);
  const { appealId } = await city.register('phone', { body: '路灯不亮' });
  await city.clock.set('2026-03-11T15:00:00+08:00');
  const id = (await city.appeal(appealId)).assignment?.id ?? '';
  await city.act('assignments', id, 'sign');
  await city.clock.set('2026-03-17T16:59:00+08:00');
  await city.act('assignments', id, 'submit', { result: '已修复' });
  await city.clock.set('2026-04-01T00:00:00+08:00');
  t.equal((await steps(city, appealId, 'sign')).length, 1, 'the reminder only');
  t.equal((await steps(city, appealId, 'resolve')).length, 1);
  t.match(await city.get('/v1/agenda?status=open'), { items: [] }, 'nothing is left to do');
});

t.test('submitted late: missed, and the steps that were taken stay', async (t) => {
  const city = await createCity(t);
  const { appealId } = await city.register('phone', { body: '路灯不亮' });
  await city.clock.set('2026-03-18T09:00:00+08:00');
  const id = (await city.appeal(appealId)).assignment?.id ?? '';
  await city.act('assignments', id, 'sign');
  await city.act('assignments', id, 'submit', { result: '已修复' });
  await city.clock.advance('P10D');
  t.same(
    (await city.deadlines(appealId)).map(({ name, state }) => `${name} ${state}`),
    ['forward met', 'sign missed', 'resolve missed'],
  );
  t.equal((await steps(city, appealId, 'resolve')).length, 2);
});

t.test('a case sent back is unassigned work again', async (t) => {
  const city = await createCity(t);
  const { appealId } = await city.register('phone', { body: '路灯不亮' });
  await city.clock.settle();
  const id = (await city.appeal(appealId)).assignment?.id ?? '';
  await city.act('assignments', id, 'return', { reason: '不属本单位' });
  await city.clock.set('2026-03-11T00:00:00+08:00');
  t.match(await steps(city, appealId, 'forward'), [/^0 desk-lead .* null$/, /^1 desk-lead .* null$/]);
  await city.clock.advance('P15D');
  const roles = (await steps(city, appealId, 'resolve')).map((step) => step.split(' ')[1]);
  t.same(
    roles,
    ['desk-lead', 'desk-lead', 'desk-director', 'city-office'],
    'resolving is the desk’s while nobody has it',
  );
});

t.test('an unsent receipt climbs too; each promise of each message on its own', async (t) => {
  const city = await createCity(t, { workers: false });
  const { appealId } = await city.register('phone', { body: '一言难尽', sender: { phone: '13800000001' } });
  await city.rows("update agenda set state = 'failed' where kind = 'receipt'");
  await city.start();
  await city.clock.set('2026-03-11T10:00:00+08:00');
  t.same(await steps(city, appealId, 'receipt'), [
    '0 desk-lead 2026-03-11T09:30:00+08:00 null',
    '1 desk-lead 2026-03-11T10:00:00+08:00 null',
  ]);
});

t.test('late by its adapter: one notice for the case, not the whole ladder', async (t) => {
  const city = await createCity(t);
  const { appealId } = await city.register('phone', {
    body: '一言难尽',
    receivedAt: '2026-03-01T09:00:00+08:00',
    sender: { phone: '13800000002' },
  });
  await city.clock.settle();
  await city.clock.advance('P10D');
  const taken = (await city.escalations(appealId)).filter(
    ({ deadline }) => deadline === 'forward' || deadline === 'receipt',
  );
  t.match(taken, [{ deadline: 'forward', step: 1, role: 'desk-lead', at: '2026-03-10T10:00:00+08:00' }]);
  t.equal(taken.length, 1);
});

t.test('filters of the list', async (t) => {
  const city = await createCity(t);
  const one = await city.register('phone', { body: '一言难尽' });
  await city.register('phone', { body: '路灯不亮' });
  await city.clock.advance('P3D');
  const count = async (query: string): Promise<number> => (await city.all(`/v1/escalations?${query}`)).length;
  t.equal(await count('limit=2'), await count('limit=100'));
  t.equal(await count(`appealId=${one.appealId}&step=1`), 1);
  t.ok((await count('role=city-office')) > 0);
  t.ok((await count('department=urban-management&deadline=sign')) > 0);
  t.equal(await count('department=housing'), 0);
});
