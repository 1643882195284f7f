import type { Appeal } from '../../src/appeals/appeals.schema.ts';
import { createCity } from '../support/city.ts';
import { brisk, choose, storePolicy } from '../support/policies.ts';
import t from '../support/tap.ts';

async function briskCity(t: Parameters<typeof createCity>[0]) {
  const city = await createCity(t);
  await storePolicy(city, brisk());
  await choose(city, [{ policy: 'brisk' }]);
  const running = async (id: string) =>
    (await city.deadlines(id)).map(({ name, dueAt, state }) => `${name} ${dueAt.slice(5, 16)} ${state}`);
  return { ...city, running };
}

t.test('a judgement moves the running deadlines, with a record; what has ended stays', async (t) => {
  const city = await briskCity(t);
  const { appealId } = await city.register('phone', { body: '路灯不亮', sender: { phone: '13800000001' } });
  await city.clock.advance('PT30M');
  const { assignment } = await city.appeal(appealId);
  await city.act('assignments', assignment?.id ?? '', 'sign');
  t.match(await city.assignment(assignment?.id ?? ''), { dueAt: '2026-03-11T10:00:00+08:00', version: 2 });
  const { version } = await city.appeal(appealId);

  const done = await city.act('appeals', appealId, 'reclassify', { urgency: 'urgent', category: 'lamps' });
  t.match(done, {
    status: 200,
    headers: { etag: `"${version + 1}"` },
    body: { urgency: 'urgent', urgencyConfirmed: true, category: 'lamps', complexity: null, status: 'signed' },
  });
  t.same(await city.running(appealId), [
    'sign 03-10T11:00 met',
    'forward 03-10T12:00 met',
    'receipt 03-10T14:00 met',
    'resolve 03-10T16:00 running',
  ]);
  t.match(await city.assignment(assignment?.id ?? ''), { urgency: 'urgent', dueAt: '2026-03-10T16:00:00+08:00' });
  t.match((await city.events(appealId)).at(-1), {
    type: 'reclassify',
    actor: 'key:admin',
    data: {
      from: { urgency: 'normal', category: null },
      to: { urgency: 'urgent', category: 'lamps' },
      moved: ['resolve'],
      cancelled: [],
      started: [],
    },
  });
  t.match(await city.get(`/v1/deadline-changes?appealId=${appealId}`), {
    items: [
      {
        name: 'resolve',
        cause: 'reclassify',
        actor: 'key:admin',
        from: { dueAt: '2026-03-11T10:00:00+08:00' },
        to: { dueAt: '2026-03-10T16:00:00+08:00', policy: { code: 'brisk', version: 1 } },
        at: '2026-03-10T10:30:00+08:00',
      },
    ],
  });
  const feed = await city.get<{ items: { kind: string }[] }>('/v1/departments/urban-management/feed');
  t.same(
    feed.items.map(({ kind }) => kind),
    ['assigned', 'changed', 'changed'],
  );

  await city.clock.set('2026-03-10T16:00:00+08:00');
  t.match(await city.escalations(appealId), [
    { deadline: 'resolve', step: 1, dueAt: '2026-03-10T16:00:00+08:00', at: '2026-03-10T16:00:00+08:00' },
  ]);
  await city.act('appeals', appealId, 'reclassify', { urgency: 'normal', complexity: 'complex' });
  t.match((await city.running(appealId)).at(-1), 'resolve 03-12T10:00 running');
  await city.clock.set('2026-03-12T10:00:00+08:00');
  t.match(
    (await city.escalations(appealId)).map(({ at }) => at),
    ['2026-03-10T16:00:00+08:00', '2026-03-12T10:00:00+08:00'],
    'the steps taken for the old time stay',
  );
});

t.test('a deadline that the policy does not set for it ends, and begins when it does', async (t) => {
  const city = await briskCity(t);
  const { appealId } = await city.register('phone', { body: '路灯不亮' });
  await city.clock.settle();
  const { assignment } = await city.appeal(appealId);
  await city.act('appeals', appealId, 'reclassify', { nature: 'inquiry' });
  t.same(await city.running(appealId), [
    'sign 03-10T11:00 running',
    'forward 03-10T12:00 met',
    'resolve 03-11T10:00 cancelled',
  ]);
  await city.clock.advance('PT10M');
  await city.act('assignments', assignment?.id ?? '', 'sign');
  t.match(await city.assignment(assignment?.id ?? ''), { status: 'signed', dueAt: null, overdue: false });
  await city.act('appeals', appealId, 'reclassify', { nature: 'complaint' });
  t.same((await city.running(appealId)).at(-1), 'resolve 03-11T10:10 running', 'from the judgement on');
  t.match(await city.assignment(assignment?.id ?? ''), { dueAt: '2026-03-11T10:10:00+08:00', nature: 'complaint' });
  await city.act('assignments', assignment?.id ?? '', 'submit', { result: '已修复' });
  await city.clock.advance('P5D');
  t.same((await city.running(appealId)).at(-1), 'resolve 03-11T10:10 met');
  t.same(await city.escalations(appealId), []);
});

t.test('a suggested urgency counts at once, and is the desk’s to confirm', async (t) => {
  const city = await briskCity(t);
  const sender = { phone: '13800000001' };
  const first = await city.register('phone', { body: '小区里煤气味很大', sender });
  t.match(await city.appeal(first.appealId), { urgency: 'normal', urgencyConfirmed: false });
  const urgent = await city.register('mailbox', { body: '路灯不亮，线头裸露', suggestedUrgency: 'critical' });
  await city.clock.settle();
  t.same((await city.running(urgent.appealId)).at(-1), 'resolve 03-10T16:00 running', 'nobody has to look first');
  const unconfirmed = () => city.get('/v1/appeals?urgency=critical&urgencyConfirmed=false');
  t.match(await unconfirmed(), { items: [{ id: urgent.appealId }] });
  await city.act('appeals', urgent.appealId, 'reclassify', { urgency: 'critical' });
  t.match(await unconfirmed(), { items: [] });
  t.match(await city.appeal(urgent.appealId), { urgency: 'critical', urgencyConfirmed: true });

  const again = await city.register('phone', { body: '小区里煤气味很大', suggestedUrgency: 'urgent', sender });
  t.not(again.appealId, first.appealId, 'it must not wait behind what is less urgent');
  const third = await city.register('phone', { body: '小区里煤气味很大', sender });
  t.equal(third.disposition, 'attached');
});

t.test('only the desk reclassifies, what it has read, and while it is worked on', async (t) => {
  const city = await briskCity(t);
  const { appealId } = await city.register('phone', { body: '路灯不亮' });
  await city.clock.settle();
  const { version, allowedActions } = await city.appeal(appealId);
  t.ok(allowedActions.includes('reclassify'));
  const url = `/v1/appeals/${appealId}/reclassify`;
  const department = await city.key('department:urban-management');
  const match = { 'if-match': `"${version}"` };
  t.equal((await city.call('POST', url, { nature: 'inquiry' }, { ...match, ...department })).status, 403);
  t.equal((await city.call('POST', url, { nature: 'inquiry' }, {})).status, 428);
  t.equal((await city.call('POST', url, { nature: 'inquiry' }, { 'if-match': '"1"' })).status, 412);
  for (const [body, pointer] of [
    [{}, ''],
    [{ nature: 'rant' }, '/nature'],
    [{ urgency: null }, '/urgency'],
    [{ complexity: 'hard' }, '/complexity'],
    [{ category: ' ' }, '/category'],
    [{ policy: 'brisk' }, '/policy'],
  ] as const)
    t.match(await city.call('POST', url, body, match), { status: 400, body: { errors: [{ pointer }] } });
  t.match(await city.appeal(appealId), { version, nature: null });
  const dispatcher = await city.key('dispatch');
  t.match(await city.call<Appeal>('POST', url, { nature: 'inquiry' }, { ...match, ...dispatcher }), {
    status: 200,
    body: { nature: 'inquiry', urgencyConfirmed: false },
  });
  const answered = await city.register('phone', { body: '办事大厅几点开门', answered: { text: '九点' } });
  t.match(await city.act('appeals', answered.appealId, 'reclassify', { nature: 'inquiry' }), {
    status: 409,
    body: { allowed: [] },
  });
});
