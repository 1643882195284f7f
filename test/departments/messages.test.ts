import type { Appeal } from '../../src/appeals/appeals.schema.ts';
import type { Assignment } from '../../src/departments/departments.schema.ts';
import { createCity, type Page } from '../support/city.ts';
import t from '../support/tap.ts';

/** What a department reads of what citizens add to its case, and how it learns that there is something to read. */
const city = await createCity(t);
const [housing, water, desk] = await Promise.all([
  city.key('department:housing'),
  city.key('department:water'),
  city.key('dispatch'),
]);
type Key = typeof housing;
const texts = ['小区健身器材损坏严重，孩子玩耍不安全，请派人维修', '广场路边花坛杂草丛生，蚊虫很多，盼尽快清理'];
/** Long enough to be the same matter with a sentence more. */
const long = '小区健身器材损坏严重，孩子玩耍不安全，老人也无法锻炼，多次向物业反映没有结果，盼尽快派人前来维修';
let callers = 0;

interface Message {
  id: string;
  appealNumber: string;
  externalId: string | null;
  body: string;
  appellant: { id: string } | null;
}

async function raised(changes: Record<string, unknown> = {}) {
  callers += 1;
  const sender = {
    name: '欧阳淑芬',
    phone: `1391300${String(callers).padStart(4, '0')}`,
    ...(changes.sender as object),
  };
  const body = changes.body ?? texts[callers % 2];
  const answer = await city.register('phone', { nature: 'complaint', body, ...changes, sender });
  await city.clock.settle();
  const again = (more: string) =>
    city.register('phone', { nature: 'complaint', ...changes, body: `${body}${more}`, sender });
  return { ...answer, sender, again };
}
async function held(id: string) {
  await city.act('appeals', id, 'assign', { department: 'housing' });
  return (await city.appeal(id)).assignment?.id ?? '';
}
const read = (id: string, key: Key = housing) =>
  city.call<Page<Message>>('GET', `/v1/appeals/${id}/messages`, undefined, key);
async function seen(assignmentId: string) {
  const { headers, body } = await city.call<Assignment>('GET', `/v1/assignments/${assignmentId}`, undefined, housing);
  return { ...body, etag: headers.etag };
}
const entries = async () =>
  (await city.get<{ items: object[] }>('/v1/departments/housing/feed?limit=100')).items.length;

t.test('what is added to a case is read by the department that has it, masked, and by no other', async (t) => {
  const own = await raised({
    body: '小区健身器材损坏严重，孩子玩耍不安全，老人也无法锻炼，多次向物业反映没有结果，盼尽快派人前来维修',
  });
  const id = await held(own.appealId);
  const before = await seen(id);
  t.match(before, { messages: 1, latestMessageAt: '2026-03-10T10:00:00+08:00' });
  await city.clock.advance('PT1H');
  const feed = await entries();
  const later = await own.again('，我是欧阳淑芬');
  t.match(later, { disposition: 'attached', appealId: own.appealId });
  t.equal(await entries(), feed + 1);
  const after = await seen(id);
  t.match(after, { messages: 2, latestMessageAt: '2026-03-10T11:00:00+08:00', body: before.body });
  t.not(after.etag, before.etag);
  t.match(
    (await city.all<Assignment>('/v1/departments/housing/assignments')).find((row) => row.id === id),
    {
      messages: 2,
    },
  );
  const { status, body } = await read(own.appealId);
  t.equal(status, 200);
  t.match(body.items, [
    { id: own.messageId, appealNumber: own.appealNumber, appellant: null, externalId: null },
    { id: later.messageId, body: /，我是欧\*\*$/, appellant: null, externalId: null },
  ]);
  t.match((await read(own.appealId, desk)).body.items[1], { appellant: { name: '欧**' }, externalId: /./ });
  t.equal((await read(own.appealId, water)).status, 404);
  await city.act('appeals', own.appealId, 'assign', { department: 'water' });
  t.equal((await read(own.appealId)).status, 404, 'not a moment longer');
  t.match(await seen(id), { status: 'withdrawn', messages: null, latestMessageAt: null });
});

t.test('the words of a reporter are read as the body is: masked, and with nothing of who said them', async (t) => {
  for (const changes of [{ nature: 'report' }, { sender: { anonymous: true } }, { nature: undefined }]) {
    const own = await raised(changes);
    const id = await held(own.appealId);
    const { body } = await read(own.appealId);
    t.match(body.items, [{ body: (await seen(id)).body, appellant: null, externalId: null }]);
    t.notMatch(JSON.stringify(body), /欧阳|"phone":|"name":/);
  }
});

t.test('what was linked to the case is read with it, files included, until it is taken out', async (t) => {
  const [lead, other] = [await raised(), await raised()];
  const id = await held(lead.appealId);
  const before = await seen(id);
  await city.act('appeals', other.appealId, 'link', { target: lead.appealId });
  const linked = await seen(id);
  t.equal(linked.messages, 2);
  t.not(linked.etag, before.etag);
  const later = await other.again('！补充一句');
  t.match(later, { appealId: lead.appealId });
  const { items } = (await read(lead.appealId)).body;
  t.same(
    items.map(({ id, appealNumber }) => [id, appealNumber]),
    [
      [lead.messageId, lead.appealNumber],
      [other.messageId, other.appealNumber],
      [later.messageId, lead.appealNumber],
    ],
  );
  t.equal((await read(other.appealId)).status, 404, 'through the lead only');
  t.same(
    (await read(lead.appealId, desk)).body.items.map(({ id }) => id),
    [lead.messageId, later.messageId],
    'the desk reads each appeal by itself',
  );
  const file = { id: '01900000-0000-7000-8000-0000000000aa' };
  await city.rows(
    `insert into attachments (id, appeal_id, message_id, kind, state, sealed) values ($1, $2, $3, 'image', 'pending', $4)`,
    [
      file.id,
      other.appealId,
      other.messageId,
      city.instance.keyRing.seal(`attachment:${file.id}`, { name: '照片.jpg' }),
    ],
  );
  const listed = await city.call('GET', `/v1/appeals/${lead.appealId}/attachments`, undefined, housing);
  t.match(listed, { status: 200, body: { items: [{ id: file.id, messageId: other.messageId }], withheld: 0 } });
  const open = (key: Key) => city.call('GET', `/v1/attachments/${file.id}/content`, undefined, key);
  t.equal((await open(housing)).status, 409, 'still to be fetched');
  t.equal((await open(water)).status, 404);
  const { assignment } = await city.appeal(lead.appealId);
  const version = (await seen(assignment?.id ?? '')).etag;
  await city.act('appeals', other.appealId, 'unlink', { reason: '不是同一件事' });
  t.same(
    (await read(lead.appealId)).body.items.map(({ id }) => id),
    [lead.messageId],
  );
  t.match(await seen(id), { messages: 1 });
  t.not((await seen(id)).etag, version);
  t.equal((await open(housing)).status, 404);
});

t.test('where one of two linked cases is found to be a report, neither is read with the other', async (t) => {
  const [lead, other] = [await raised(), await raised()];
  const id = await held(lead.appealId);
  await city.act('appeals', other.appealId, 'link', { target: lead.appealId });
  await city.act('appeals', lead.appealId, 'reclassify', { nature: 'report' });
  t.match((await read(lead.appealId)).body.items, [{ id: lead.messageId }]);
  t.equal((await read(lead.appealId)).body.items.length, 1);
  t.match(await seen(id), { messages: 1 });
});

t.test('whatever an assignment shows, its ETag moves with it', async (t) => {
  const own = await raised();
  const id = await held(own.appealId);
  const moves: [string, () => Promise<unknown>][] = [
    ['urgency', () => city.act('appeals', own.appealId, 'reclassify', { urgency: 'urgent' })],
    ['category', () => city.act('appeals', own.appealId, 'reclassify', { category: 'noise' })],
    ['nature', () => city.act('appeals', own.appealId, 'reclassify', { nature: 'report' })],
  ];
  for (const [field, move] of moves) {
    const [before, feed] = [await seen(id), await entries()];
    t.match(await move(), { status: 200 });
    const after = await seen(id);
    t.notSame((after as Record<string, unknown>)[field], (before as Record<string, unknown>)[field], field);
    t.equal(after.etag, `"${before.version + 1}"`, field);
    t.equal(await entries(), feed + 1, 'told once');
  }
});

t.test(
  'a result that waits for its sign-off: its department hears nothing, and its ETag tells the truth',
  async (t) => {
    const [lead, other] = [await raised(), await raised()];
    const id = await held(lead.appealId);
    await city.act('appeals', other.appealId, 'link', { target: lead.appealId });
    await city.act('assignments', id, 'sign');
    await city.act('assignments', id, 'submit', { result: '已处理' });
    const [before, feed] = [await seen(id), await entries()];
    t.equal((await city.act('appeals', other.appealId, 'unlink', { reason: '不是同一件事' })).status, 200);
    t.match(await seen(id), { messages: 1, status: 'submitted' });
    t.not((await seen(id)).etag, before.etag);
    t.equal(await entries(), feed);
  },
);

t.test('the number at the source leads to nobody who ever told it as a report', async (t) => {
  const own = await raised({ nature: 'report', externalId: 'CALL-77-REPORTER' });
  const id = await held(own.appealId);
  await city.act('appeals', own.appealId, 'reclassify', { nature: 'complaint' });
  t.match(await seen(id), { nature: 'complaint', externalId: null });
  t.match(
    (await city.all<Assignment>('/v1/departments/housing/assignments')).find((row) => row.id === id),
    {
      externalId: null,
    },
  );
  const unknown = await raised({ nature: undefined, externalId: 'CALL-78' });
  const other = await held(unknown.appealId);
  t.equal((await seen(other)).externalId, null, 'it may be a report');
  await city.act('appeals', unknown.appealId, 'reclassify', { nature: 'complaint' });
  t.equal((await seen(other)).externalId, 'CALL-78');
});

t.test('a department hears that representatives were named', async (t) => {
  const own = await raised();
  await held(own.appealId);
  const [sender] = (await read(own.appealId, desk)).body.items;
  const feed = await entries();
  t.match(await city.act<Appeal>('appeals', own.appealId, 'represent', { appellants: [sender?.appellant?.id] }), {
    status: 200,
  });
  t.equal(await entries(), feed + 1);
});

t.test('who is protected stays so in the case that theirs was linked to', async (t) => {
  const revealer = await city.key('department:housing', 'reveal');
  for (const changes of [{ nature: 'report' }, { sender: { confidential: true } }]) {
    const [lead, own] = [await raised(), await raised({ body: long, ...changes })];
    if ('nature' in changes) await city.act('appeals', own.appealId, 'reclassify', { nature: 'complaint' });
    await held(lead.appealId);
    await city.act('appeals', own.appealId, 'link', { target: lead.appealId });
    const later = await city.register('phone', {
      nature: 'complaint',
      body: `${long}，至今没有人来`,
      sender: { ...own.sender, confidential: false },
    });
    await city.clock.settle();
    t.equal(later.appealId, lead.appealId, 'it joined the lead');
    const reveal = await city.call(
      'POST',
      `/v1/appeals/${lead.appealId}/reveal`,
      { reason: 'clarify', messageId: later.messageId, fields: ['name', 'phone'] },
      revealer,
    );
    t.equal(reveal.status, 403, JSON.stringify(changes));
  }
});

t.test('what accuses the department does not join a case that it has', async (t) => {
  for (const nature of ['complaint', undefined]) {
    const own = await raised({ body: long, nature });
    await held(own.appealId);
    const later = await city.register('phone', {
      body: `${long}。另外我要举报住建局的王科长收了物业的钱`,
      sender: own.sender,
    });
    t.equal(later.disposition, 'registered');
    await city.clock.settle();
    t.equal((await city.appeal(later.appealId)).status, 'triage');
  }
});
