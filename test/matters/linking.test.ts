import type { Appeal } from '../../src/appeals/appeals.schema.ts';
import { type Change, change, changes, notice2027 } from '../calendar/support.ts';
import { createCity, type Page } from '../support/city.ts';
import t from '../support/tap.ts';

const city = await createCity(t);
let callers = 0;
const bodies = ['健身器材损坏', '花坛杂草丛生', '快递柜占用通道', '楼道灯常亮', '井盖松动响声大', '窗户对着别人家'];

async function triaged(changes: object = {}) {
  callers += 1;
  const sender = { phone: `1392000${String(callers).padStart(4, '0')}`, name: '王女士' };
  const answer = await city.register('phone', { body: bodies[callers % bodies.length], sender, ...changes });
  await city.clock.settle();
  return answer;
}
const link = (id: string, target: string) => city.act('appeals', id, 'link', { target });
const unlink = (id: string) => city.act('appeals', id, 'unlink', { reason: '不是同一件事' });
const stateOf = async (id: string) =>
  (await city.deadlines(id)).map(({ name, state, dueAt }) => `${name} ${state} ${dueAt}`).sort();

t.test('unlinked: the desk has it again under its own number, its deadline goes on, everybody is told', async (t) => {
  const [own, lead, follower] = [await triaged(), await triaged(), await triaged()];
  const before = await stateOf(own.appealId);
  await link(follower.appealId, own.appealId);
  t.match((await unlink(lead.appealId)).body, {
    allowed: ['assign', 'answer', 'decline', 'divert', 'link', 'reclassify', 'represent'],
  });
  await link(own.appealId, lead.appealId);
  await city.clock.settle();
  t.match(await city.appeal(lead.appealId), { linkedCount: 2 });
  for (const named of [lead.appealId, lead.appealNumber])
    t.match(await city.all(`/v1/appeals?linkedTo=${named}`), [{ id: own.appealId, linkedCount: 1 }]);
  t.same(await city.all('/v1/appeals?linkedTo=2026031000000000'), []);
  t.match(await link((await triaged()).appealId, follower.appealNumber), {
    status: 400,
    body: { errors: [{ pointer: '/target', detail: new RegExp(`linked to ${lead.appealNumber}`) }] },
  });
  t.match(await link(lead.appealId, own.appealNumber), { status: 400, body: { errors: [{ pointer: '/target' }] } });
  t.match(await city.call('POST', `/v1/appeals/${own.appealId}/unlink`, { reason: '误' }), { status: 428 });
  t.match(await city.act('appeals', own.appealId, 'unlink', { reason: '误' }, 1), { status: 412 });
  t.match(await unlink(own.appealId), { status: 200, body: { status: 'triage', linkedTo: null, linkedCount: 1 } });
  t.same(
    (await stateOf(own.appealId)).filter((line) => line.startsWith('forward')),
    before.filter((line) => line.startsWith('forward')),
    'the same deadline, as if it had never been linked',
  );
  t.match((await city.events(lead.appealId)).at(-1), { type: 'attach', data: { unlinked: own.appealId } });
  t.equal((await city.appeal(lead.appealId)).linkedCount, 0);
  await city.clock.settle();
  for (const { appealId, appealNumber } of [own, follower])
    t.match(
      (await city.receipts(appealId)).map(({ text }) => text).join('\n'),
      new RegExp(`${appealNumber}.*经核实与${lead.appealNumber}号诉求不属同一事项`),
      'under their own number',
    );
  await city.act('appeals', own.appealId, 'answer', { text: '已答复' });
  t.match(await link(own.appealId, lead.appealId), { status: 409 });
});

t.test('a link by mistake hides no delay: what fell due meanwhile is escalated at once', async (t) => {
  const [own, lead] = [await triaged(), await triaged()];
  await link(own.appealId, lead.appealId);
  await city.act('appeals', lead.appealId, 'assign', { department: 'housing' });
  await city.clock.advance('P2D');
  t.same(await city.escalations(own.appealId), []);
  await unlink(own.appealId);
  await city.clock.settle();
  const steps = (await city.escalations(own.appealId)).map(({ deadline, step }) => `${deadline} ${step}`);
  t.ok(steps.includes('forward 1'), steps.join());
  t.equal(new Set(steps).size, steps.length, 'each step once');
});

t.test('linked, unlinked and linked again: told each time', async (t) => {
  const [own, lead] = [await triaged(), await triaged()];
  await link(own.appealId, lead.appealId);
  await city.clock.advance('PT1H');
  await unlink(own.appealId);
  await city.clock.advance('PT1H');
  await link(own.appealId, lead.appealId);
  await city.clock.advance('PT1H');
  const told = (await city.receipts(own.appealId)).map(({ text }) => text ?? '');
  t.equal(told.filter((text) => text.includes('已并入办理')).length, 2);
  t.equal(told.filter((text) => text.includes('不属同一事项')).length, 1);
});

t.test('one measure for many: what the lead gets, every linked citizen is told under their own number', async (t) => {
  const lead = await triaged();
  const others = [await triaged(), await triaged(), await triaged()];
  for (const { appealId } of others) await link(appealId, lead.appealId);
  await city.act('appeals', lead.appealId, 'answer', { text: '本周统一更换' });
  await city.clock.settle();
  for (const { appealId, appealNumber } of [lead, ...others])
    t.match((await city.receipts(appealId)).at(-1)?.text, new RegExp(`${appealNumber}.*本周统一更换`));
});

t.test('representatives of a group: from its appellants, five at most, none who is anonymous', async (t) => {
  const lead = await triaged();
  const others = [await triaged(), await triaged({ sender: { phone: '13920009999', anonymous: true } })];
  for (const { appealId } of others) await link(appealId, lead.appealId);
  const appellantOf = async (id: string): Promise<string> =>
    (await city.get<Page<{ appellant: { id: string } }>>(`/v1/appeals/${id}/messages`)).items[0]?.appellant.id ?? '';
  const [first, second, hidden] = await Promise.all([lead, ...others].map(({ appealId }) => appellantOf(appealId)));
  const stranger = await appellantOf((await triaged()).appealId);
  const name = (...appellants: (string | undefined)[]) =>
    city.act<Appeal>('appeals', lead.appealId, 'represent', { appellants });
  t.match(await name(stranger), { status: 400, body: { errors: [{ pointer: '/appellants/0' }] } });
  t.match(await name(first, hidden), { status: 400, body: { errors: [{ pointer: '/appellants/1' }] } });
  t.equal((await name(first, first)).status, 400);
  t.equal((await name(...Array.from({ length: 6 }, () => crypto.randomUUID()))).status, 400);
  t.equal((await name(first, second)).status, 200);
  const listed = () =>
    city.all<{ appellant: { id: string; name: string } }>(`/v1/appeals/${lead.appealId}/representatives`);
  t.match(await listed(), [{ appellant: { id: first, name: '王*' } }, { appellant: { id: second } }]);
  t.match((await city.events(lead.appealId)).at(-1), { type: 'represent', data: { appellants: [first, second] } });
  await unlink(others[0]?.appealId ?? '');
  t.match((await listed()).length, 1, 'who left the group speaks for it no longer');
  t.equal((await name()).status, 200);
  t.same(await listed(), []);
});

t.test('a calendar that came while a case was linked holds for it as for one that never was', async (t) => {
  const city = await createCity(t, { at: '2026-12-29T10:00:00+08:00' });
  const register = async (phone: string) => {
    const body = '小区健身器材损坏严重，请派人维修';
    const { appealId } = await city.register('phone', { body, sender: { phone } });
    await city.clock.settle();
    return appealId;
  };
  const own = await register('13913000001');
  const [target, control] = [await register('13913000002'), await register('13913000003')];
  for (const id of [own, control]) await city.act('appeals', id, 'assign', { department: 'housing' });
  await city.act('appeals', own, 'link', { target });
  await city.clock.advance('PT1H');
  await change(city, { notice: notice2027 });
  await city.clock.advance('PT1H');
  await city.act('appeals', own, 'unlink', { reason: '不是同一件事' });
  const resolve = async (id: string) => (await city.deadlines(id)).find(({ name }) => name === 'resolve');
  t.equal((await resolve(own))?.dueAt, (await resolve(control))?.dueAt);
  const [moved, before] = await Promise.all([own, control].map((id) => changes(city, `appealId=${id}`)));
  t.match(moved, [{ name: 'resolve', cause: 'calendar', to: { policy: { calendarVersion: 2 } } }]);
  const record = (change: Change | undefined) => change && [change.from, change.to, change.actor];
  t.same(record(moved?.[0]), record(before?.[0]), 'and the same record');
  await city.clock.set('2027-01-08T18:00:00+08:00');
  const steps = async (id: string) =>
    (await city.escalations(id))
      .filter(({ deadline }) => deadline === 'resolve')
      .map(({ step, dueAt, at }) => `${step} ${dueAt} ${at}`);
  t.same(await steps(own), await steps(control));
});
