import type { Appeal, CitizenView } from '../../src/appeals/appeals.schema.ts';
import { createCity, type Page, type Problem } from '../support/city.ts';
import t from '../support/tap.ts';

const city = await createCity(t);
let callers = 0;

/** An appeal in triage whose caller can be reached. */
async function triaged(): Promise<Appeal> {
  callers += 1;
  const { appealId } = await city.register('phone', {
    body: '一言难尽',
    sender: { phone: `1380000${1000 + callers}` },
  });
  await city.clock.settle();
  return city.appeal(appealId);
}

t.test('a decision needs the version that was read', async (t) => {
  const { id, number, version } = await triaged();
  const assign = (headers: Record<string, string>, target = id) =>
    city.call<Appeal>('POST', `/v1/appeals/${target}/assign`, { department: 'housing' }, headers);
  t.match(await assign({}), { status: 428, body: { errors: [{ pointer: '/headers/if-match' }] } });
  for (const stale of [`"${version - 1}"`, `"${version + 1}"`, String(version), `W/"${version}"`, '*', '"x"'])
    t.equal((await assign({ 'if-match': stale })).status, 412, stale);
  t.equal((await city.appeal(id)).version, version);
  const done = await assign({ 'if-match': `"${version}"` }, number);
  t.match(done, {
    status: 200,
    headers: { etag: `"${version + 1}"` },
    body: { status: 'assigned', version: version + 1 },
  });
  t.equal((await assign({ 'if-match': `"${version}"` })).status, 412);
  const answer = await city.act<Problem>('appeals', id, 'answer', { text: '好' });
  t.match(answer, {
    status: 409,
    body: { type: 'urn:minsheng:problem:forbidden-transition', allowed: ['assign', 'link', 'reclassify', 'represent'] },
  });
});

t.test('of two dispatchers at once one decides', async (t) => {
  const { id, version } = await triaged();
  const replies = await Promise.all([
    city.act('appeals', id, 'assign', { department: 'housing' }, version),
    city.act('appeals', id, 'answer', { text: '已答复' }, version),
    city.act('appeals', id, 'decline', { text: '不属受理范围' }, version),
  ]);
  t.same(replies.map((reply) => reply.status).sort(), [200, 412, 412]);
  t.equal((await city.events(id)).length, version + 1);
});

t.test('answered, declined, diverted: ended, and the citizen is told so', async (t) => {
  const decisions = [
    ['answer', 'answered', '已答复：请到便民中心'],
    ['decline', 'declined', '不予受理，原因：请到便民中心'],
    ['divert', 'diverted', '法定途径办理：请到便民中心'],
  ] as const;
  for (const [action, status, told] of decisions) {
    const { id } = await triaged();
    const reply = await city.act('appeals', id, action, { text: '请到便民中心' });
    const after = action === 'answer' ? ['reopen'] : [];
    t.match(reply, { status: 200, body: { status, outcome: '请到便民中心', assignment: null, allowedActions: after } });
    await city.clock.settle();
    const [receipt, ...more] = await city.receipts(id);
    t.same(more, []);
    t.match(receipt, { kind: 'receipt', status: 'delivered' });
    t.ok(receipt?.text?.includes(told), receipt?.text ?? '');
    t.ok((await city.deadlines(id)).every((deadline) => deadline.state === 'met'));
    t.match(await city.act('appeals', id, 'assign', { department: 'housing' }), {
      status: 409,
      body: { allowed: after },
    });
    for (const text of ['', '  ']) t.equal((await city.act('appeals', id, action, { text })).status, 400);
  }
});

t.test('a 409 names what is allowed instead', async (t) => {
  const { appealId } = await city.register('phone', { body: '路灯不亮' });
  await city.clock.settle();
  const allowed = async (...scopes: string[]): Promise<string[]> => {
    const reply = await city.call<Appeal>('GET', `/v1/appeals/${appealId}`, undefined, await city.key(...scopes));
    return reply.body.allowedActions;
  };
  t.same(await allowed('dispatch'), ['assign', 'link', 'reclassify', 'represent'], 'to each caller their own');
  t.same(await allowed('department:urban-management'), ['sign', 'return']);
  t.same(await allowed('operations'), []);
  t.match(await city.act('appeals', appealId, 'answer', { text: '好' }), {
    status: 409,
    body: { allowed: ['assign', 'link', 'reclassify', 'represent'] },
  });
  const { id } = await triaged();
  t.same((await city.appeal(id)).allowedActions, [
    'assign',
    'answer',
    'decline',
    'divert',
    'link',
    'reclassify',
    'represent',
  ]);
});

t.test('an unknown department changes nothing', async (t) => {
  const { id, version } = await triaged();
  t.match(await city.act('appeals', id, 'assign', { department: 'moon' }), {
    status: 400,
    body: { errors: [{ pointer: '/department' }] },
  });
  t.equal((await city.appeal(id)).version, version);
});

t.test('linked to another appeal: both numbers stay, circles do not', async (t) => {
  const [one, two, three] = [await triaged(), await triaged(), await triaged()];
  t.match(await city.act('appeals', one.id, 'link', { target: one.number }), {
    status: 400,
    body: { errors: [{ pointer: '/target' }] },
  });
  t.equal((await city.act('appeals', one.id, 'link', { target: '2026031000000000' })).status, 400);
  t.match(await city.act('appeals', one.id, 'link', { target: two.number }), {
    status: 200,
    body: { status: 'linked', linkedTo: two.id },
  });
  t.equal((await city.act('appeals', three.id, 'link', { target: one.id })).status, 400, 'a linked one is no target');
  const crossed = await Promise.all([
    city.act('appeals', two.id, 'link', { target: three.id }, two.version + 1),
    city.act('appeals', three.id, 'link', { target: two.id }, three.version),
  ]);
  t.same(crossed.map((reply) => reply.status).sort(), [200, 412], 'two links in a circle at once');
  await city.clock.settle();
  t.match(await city.receipts(one.id), [{ text: new RegExp(`与${two.number}号诉求属同一事项`) }]);
  t.equal((await city.appeal(one.number)).status, 'linked');
});

t.test('linked: the other case knows, and its course is told to both callers', async (t) => {
  const [one, two, other] = [await triaged(), await triaged(), await triaged()];
  const message = await city.register('phone', { body: '多言无益', sender: { phone: '13811112222' } });
  await city.clock.settle();
  const link = (id: string, target: string) => city.act('appeals', id, 'link', { target });
  t.equal((await link(message.appealId, one.id)).status, 200);
  t.match((await city.events(one.id)).at(-1), {
    type: 'attach',
    actor: 'key:admin',
    data: { linked: message.appealId, number: message.appealNumber },
  });
  t.equal((await link(one.id, two.id)).status, 200, 'what others were linked to is linked in its turn');
  await city.act('appeals', two.id, 'assign', { department: 'housing' });
  await city.act('appeals', other.id, 'link', { target: two.id });
  const feed = await city.get<Page<{ kind: string; appealId: string }>>('/v1/departments/housing/feed?limit=100');
  t.match(feed.items.at(-1), { kind: 'changed', appealId: two.id }, 'the department that has it sees the change');
  await city.clock.settle();
  const texts = (await city.receipts(message.appealId)).map(({ text }) => text);
  t.match(texts.at(-1), new RegExp(`${message.appealNumber}.*转办至`), 'under the caller’s own number');
  const citizen = (): Promise<CitizenView> =>
    city.get(`/v1/citizen/appeals/${message.appealNumber}?code=${message.queryCode}`, { authorization: '' });
  t.match(await citizen(), {
    number: message.appealNumber,
    linkedNumber: two.number,
    status: 'assigned',
    departmentName: /./,
    resolveDueAt: /2026-03-17/,
  });
  t.same(
    (await citizen()).steps.map(({ text }) => text),
    ['诉求已登记', '正在研判承办单位', '已并入同一事项办理', '已并入同一事项办理', '已转办至承办单位'],
  );
  const id = (await city.appeal(two.id)).assignment?.id ?? '';
  await city.act('assignments', id, 'sign');
  t.equal((await citizen()).status, 'signed');
});

t.test('a case that went to the wrong department is pulled back, and nobody is told otherwise', async (t) => {
  const { appealId } = await city.register('phone', { body: '路灯不亮', sender: { phone: '13811113333' } });
  await city.clock.settle();
  const first = (await city.appeal(appealId)).assignment?.id ?? '';
  await city.act('assignments', first, 'sign');
  t.match(await city.act('appeals', appealId, 'assign', { department: 'housing', note: '属小区内部' }), {
    status: 200,
    body: { status: 'assigned', assignment: { department: 'housing', status: 'pending' } },
  });
  t.match(await city.assignment(first), { status: 'withdrawn', dueAt: null, version: 3 });
  t.match(await city.act('assignments', first, 'submit', { result: '好' }), { status: 409 });
  const feed = await city.get<Page<{ kind: string; assignmentId: string }>>(
    '/v1/departments/urban-management/feed?limit=100',
  );
  t.match(feed.items.at(-1), { kind: 'removed', assignmentId: first });
  await city.clock.settle();
  t.match((await city.receipts(appealId)).at(-1), { kind: 'notice', status: 'delivered', text: /转办至/ });
  const deadlines = (await city.deadlines(appealId)).map(({ name, state }) => `${name} ${state}`);
  t.same(deadlines.sort(), ['forward met', 'receipt met', 'resolve running', 'sign met', 'sign running']);
  const unsigned = await city.register('phone', { body: '路灯不亮' });
  await city.clock.settle();
  await city.act('appeals', unsigned.appealId, 'assign', { department: 'housing' });
  t.ok((await city.deadlines(unsigned.appealId)).some(({ name, state }) => name === 'sign' && state === 'cancelled'));
  await city.clock.advance('P30D');
  const urged = (await city.escalations(unsigned.appealId)).filter(({ deadline }) => deadline === 'sign');
  t.ok(
    urged.length > 0 && urged.every(({ department }) => department === 'housing'),
    'only the new department is urged',
  );
});

t.test('the desk’s work needs the desk’s key', async (t) => {
  const { id } = await triaged();
  const clerk = await city.key('department:housing', 'operations', 'intake:phone');
  t.equal(
    (await city.call('POST', `/v1/appeals/${id}/answer`, { text: '好' }, { ...clerk, 'if-match': '"2"' })).status,
    403,
  );
  const desk = await city.key('dispatch');
  t.match(await city.call('POST', `/v1/appeals/${id}/answer`, { text: '好' }, { ...desk, 'if-match': '"2"' }), {
    status: 200,
  });
  t.match((await city.events(id)).at(-1), { type: 'answer', actor: /^key:test-/ });
});
