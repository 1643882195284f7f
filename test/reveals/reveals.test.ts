import type { CallBack } from '../../src/calls/calls.schema.ts';
import type { Contact } from '../../src/reveals/reveals.schema.ts';
import { callCentre, connect, missed } from '../calls/support.ts';
import { createCity, type Page, type Problem } from '../support/city.ts';
import t from '../support/tap.ts';

interface Reveal {
  id: string;
  actor: string;
  appealId: string | null;
  callBackId: string | null;
  fields: string[];
  reason: string;
  note: string | null;
}

const city = await createCity(t, { settings: { REVEALS_PER_DAY: '4' } });
const [desk, housing, water] = await Promise.all([
  city.key('dispatch', 'reveal'),
  city.key('department:housing', 'reveal'),
  city.key('department:water', 'reveal'),
]);
const why = { fields: ['phone'], reason: 'call-back' };
let people = 0;

/** An appeal of a person of its own, with the department where one is named. */
async function raised(changes: Record<string, unknown> = {}, department?: string) {
  people += 1;
  const phone = `1397000${String(people).padStart(4, '0')}`;
  const { sender, ...rest } = changes;
  const address = '翠湖东路8号，联系13800009999';
  const answer = await city.register('phone', {
    address,
    nature: 'complaint',
    ...rest,
    sender: { name: '欧阳淑芬', phone, ...(sender as object) },
  });
  await city.clock.settle();
  if (department) await city.act('appeals', answer.appealId, 'assign', { department });
  return { ...answer, phone: `+86${phone}` };
}
const reveal = <T = Contact & Problem>(id: string, key: { authorization: string }, body: object = why) =>
  city.call<T>('POST', `/v1/appeals/${id}/reveal`, body, key);
const recorded = (query: string) => city.all<Reveal>(`/v1/reveals?${query}`);

t.test('the desk is shown what it asked for, and nothing else; it is in the history and on record', async (t) => {
  const { appealId, phone, messageId } = await raised();
  const before = await city.appeal(appealId);
  const { status, headers, body } = await reveal(appealId, desk, {
    fields: ['phone', 'address'],
    reason: 'clarify',
    note: '地址不清，曾留13800001234',
  });
  t.equal(status, 200);
  t.match(body, { phone, address: '翠湖东路8号，联系13800009999', messageId });
  t.notOk('name' in body, 'not asked for');
  t.match(headers, { 'cache-control': 'no-store', etag: `"${before.version + 1}"` });
  t.same((await city.appeal(appealId)).updatedAt, before.updatedAt, 'looking changes nothing');
  const note = '地址不清，曾留138****1234';
  const [row] = await recorded(`appealId=${appealId}`);
  t.match(row, { id: body.revealId, actor: 'key:test-1', fields: ['phone', 'address'], reason: 'clarify', note });
  t.match((await city.events(appealId)).at(-1), {
    type: 'reveal',
    actor: 'key:test-1',
    data: { reveal: row?.id, messageId, fields: ['phone', 'address'], reason: 'clarify', note },
  });
  t.notMatch(JSON.stringify([row, await city.events(appealId)]), /1397000|翠湖/, 'never what was shown');
  t.match(await reveal(appealId, desk, { ...why, messageId, fields: ['name'] }), { body: { name: '欧阳淑芬' } });
  t.match(await reveal(appealId, desk, { ...why, appellantId: body.appellantId }), { body: { phone } });
});

t.test('what is asked must be whole', async (t) => {
  const key = await city.key('dispatch', 'reveal');
  const { appealId, messageId } = await raised();
  const other = await raised();
  const refused = async (body: object, status: number, pointer?: string): Promise<void> => {
    const reply = await reveal(appealId, key, body);
    t.match(reply, { status, ...(pointer ? { body: { errors: [{ pointer }] } } : {}) }, JSON.stringify(body));
  };
  await refused({ fields: ['phone'] }, 400, '/reason');
  await refused({ reason: 'clarify' }, 400, '/fields');
  await refused({ fields: [], reason: 'clarify' }, 400, '/fields');
  await refused({ fields: ['account'], reason: 'clarify' }, 400, '/fields/0');
  await refused({ ...why, reason: 'curious' }, 400, '/reason');
  await refused({ ...why, reason: 'other' }, 400, '/note');
  await refused({ ...why, messageId, appellantId: messageId }, 400, '/appellantId');
  await refused({ ...why, messageId: other.messageId }, 404);
  await refused({ ...why, appellantId: crypto.randomUUID() }, 404);
  t.equal((await reveal(crypto.randomUUID(), key)).status, 404);
  t.same(await recorded(`appealId=${appealId}`), [], 'nothing was shown');
});

t.test('each scope opens its own: no reveal without, none by itself, the list for the admin alone', async (t) => {
  const { appealId } = await raised({}, 'housing');
  t.equal((await reveal(appealId, await city.key('dispatch', 'operations', 'department:housing'))).status, 403);
  t.equal((await reveal(appealId, await city.key('reveal'))).status, 404, 'it says what, not whose');
  t.equal((await reveal(appealId, await city.key('reveal:reporter', 'dispatch'))).status, 403);
  t.equal((await reveal(appealId, { authorization: '' })).status, 401);
  t.equal((await city.call('GET', '/v1/reveals', undefined, desk)).status, 403);
  t.equal((await reveal(appealId, await city.key('operations', 'reveal'))).status, 200);
});

t.test('a department: only what is with it now', async (t) => {
  const { appealId, phone } = await raised({}, 'housing');
  t.equal((await reveal(appealId, water)).status, 404, 'another department’s');
  t.match(await reveal(appealId, housing), { status: 200, body: { phone } });
  await city.act('appeals', appealId, 'assign', { department: 'water' });
  t.equal((await reveal(appealId, housing)).status, 404, 'withdrawn');
  t.equal((await reveal(appealId, water)).status, 200);
  const follower = await raised();
  await city.act('appeals', follower.appealId, 'link', { target: appealId });
  t.equal((await reveal(follower.appealId, water)).status, 404, 'what is linked to it is the desk’s');
  const { assignment } = await city.appeal(appealId);
  await city.act('assignments', assignment?.id ?? '', 'return', { reason: '不属本单位' });
  t.equal((await reveal(appealId, water)).status, 404, 'sent back');
});

t.test('who reported, or asked for secrecy, is never shown to a department; to the desk by a scope more', async (t) => {
  const key = await city.key('dispatch', 'reveal');
  const trusted = await city.key('dispatch', 'reveal', 'reveal:reporter');
  const eager = await city.key('department:housing', 'reveal', 'reveal:reporter');
  const protect: [Record<string, unknown>, RegExp][] = [
    [{ nature: 'report' }, /report/],
    [{ sender: { confidential: true } }, /confidentiality/],
    [{ sender: { anonymous: true } }, /anonymous/],
  ];
  for (const [changes, because] of protect) {
    const { appealId, phone } = await raised(changes, 'housing');
    for (const [who, scope] of [
      [housing, /never/],
      [eager, /never/],
      [key, /reveal:reporter/],
    ] as const) {
      const { status, body } = await reveal(appealId, who);
      t.equal(status, 403);
      t.match(body.detail, because);
      t.match(body.detail, scope);
      t.notMatch(JSON.stringify(body), phone);
    }
    t.match(await reveal(appealId, trusted), { status: 200, body: { phone } });
    t.equal((await recorded(`appealId=${appealId}`)).length, 1);
  }
});

t.test('while nobody has judged what it is, it may be a report: not for a department', async (t) => {
  const { appealId } = await raised({ nature: undefined }, 'housing');
  t.match(await reveal(appealId, housing), { status: 403, body: { detail: /not known yet/ } });
  await city.act('appeals', appealId, 'reclassify', { nature: 'complaint' });
  t.equal((await reveal(appealId, await city.key('department:housing', 'reveal'))).status, 200);
});

t.test('who wrote by mail can be written to', async (t) => {
  const { appealId } = await city.register('mailbox', { nature: 'complaint', mail: { from: 'Wang@Example.com' } });
  const key = await city.key('dispatch', 'reveal');
  const asked = { fields: ['email', 'phone'], reason: 'clarify' };
  t.match(await reveal(appealId, key, asked), { status: 200, body: { email: 'wang@example.com', phone: null } });
});

t.test('protection outlasts a new judgement, and a message that forgets to ask for it', async (t) => {
  const report = await raised({ nature: 'report' });
  await city.act('appeals', report.appealId, 'reclassify', { nature: 'complaint' });
  t.equal((await reveal(report.appealId, await city.key('dispatch', 'reveal'))).status, 403);
  const body = '楼上住户每天半夜敲打暖气管道，影响老人休息，已经持续两周';
  const secret = await raised({ body, sender: { confidential: true } }, 'housing');
  const sender = { phone: secret.phone };
  const again = await city.register('phone', { body: `${body}！`, sender });
  t.equal(again.appealId, secret.appealId);
  t.equal((await reveal(secret.appealId, housing, { ...why, messageId: again.messageId })).status, 403);
});

t.test('so many a day for each key, whoever comes at once; a new day begins anew', async (t) => {
  const key = await city.key('dispatch', 'reveal');
  const { appealId } = await raised();
  const replies = await Promise.all(Array.from({ length: 7 }, () => reveal(appealId, key)));
  t.equal(replies.filter(({ status }) => status === 200).length, 4);
  const refused = replies.find(({ status }) => status === 429);
  t.match(refused?.body.detail, /4 contacts today.*REVEALS_PER_DAY/);
  t.ok(Number(refused?.headers['retry-after']) > 3_600);
  t.notMatch(JSON.stringify(refused?.body), /1397000/);
  t.equal((await recorded(`appealId=${appealId}`)).length, 4);
  t.equal((await reveal(appealId, await city.key('dispatch', 'reveal'))).status, 200, 'another key');
  await city.clock.advance('PT14H');
  t.equal((await reveal(appealId, key)).status, 200);
  const page = await city.get<Page<Reveal>>(`/v1/reveals?appealId=${appealId}&limit=4`);
  t.equal(page.items.length, 4);
  t.equal((await recorded(`appealId=${appealId}&limit=4`)).length, 6, 'page by page');
});

t.test('a missed call can be called back: the number of an open task, on record', async (t) => {
  await connect(city);
  const { take, openTasks } = callCentre(city);
  const now = await city.clock.now();
  await take(missed({ caller: '13977770001', startedAt: now, endedAt: now }));
  const [task] = await openTasks();
  t.match(task?.caller, '139****0001');
  const key = await city.key('dispatch', 'reveal');
  const show = (id = task?.id, who = key, body: object = { reason: 'call-back' }) =>
    city.call<Contact & Problem>('POST', `/v1/call-backs/${id}/reveal`, body, who);
  const { status, headers, body } = await show();
  t.equal(status, 200);
  t.match(body, { phone: '13977770001', messageId: null, appellantId: null });
  t.match(headers, { 'cache-control': 'no-store' });
  t.match(await recorded(`callBackId=${task?.id}`), [{ callBackId: task?.id, appealId: null, fields: ['phone'] }]);
  t.equal((await show(task?.id, housing)).status, 403, 'call-backs are the desk’s');
  t.equal((await show(task?.id, await city.key('reveal'))).status, 403);
  t.equal((await show(task?.id, await city.key('dispatch'))).status, 403);
  t.equal((await show(task?.id, key, {})).status, 400);
  t.equal((await show(crypto.randomUUID())).status, 404);
  await city.call<CallBack>('POST', `/v1/calls/${task?.call}/call-back`, { outcome: 'reached' });
  t.equal((await show()).status, 409, 'nobody waits any more');
});
