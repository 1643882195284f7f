import { createCity, type Node, type Problem } from '../support/city.ts';
import t from '../support/tap.ts';

interface Entry {
  cursor: string;
  kind: string;
  assignmentId: string;
  appealId: string;
}
interface Feed {
  items: Entry[];
  next: string;
}

const city = await createCity(t);
const second = await city.start();
const departments = ['housing', 'urban-management', 'ecology', 'water'];

async function feed(code: string, query = '', node?: Node): Promise<Feed> {
  const reply = await city.call<Feed>('GET', `/v1/departments/${code}/feed${query}`, undefined, {}, node);
  t.equal(reply.status, 200, JSON.stringify(reply.body).slice(0, 200));
  return reply.body;
}

/** Everything from the beginning, in pages of `limit`. */
async function whole(code: string, limit = 7): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (let next = ''; ; ) {
    const page = await feed(code, `?limit=${limit}${next && `&after=${next}`}`);
    entries.push(...page.items);
    if (page.items.length === 0) return entries;
    next = page.next;
  }
}

/** Reads behind the writers until they are done and nothing new comes, with whatever page size. */
async function follow(code: string, node: Node, isDone: () => boolean): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (let next = '', at = 0; ; at += 1) {
    const wasDone = isDone();
    const page = await feed(code, `?limit=${1 + (at % 9)}${next && `&after=${next}`}`, node);
    entries.push(...page.items);
    next = page.next;
    if (wasDone && page.items.length === 0) return entries;
  }
}

t.test('a reader beside many writers misses nothing and sees nothing twice', async (t) => {
  const appeals = await Promise.all(Array.from({ length: 60 }, () => city.register('phone', { body: '一言难尽' })));
  await city.clock.settle();
  let done = false;
  const readers = departments.map((code, at) => follow(code, at % 2 ? second : { ...city }, () => done));
  const writers = appeals.map(async ({ appealId }, at) => {
    const node = at % 2 ? second : undefined;
    const step = async (url: string, version: number, body: object) => {
      const headers = { 'if-match': `"${version}"` };
      const reply = await city.call<{ assignment: { id: string } | null; version: number }>(
        'POST',
        url,
        body,
        headers,
        node,
      );
      t.equal(reply.status, 200, url);
      return reply;
    };
    const assigned = await step(`/v1/appeals/${appealId}/assign`, 2, { department: departments[at % 4] });
    const id = assigned.body.assignment?.id ?? '';
    if (at % 3 === 0) {
      await step(`/v1/assignments/${id}/return`, 1, { reason: '非我单位职责' });
      await step(`/v1/appeals/${appealId}/assign`, assigned.body.version + 1, {
        department: departments[(at + 1) % 4],
      });
    } else await step(`/v1/assignments/${id}/sign`, 1, {});
  });
  // Routing writes to several departments' feeds in one transaction, meanwhile.
  const routed = ['积水', '路灯', '噪音', '自来水', '漏水', '违建', '污染', '河道'].map((body) =>
    city.register('phone', { body }),
  );
  await Promise.all([...writers, ...routed]);
  await city.clock.settle();
  done = true;
  const seen = await Promise.all(readers);
  for (const [at, code] of departments.entries()) {
    const kept = await city.rows<{ seq: string; assignment_id: string; kind: string }>(
      'select seq, kind, assignment_id from department_feed where department = $1 order by seq',
      [code],
    );
    t.same(
      kept.map((row) => Number(row.seq)),
      kept.map((_, index) => index + 1),
      `${code} has no gap`,
    );
    t.same(
      seen[at]?.map((entry) => `${entry.kind} ${entry.assignmentId}`),
      kept.map((row) => `${row.kind} ${row.assignment_id}`),
      `${code} was read without a skip`,
    );
    t.ok(kept.length > 20);
    t.same(await whole(code), seen[at], 'the feed says the same every time');
  }
});

t.test('each assignment’s entries are its life in order', async (t) => {
  for (const code of departments) {
    const byAssignment = new Map<string, string[]>();
    for (const { assignmentId, kind } of await whole(code, 100))
      byAssignment.set(assignmentId, [...(byAssignment.get(assignmentId) ?? []), kind]);
    for (const kinds of byAssignment.values()) t.match(kinds.join(' '), /^assigned( changed| removed)?$/);
  }
});

t.test('a new message on the matter is a change', async (t) => {
  const sender = { phone: '13800000001' };
  const { appealId } = await city.register('phone', { body: '小区积水很深，出不了门', sender });
  await city.clock.settle();
  const before = (await whole('housing')).length;
  t.equal((await city.register('phone', { body: '小区积水很深，出不了门', sender })).appealId, appealId);
  t.match((await whole('housing')).slice(before), [{ kind: 'changed', appealId }]);
});

t.test('a long poll answers as soon as there is news, on another process too', async (t) => {
  const { appealId } = await city.register('phone', { body: '一言难尽' });
  await city.clock.settle();
  const entries = await whole('education');
  const after = entries.at(-1)?.cursor;
  const waiting = [undefined, second].map((node) =>
    feed('education', `?wait=30${after ? `&after=${after}` : ''}`, node),
  );
  await city.act('appeals', appealId, 'assign', { department: 'education' });
  for (const { items } of await Promise.all(waiting)) t.match(items, [{ kind: 'assigned', appealId }]);
});

t.test('a long poll without news ends empty with the same cursor; stopping answers who waits', async (t) => {
  const { next } = await feed('culture', '?wait=1');
  t.same(await feed('culture', `?wait=0&after=${next}`), { items: [], next });
  const third = await city.start({ workers: false });
  const waiting = feed('culture', '?wait=30', third);
  await third.app.inject('/healthz');
  third.instance.stopTaking();
  t.same((await waiting).items, []);
});

t.test('the cursor is checked, the feed is the department’s own', async (t) => {
  for (const bad of [
    '1',
    'abc',
    encodeURIComponent(Buffer.from('[-1]').toString('base64url')),
    Buffer.from('["1"]').toString('base64url'),
  ])
    t.match(await city.call('GET', `/v1/departments/housing/feed?after=${bad}`), {
      status: 400,
      body: { errors: [{ pointer: '/query/after' }] },
    });
  const other = await city.key('department:water');
  t.equal((await city.call<Problem>('GET', '/v1/departments/housing/feed', undefined, other)).status, 403);
  t.equal((await city.call<Feed>('GET', '/v1/departments/water/feed', undefined, other)).status, 200);
});

t.test('a cursor of another feed is refused: it would skip what is still to come', async (t) => {
  await city.register('phone', { body: '路灯不亮' });
  await city.clock.settle();
  const { next } = await feed('urban-management', '?limit=100');
  const reply = await city.call<Problem>('GET', `/v1/departments/education/feed?after=${next}`);
  t.match(reply, { status: 400, body: { errors: [{ pointer: '/query/after' }] } });
});
