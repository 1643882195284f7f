import { createCity } from '../support/city.ts';
import t from '../support/tap.ts';

const city = await createCity(t);
const water = await city.key('department:water');

interface Event {
  type: string;
  data: Record<string, unknown>;
}
const read = (id: string, key: { authorization: string }) =>
  city.call<{ items: Event[] }>('GET', `/v1/appeals/${id}/events?limit=100`, undefined, key);

t.test('what the desk wrote for itself about somebody stays with the desk', async (t) => {
  const name = '李大明';
  const sender = { name, phone: '13970001234', confidential: true };
  const { appealId } = await city.register('phone', { nature: 'complaint', sender });
  const lead = await city.register('phone', { nature: 'complaint', sender: { phone: '13970004321' } });
  await city.clock.settle();
  const secret = `其丈夫在水务局工作，${name}本人来电`;
  await city.act('appeals', appealId, 'link', { target: lead.appealId });
  await city.act('appeals', appealId, 'unlink', { reason: secret });
  await city.act('appeals', appealId, 'answer', { text: '已答复' });
  await city.act('appeals', appealId, 'reopen', { reason: secret });
  const asked = { fields: ['phone'], reason: 'other', note: `电话联系${name}本人核实` };
  await city.call('POST', `/v1/appeals/${appealId}/reveal`, asked);
  await city.act('appeals', appealId, 'reclassify', { urgency: 'urgent' });
  await city.act('appeals', appealId, 'assign', { department: 'planning', note: secret });
  const { assignment } = await city.appeal(appealId);
  await city.act('assignments', assignment?.id ?? '', 'return', { reason: `${name}说不属本单位` });
  await city.act('appeals', appealId, 'assign', { department: 'water' });

  const { body } = await read(appealId, water);
  t.notMatch(JSON.stringify(body), /李大明|丈夫/);
  t.equal(body.items.length, (await city.events(appealId)).length, 'that it happened it may know');
  t.match(body.items.at(-1), { type: 'assign', data: { department: 'water' } });
  t.match(body.items.find(({ type }) => type === 'reclassify')?.data, { to: { urgency: 'urgent' } });
  t.match(JSON.stringify(await city.events(appealId)), /丈夫/, 'the desk reads its own words');
});

t.test('of every type of event a department reads what is listed for it, and no more', async (t) => {
  const { body: document } = await city.call<{
    components: { schemas: { AppealEvent: { properties: { type: { enum: string[] } } } } };
  }>('GET', '/openapi.json');
  const types = document.components.schemas.AppealEvent.properties.type.enum;
  const { appealId } = await city.register('phone', {});
  await city.clock.settle();
  await city.act('appeals', appealId, 'assign', { department: 'water' });
  const words = ['reason', 'note', 'text', 'repeatOf', 'earlier', 'refersTo', 'appellants', 'from', 'somethingNew'];
  const data = Object.fromEntries(words.map((name) => [name, 'the desk’s own']));
  for (const [at, type] of [...types, 'unheard-of'].entries())
    await city.rows(
      'insert into appeal_events (appeal_id, seq, type, actor, at, data) values ($1, $2, $3, $4, now(), $5)',
      [appealId, 1000 + at, type, 'key:desk', data],
    );
  const { body } = await read(appealId, water);
  const inserted = body.items.slice(-types.length - 1);
  t.same(
    inserted,
    inserted.map((event) => ({ ...event, data: {} })),
  );
  t.match(
    inserted.map(({ type }) => type),
    types,
  );
  t.match((await city.events(appealId)).at(-1), { data }, 'all of it for the desk');
});
