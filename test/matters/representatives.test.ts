import type { Appeal } from '../../src/appeals/appeals.schema.ts';
import type { Contact } from '../../src/reveals/reveals.schema.ts';
import { createCity, type Page, type Problem } from '../support/city.ts';
import t from '../support/tap.ts';

const city = await createCity(t);
const [desk, trusted, housing, water] = await Promise.all([
  city.key('dispatch', 'reveal'),
  city.key('dispatch', 'reveal', 'reveal:reporter'),
  city.key('department:housing', 'reveal'),
  city.key('department:water', 'reveal'),
]);
const why = { fields: ['phone'], reason: 'clarify' };
let people = 0;

interface Shown {
  appealId: string;
  appealNumber: string;
  appellant: { id: string; name: string; phone: string };
}

async function raised(changes: Record<string, unknown> = {}) {
  people += 1;
  const phone = `1398000${String(people).padStart(4, '0')}`;
  const { sender, ...rest } = changes;
  const answer = await city.register('phone', {
    nature: 'complaint',
    ...rest,
    sender: { name: '欧阳淑芬', phone, ...(sender as object) },
  });
  await city.clock.settle();
  const { items } = await city.get<Page<{ appellant: { id: string } }>>(`/v1/appeals/${answer.appealId}/messages`);
  return { ...answer, appellantId: items[0]?.appellant.id ?? '', phone: `+86${phone}` };
}
const represent = (id: string, ...appellants: string[]) =>
  city.act<Appeal & Problem>('appeals', id, 'represent', { appellants });
const reveal = (id: string, key: { authorization: string }, body: object) =>
  city.call<Contact & Problem>('POST', `/v1/appeals/${id}/reveal`, { ...why, ...body }, key);
const listed = (id: string, key: { authorization: string }) =>
  city.call<Page<Shown>>('GET', `/v1/appeals/${id}/representatives`, undefined, key);

/** A lead that housing has, and another appeal linked to it. */
async function group(changes: Record<string, unknown> = {}) {
  const [lead, other] = [await raised({ nature: changes.nature ?? 'complaint' }), await raised(changes)];
  await city.act('appeals', other.appealId, 'link', { target: lead.appealId });
  await city.act('appeals', lead.appealId, 'assign', { department: 'housing' });
  return { lead, other };
}

t.test(
  'a representative is shown with the appeal they wrote to, to the department that has the lead too',
  async (t) => {
    const { lead, other } = await group();
    t.equal((await represent(lead.appealId, lead.appellantId, other.appellantId)).status, 200);
    const expected = [lead, other].map(({ appealId, appealNumber, appellantId }) => ({
      appealId,
      appealNumber,
      appellant: { id: appellantId, name: '欧*', phone: /^139\*+\d{4}$/ },
    }));
    for (const key of [desk, housing])
      t.match(await listed(lead.appealId, key), { status: 200, body: { items: expected } });
    t.equal((await listed(lead.appealId, water)).status, 404);
    t.equal((await listed(other.appealId, housing)).status, 404, 'what is linked to it is the desk’s');
  },
);

t.test('a representative from a linked appeal is revealed through the lead, and both histories tell it', async (t) => {
  const { lead, other } = await group();
  const asked = { appellantId: other.appellantId };
  for (const key of [desk, housing]) t.equal((await reveal(lead.appealId, key, asked)).status, 404, 'not named');
  await represent(lead.appealId, other.appellantId);
  const { version } = await city.appeal(lead.appealId);
  const shown = await reveal(lead.appealId, housing, asked);
  t.match(shown, { status: 200, headers: { etag: `"${version + 1}"` }, body: { phone: other.phone, ...asked } });
  t.match(await reveal(lead.appealId, desk, asked), { status: 200, body: { phone: other.phone } });
  t.equal((await reveal(lead.appealId, water, asked)).status, 404);
  t.equal((await reveal(other.appealId, housing, asked)).status, 404, 'by way of the lead only');
  const rows = await city.all<{ id: string }>(`/v1/reveals?appealId=${other.appealId}`);
  t.equal(rows.length, 2, 'on record with the appeal of whom was shown');
  for (const { appealId } of [lead, other]) {
    const told = (await city.events(appealId)).filter(({ type }) => type === 'reveal').map(({ data }) => data.reveal);
    t.same(told.sort(), rows.map(({ id }) => id).sort());
  }
  await city.act('appeals', other.appealId, 'unlink', { reason: '不是同一件事' });
  for (const key of [desk, housing]) t.equal((await reveal(lead.appealId, key, asked)).status, 404, 'left the group');
});

t.test('whose identity is protected speaks for nobody', async (t) => {
  const protect: [Record<string, unknown>, RegExp][] = [
    [{ sender: { anonymous: true } }, /anonymous/],
    [{ sender: { confidential: true } }, /confidentiality/],
    [{ nature: 'report' }, /report/],
  ];
  for (const [changes, because] of protect) {
    const { lead, other } = await group(changes);
    const refused = await represent(lead.appealId, other.appellantId);
    t.match(refused, { status: 400, body: { errors: [{ pointer: '/appellants/0', detail: because }] } });
    t.match(await listed(lead.appealId, desk), { body: { items: [] } });
  }
  const told = await raised({ nature: 'report' });
  await city.act('appeals', told.appealId, 'reclassify', { nature: 'complaint' });
  t.match(await represent(told.appealId, told.appellantId), { status: 400 }, 'told as a report');
});

t.test('who is protected since they were named is no longer the department’s to ask for', async (t) => {
  const { lead, other } = await group();
  await represent(lead.appealId, other.appellantId);
  await city.act('appeals', lead.appealId, 'reclassify', { nature: 'report' });
  t.match(await listed(lead.appealId, housing), { status: 200, body: { items: [] } });
  t.equal((await listed(lead.appealId, desk)).body.items.length, 1);
  const asked = { appellantId: other.appellantId };
  t.equal((await reveal(lead.appealId, housing, asked)).status, 403);
  t.match(await reveal(lead.appealId, desk, asked), { status: 403, body: { detail: /reveal:reporter/ } });
  t.equal((await reveal(lead.appealId, trusted, asked)).status, 200);
});

t.test('while nobody has judged the linked appeal, it may be a report: not for a department', async (t) => {
  const [lead, other] = [await raised(), await raised({ nature: undefined })];
  await city.act('appeals', other.appealId, 'link', { target: lead.appealId });
  await city.act('appeals', lead.appealId, 'assign', { department: 'housing' });
  await represent(lead.appealId, other.appellantId);
  const asked = { appellantId: other.appellantId };
  t.match(await reveal(lead.appealId, housing, asked), { status: 403, body: { detail: /not known yet/ } });
  t.match(await listed(lead.appealId, housing), { status: 200, body: { items: [] } });
  t.equal((await listed(lead.appealId, desk)).body.items.length, 1);
  t.equal((await reveal(lead.appealId, desk, asked)).status, 200);
});
