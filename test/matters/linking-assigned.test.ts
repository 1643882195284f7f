import type { Appeal } from '../../src/appeals/appeals.schema.ts';
import type { Assignment } from '../../src/departments/departments.schema.ts';
import type { Suggestion } from '../../src/matters/matters.schema.ts';
import { createCity, type Page } from '../support/city.ts';
import t from '../support/tap.ts';

const city = await createCity(t);
const second = await city.start();
let callers = 0;

/** A neighbour's call that the catalogue sends to urban-management at once. */
async function routed(body = '翠湖小区门口路灯不亮，晚上走路看不清') {
  callers += 1;
  const sender = { phone: `1394000${String(callers).padStart(4, '0')}`, name: '王女士' };
  const answer = await city.register('phone', { body, sender, address: '翠湖小区门口' });
  await city.clock.settle();
  const { assignment } = await city.appeal(answer.appealId);
  return { ...answer, assignmentId: assignment?.id ?? '' };
}
const link = (id: string, target: string) => city.act('appeals', id, 'link', { target });
const unlink = (id: string) => city.act('appeals', id, 'unlink', { reason: '不是同一件事' });
const feed = async (code: string) =>
  (
    await city.get<Page<{ kind: string; assignmentId: string; appealId: string }>>(
      `/v1/departments/${code}/feed?limit=100`,
    )
  ).items;
const pending = (code: string) => city.all<Assignment>(`/v1/departments/${code}/assignments?status=pending`);
const statesOf = async (id: string) => (await city.deadlines(id)).map(({ name, state }) => `${name} ${state}`).sort();

t.test('what the catalogue has dispatched already can still be linked, as it was suggested', async (t) => {
  const [lead, own] = [await routed(), await routed()];
  await city.clock.advance('PT1H');
  const suggestions = await city.all<Suggestion>(`/v1/appeals/${own.appealId}/suggestions`);
  t.match(suggestions, [{ target: { id: lead.appealId }, status: 'open' }]);
  const entries = (await feed('urban-management')).length;
  t.match(await link(own.appealId, lead.appealNumber), {
    status: 200,
    body: { status: 'linked', linkedTo: lead.appealId, assignment: null, allowedActions: ['unlink'] },
  });
  t.match(await city.all(`/v1/appeals/${own.appealId}/suggestions`), [{ status: 'accepted' }]);
  t.match(
    (await city.events(own.appealId)).at(-1),
    { type: 'link', data: { target: lead.appealId, department: 'urban-management', assignmentId: own.assignmentId } },
    'the history tells whose it was',
  );
  t.same(
    (await feed('urban-management')).slice(entries).map(({ kind, assignmentId }) => `${kind} ${assignmentId}`),
    [`removed ${own.assignmentId}`, `changed ${lead.assignmentId}`],
  );
  t.match(await city.assignment(own.assignmentId), { status: 'withdrawn', dueAt: null, version: 2 });
  t.same(
    (await pending('urban-management')).map(({ id }) => id),
    [lead.assignmentId],
    'gone from the clerk’s list',
  );
  const clerk = await city.key('department:urban-management');
  const seen = await city.call<Appeal>('GET', `/v1/appeals/${lead.appealId}`, undefined, clerk);
  t.match(seen, { status: 200, body: { linkedCount: 1 } });
  t.equal((await city.call('GET', `/v1/appeals/${own.appealId}`, undefined, clerk)).status, 404);
  t.same(await statesOf(own.appealId), ['forward met', 'receipt met', 'resolve met', 'sign cancelled']);
  await city.clock.settle();
  t.match((await city.receipts(own.appealId)).at(-1), {
    kind: 'notice',
    status: 'delivered',
    text: new RegExp(`${own.appealNumber}.*与${lead.appealNumber}号诉求属同一事项`),
  });
  await city.clock.advance('P30D');
  t.same(await city.escalations(own.appealId), [], 'nobody is urged for what was taken from them');
  t.ok((await city.escalations(lead.appealId)).length > 0);
});

t.test('a department that signed gives it up too, and unlinked the case is to be forwarded anew', async (t) => {
  const [lead, own] = [await routed('广场公厕路灯不亮'), await routed('医院公厕路灯不亮')];
  await city.act('assignments', own.assignmentId, 'sign');
  const resolve = (await city.deadlines(own.appealId)).find(({ name }) => name === 'resolve');
  await city.clock.advance('P1D');
  t.equal((await link(own.appealId, lead.appealId)).status, 200);
  t.match(await city.act('assignments', own.assignmentId, 'submit', { result: '好' }), { status: 409 });
  await city.clock.advance('P1D');
  t.match(await unlink(own.appealId), { status: 200, body: { status: 'triage', assignment: null, linkedTo: null } });
  const running = (await city.deadlines(own.appealId)).filter(({ state }) => state === 'running');
  t.same(running.map(({ name }) => name).sort(), ['forward', 'resolve']);
  t.equal(running.find(({ name }) => name === 'resolve')?.dueAt, resolve?.dueAt, 'from the first dispatch, still');
  const due = running.find(({ name }) => name === 'forward')?.dueAt ?? '';
  t.ok(due > (await city.clock.now()), 'forwarding it again is a new obligation, as after a return');
  const again = await city.act<Appeal>('appeals', own.appealId, 'assign', { department: 'housing' });
  t.match(again, { status: 200, body: { status: 'assigned' } });
  const names = (await city.deadlines(own.appealId)).filter(({ state }) => state === 'running').map(({ name }) => name);
  t.same(names.sort(), ['resolve', 'sign'], 'and is not started twice');
});

t.test('what was not sent yet names no department that has lost the case', async (t) => {
  const lead = await routed('车站天桥路灯不亮');
  await city.clock.set('2026-05-20T23:00:00+08:00');
  const own = await routed('车站天桥西侧路灯不亮');
  await link(own.appealId, lead.appealId);
  await city.clock.advance('PT12H');
  t.match(await city.receipts(own.appealId), [
    { kind: 'receipt', status: 'delivered', text: new RegExp(`与${lead.appealNumber}号诉求属同一事项`) },
  ]);
  t.equal((await city.receipts(own.appealId)).length, 1);
});

t.test('the department signs, hands in or sends back while the desk links: one of them is first', async (t) => {
  const lead = await routed('公园北门路灯不亮');
  const steps = ['sign', 'submit', 'return'] as const;
  for (let round = 0; round < 9; round += 1) {
    const step = steps[round % 3] ?? 'sign';
    const own = await routed(`第${round}街路灯不亮`);
    if (step === 'submit') await city.act('assignments', own.assignmentId, 'sign');
    const bodies = { sign: {}, submit: { result: '已修复' }, return: { reason: '非我单位' } };
    const { version } = await city.assignment(own.assignmentId);
    const read = (await city.appeal(own.appealId)).version;
    const post = (url: string, body: object, at: number) =>
      city.call('POST', url, body, { 'if-match': `"${at}"` }, round % 2 ? second : undefined);
    const replies = await Promise.all([
      city.call('POST', `/v1/appeals/${own.appealId}/link`, { target: lead.appealId }, { 'if-match': `"${read}"` }),
      post(`/v1/assignments/${own.assignmentId}/${step}`, bodies[step], version),
    ]);
    t.same(replies.map(({ status }) => status).sort(), [200, 412], step);
    const linked = replies[0]?.status === 200;
    const after = { sign: 'signed', submit: 'submitted', return: 'triage' }[step];
    t.equal((await city.appeal(own.appealId)).status, linked ? 'linked' : after);
    const entries = (await feed('urban-management')).filter(({ assignmentId }) => assignmentId === own.assignmentId);
    t.equal(entries.at(-1)?.kind, linked || step === 'return' ? 'removed' : 'changed');
  }
});

t.test(
  'many links at once between cases of two departments: no feed has a gap, nobody waits in a circle',
  async (t) => {
    const [one, other] = [await routed('东门路灯不亮'), await routed('西门路灯不亮')];
    await city.act('appeals', other.appealId, 'assign', { department: 'housing' });
    const cases = [];
    for (let at = 0; at < 12; at += 1) {
      const own = await routed(`第${at}巷路灯不亮`);
      if (at % 2) await city.act('appeals', own.appealId, 'assign', { department: 'housing' });
      cases.push({ id: own.appealId, target: at % 2 ? one.appealId : other.appealId });
    }
    // To the department's other one each, so that the order of feeds and appeals crosses.
    const replies = await Promise.all(cases.map(({ id, target }) => link(id, target)));
    t.ok(replies.every(({ status }) => status === 200));
    for (const code of ['urban-management', 'housing']) {
      const rows = await city.rows<{ seq: string }>(
        'select seq from department_feed where department = $1 order by seq',
        [code],
      );
      t.same(
        rows.map(({ seq }) => Number(seq)),
        rows.map((_, at) => at + 1),
        code,
      );
    }
  },
);
