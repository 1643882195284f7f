import type { Appeal } from '../../src/appeals/appeals.schema.ts';
import type { Assignment } from '../../src/departments/departments.schema.ts';
import { createCity, type Problem } from '../support/city.ts';
import t from '../support/tap.ts';

const city = await createCity(t);
const water = await city.key('department:water');
const housing = await city.key('department:housing');

/** A case of a department; `body` decides which, of a report the desk: water. */
async function caseOf(body = '自来水很浑', changes: object = {}): Promise<{ appealId: string; id: string }> {
  const { appealId } = await city.register('phone', { body, ...changes });
  await city.clock.settle();
  if ((await city.appeal(appealId)).status === 'triage')
    await city.act('appeals', appealId, 'assign', { department: 'water' });
  const id = (await city.appeal(appealId)).assignment?.id;
  if (!id) throw new Error('not assigned');
  return { appealId, id };
}

t.test('signed and submitted by its clerk, with the version that was read', async (t) => {
  const { appealId, id } = await caseOf();
  const read = await city.call<Assignment>('GET', `/v1/assignments/${id}`, undefined, water);
  t.match(read, {
    status: 200,
    headers: { etag: '"1"' },
    body: { status: 'pending', final: false, overdue: false, dueAt: '2026-03-11T17:00:00+08:00', version: 1 },
  });
  t.notMatch(JSON.stringify(read.body), /appellant|"phone":/);
  const sign = (version: string | undefined) =>
    city.call<Assignment>('POST', `/v1/assignments/${id}/sign`, {}, { ...water, 'if-match': version });
  t.equal((await sign(undefined)).status, 428);
  t.equal((await sign('"2"')).status, 412);
  t.match(await sign('"1"'), {
    status: 200,
    headers: { etag: '"2"' },
    body: { status: 'signed', signedAt: '2026-03-10T10:00:00+08:00', dueAt: '2026-03-17T17:00:00+08:00' },
  });
  t.equal((await sign('"1"')).status, 412);
  t.match(await sign('"2"'), { status: 409, body: { allowed: ['submit'] } });
  t.equal((await city.act('assignments', id, 'submit', {})).status, 400);
  t.match(await city.act<Assignment>('assignments', id, 'submit', { result: '已修复' }), {
    status: 200,
    body: { status: 'submitted', result: '已修复', dueAt: null },
  });
  t.match(await city.appeal(appealId), { status: 'submitted', assignment: { status: 'submitted' } });
  t.match(await city.deadlines(appealId), [
    { state: 'met' },
    { name: 'sign', state: 'met' },
    { name: 'resolve', state: 'met' },
  ]);
});

t.test('of two clerks at once one signs', async (t) => {
  const { id, appealId } = await caseOf();
  const replies = await Promise.all(Array.from({ length: 5 }, () => city.act('assignments', id, 'sign', {}, 1)));
  t.same(replies.map((reply) => reply.status).sort(), [200, 412, 412, 412, 412]);
  t.equal((await city.events(appealId)).length, 3);
});

t.test('what is another department’s does not exist', async (t) => {
  const { id, appealId } = await caseOf('屋顶漏水');
  const none = { status: 404, body: { type: 'urn:minsheng:problem:not-found' } };
  t.match(await city.call('GET', `/v1/assignments/${id}`, undefined, water), none);
  t.match(await city.call('GET', `/v1/appeals/${appealId}`, undefined, water), none);
  t.match(await city.call('GET', `/v1/appeals/${appealId}/events`, undefined, water), none);
  for (const [action, body] of [
    ['sign', {}],
    ['return', { reason: '否' }],
    ['submit', { result: '好' }],
  ] as const)
    t.match(
      await city.call('POST', `/v1/assignments/${id}/${action}`, body, { ...water, 'if-match': '"1"' }),
      none,
      action,
    );
  t.equal((await city.call('GET', '/v1/departments/housing/assignments', undefined, water)).status, 403);
  t.match(await city.call('GET', `/v1/appeals/${appealId}/messages`, undefined, water), none);
  t.match(
    await city.call('GET', `/v1/appeals/${appealId}/messages`, undefined, housing),
    { status: 200, body: { items: [{ appellant: null }] } },
    'appellants are the desk’s',
  );
  t.equal((await city.call('GET', `/v1/appeals/${appealId}`, undefined, housing)).status, 200);
  const desk = await city.key('dispatch');
  t.equal((await city.call('GET', `/v1/assignments/${id}`, undefined, desk)).status, 200);
  t.match(
    await city.call('POST', `/v1/assignments/${id}/sign`, {}, { ...desk, 'if-match': '"1"' }),
    none,
    'the desk reads only',
  );
});

t.test('returned with a reason until the cap; then the ruling is final', async (t) => {
  const { id, appealId } = await caseOf();
  t.equal((await city.act('assignments', id, 'return', {})).status, 400);
  let current = id;
  for (const department of ['housing', 'planning']) {
    const returned = await city.act<Assignment>('assignments', current, 'return', { reason: '不属本单位职责' });
    t.match(returned, {
      status: 200,
      body: { status: 'returned', returnReason: '不属本单位职责', dueAt: null, final: false },
    });
    t.match(await city.appeal(appealId), { status: 'triage', assignment: null });
    t.equal(
      (await city.call('GET', `/v1/appeals/${appealId}`, undefined, water)).status,
      404,
      'it is no longer theirs to read',
    );
    t.match(await city.act<Problem>('assignments', current, 'sign'), { status: 409, body: { allowed: [] } });
    await city.act('appeals', appealId, 'assign', { department });
    current = (await city.appeal(appealId)).assignment?.id ?? '';
  }
  t.match(await city.assignment(current), { final: true, department: 'planning' });
  t.match(await city.act<Problem>('assignments', current, 'return', { reason: '仍不属' }), {
    status: 409,
    body: { allowed: ['sign'] },
  });
  t.equal((await city.act('assignments', current, 'sign')).status, 200);
  const deadlines = await city.deadlines(appealId);
  t.equal(deadlines.filter(({ name }) => name === 'resolve').length, 1, 'resolving runs from the first dispatch');
  t.equal(deadlines.filter(({ name }) => name === 'forward').length, 3, 'each return owes a new forward');
  t.same(
    deadlines.filter(({ state }) => state === 'running').map(({ name }) => name),
    ['resolve'],
  );
});

t.test('many signed at once, each on its own', async (t) => {
  const [one, two, stale] = [await caseOf(), await caseOf(), await caseOf()];
  const other = await caseOf('屋顶漏水');
  const items = [one, two, stale, other].map(({ id }) => ({ id, version: id === stale.id ? 7 : 1 }));
  const unknown = { id: '01900000-0000-7000-8000-000000000000', version: 1 };
  const reply = await city.call<{ items: object[] }>(
    'POST',
    '/v1/assignments/sign',
    { items: [...items, unknown, items[0]] },
    water,
  );
  t.match(reply, {
    status: 200,
    body: {
      items: [
        { id: one.id, ok: true, status: 'signed' },
        { id: two.id, ok: true, status: 'signed' },
        { id: stale.id, ok: false, detail: /changed/ },
        { id: other.id, ok: false, detail: /not found/ },
        { id: unknown.id, ok: false, detail: /not found/ },
        { id: one.id, ok: false, detail: /changed/ },
      ],
    },
  });
  t.equal((await city.assignment(other.id)).status, 'pending');
  t.equal((await city.call('POST', '/v1/assignments/sign', { items: [] }, water)).status, 400);
});

t.test('the clerk’s list: filtered, sorted, paged without overlap', async (t) => {
  for (let at = 0; at < 5; at += 1) {
    await caseOf('幼儿园收费', { title: `第${at}件` });
    await city.clock.advance('P1D');
  }
  const all = await city.all<Assignment>('/v1/departments/education/assignments?limit=100');
  t.equal(all.length, 5);
  t.same(
    all.map(({ title }) => title),
    ['第4件', '第3件', '第2件', '第1件', '第0件'],
    'newest first',
  );
  // Signed, the oldest is due late: the order of dueAt is no longer the order of ids.
  await city.act('assignments', all[4]?.id ?? '', 'sign');
  await city.act('assignments', all[0]?.id ?? '', 'sign');
  await city.act('assignments', all[1]?.id ?? '', 'sign');
  await city.act('assignments', all[1]?.id ?? '', 'submit', { result: '好' });
  const ids = (list: Assignment[]): string[] => list.map(({ id }) => id);
  for (const query of ['sort=assignedAt', 'sort=dueAt', 'sort=dueAt&status=pending', 'status=signed']) {
    const url = `/v1/departments/education/assignments?${query}`;
    const whole = await city.all<Assignment>(`${url}&limit=100`);
    const paged = await city.all<Assignment>(`${url}&limit=1`);
    t.same(ids(paged), ids(whole), query);
    t.equal(new Set(ids(paged)).size, paged.length);
  }
  const byDue = await city.all<Assignment>('/v1/departments/education/assignments?sort=dueAt&limit=100');
  t.equal(byDue.length, 4, 'what is submitted is due no more');
  t.same(
    byDue.map(({ dueAt }) => dueAt),
    byDue.map(({ dueAt }) => dueAt).sort(),
  );
  t.same(ids(await city.all('/v1/departments/education/assignments?status=submitted')), [all[1]?.id]);
  const first = byDue[0]?.dueAt ?? '';
  const due = (before: string) =>
    city.all<Assignment>(`/v1/departments/education/assignments?sort=dueAt&dueBefore=${encodeURIComponent(before)}`);
  t.equal((await due(first)).length, 0, 'strictly before');
  t.ok((await due(new Date(Date.parse(first) + 1).toISOString())).length > 0);
  t.ok(
    byDue.some(({ overdue }) => overdue),
    'nobody signed the first for days',
  );
});

t.test('after the time to sign a case cannot be returned any more', async (t) => {
  const { id } = await caseOf();
  const { dueAt } = await city.assignment(id);
  await city.clock.set(dueAt ?? '');
  const before = await caseOf();
  await city.clock.advance('PT1S');
  t.match(await city.act<Problem>('assignments', id, 'return', { reason: '晚了' }), {
    status: 409,
    body: { allowed: ['sign'] },
  });
  t.equal((await city.act('assignments', before.id, 'return', { reason: '不属本单位' })).status, 200);
  t.equal((await city.act('assignments', id, 'sign')).status, 200);
});

t.test('the number at the source comes along, but not where it may lead to somebody who is protected', async (t) => {
  const of = async (changes: object) => {
    const { appealId, id } = await caseOf('自来水很浑', { externalId: `other-${JSON.stringify(changes)}`, ...changes });
    const { body } = await city.call<Appeal>('GET', `/v1/appeals/${appealId}`, undefined, water);
    t.equal(body.externalId, null);
    t.match((await city.appeal(appealId)).externalId, /^other-/, 'the desk has it');
    return (await city.call<Assignment>('GET', `/v1/assignments/${id}`, undefined, water)).body.externalId;
  };
  t.match(await of({ nature: 'complaint' }), /^other-/);
  t.equal(await of({}), null, 'it may be a report');
  t.equal(await of({ nature: 'report' }), null);
  t.equal(await of({ nature: 'complaint', sender: { anonymous: true } }), null);
  t.equal(await of({ nature: 'complaint', sender: { confidential: true } }), null);
});

t.test('what was sent back or withdrawn shows when, and nothing of the case', async (t) => {
  const clerk = await city.key('department:housing');
  const content = { title: null, body: null, address: null, nature: null, urgency: null, externalId: null };
  const ended: [string, (id: string, appealId: string) => Promise<unknown>][] = [
    ['returned', (id) => city.act('assignments', id, 'return', { reason: '非我单位' })],
    ['withdrawn', (_, id) => city.act('appeals', id, 'assign', { department: 'water' })],
  ];
  for (const [status, end] of ended) {
    const body = `三号楼外墙脱落，第${status}回`;
    const { appealId } = await city.register('phone', { body, address: '翠湖东路3号', nature: 'complaint' });
    await city.clock.settle();
    await city.act('appeals', appealId, 'assign', { department: 'housing' });
    const id = (await city.appeal(appealId)).assignment?.id ?? '';
    const read = () => city.call<Assignment>('GET', `/v1/assignments/${id}`, undefined, clerk);
    t.match((await read()).body, { body, address: '翠湖东路3号', nature: 'complaint' });
    await end(id, appealId);
    const { body: after } = await read();
    t.match(after, { id, appealId, status, assignedAt: /./, reason: { by: 'dispatcher' }, ...content });
    t.notMatch(JSON.stringify(after), /外墙|翠湖/);
    const listed = await city.all<Assignment>('/v1/departments/housing/assignments');
    t.match(
      listed.find((row) => row.id === id),
      content,
    );
  }
});
