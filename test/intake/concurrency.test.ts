import fc from 'fast-check';
import { appealNumber, isAppealNumber } from '../../src/appeals/number.ts';
import type { MessageAnswer } from '../../src/intake/message.schema.ts';
import { createCity, type Reply } from '../support/city.ts';
import t from '../support/tap.ts';

const city = await createCity(t);
const nodes = [await city.start(), await city.start({ workers: false })];

const matters = [
  '翠湖东路路灯不亮，晚上行人看不清路面',
  '99路公交车末班车太早，加班后没有车回家',
  '楼下餐馆油烟直排，居民不敢开窗通风',
];
let person = 0;
const newPhone = (): string => `139${String(++person).padStart(8, '0')}`;

t.test('whatever arrives at once and wherever, each matter of each person is one appeal', async (t) => {
  const message = fc.record({
    person: fc.integer({ min: 0, max: 2 }),
    matter: fc.integer({ min: 0, max: matters.length - 1 }),
    node: fc.integer({ min: 0, max: 1 }),
    channel: fc.constantFrom('phone' as const, 'portal' as const, 'wechat' as const),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 2, maxLength: 24 }), async (messages) => {
      const phones = [newPhone(), newPhone(), newPhone()];
      const replies = await Promise.all(
        messages.map(({ person, matter, node, channel }) =>
          city.post(
            channel,
            { body: matters[matter], sender: { phone: phones[person], verified: true } },
            {},
            nodes[node],
          ),
        ),
      );
      const appeals = new Map<string, Set<string>>();
      for (const [at, { status, body }] of replies.entries()) {
        if (status !== 201) throw new Error(JSON.stringify(body));
        const key = `${messages[at]?.person}/${messages[at]?.matter}`;
        appeals.set(key, (appeals.get(key) ?? new Set()).add(body.appealId));
      }
      const registered = replies.filter(({ body }) => body.disposition === 'registered').length;
      return registered === appeals.size && [...appeals.values()].every((ids) => ids.size === 1);
    }),
    { numRuns: 25 },
  );
  await city.clock.settle();
  const wrong = await city.rows(
    'select a.id from appeals a where a.version <> (select max(seq) from appeal_events e where e.appeal_id = a.id) or a.version <> (select count(*) from appeal_events e where e.appeal_id = a.id)',
  );
  t.same(wrong, [], 'each step of each appeal left its event');
});

t.test('the same message at two replicas at once is one 201 and one 200', async (t) => {
  for (let round = 0; round < 30; round++) {
    const message = city.message('phone', { body: matters[1], sender: { phone: newPhone() } });
    const replies = await Promise.all(
      nodes.map((node) => city.call<MessageAnswer>('POST', '/v1/channels/phone/messages', message, {}, node)),
    );
    t.same(replies.map(({ status }) => status).sort(), [200, 201]);
  }
});

t.test('one external id posted twenty times in parallel is one message', async (t) => {
  const message = city.message('phone', { body: matters[0], sender: { phone: newPhone() } });
  const post = (at: number): Promise<Reply<MessageAnswer>> =>
    city.call<MessageAnswer>('POST', '/v1/channels/phone/messages', message, {}, nodes[at % 2]);
  const replies = await Promise.all(Array.from({ length: 20 }, (_, at) => post(at)));
  t.same(replies.map((reply) => reply.status).sort(), [...Array(19).fill(200), 201]);
  t.equal(new Set(replies.map(({ body }) => `${body.messageId} ${body.appealId} ${body.queryCode}`)).size, 1);
  t.equal(replies.filter(({ body }) => body.disposition === 'replayed').length, 19);
});

t.test('one idempotency key with twenty ids in parallel registers one of them', async (t) => {
  const replies = await Promise.all(
    Array.from({ length: 20 }, (_, at) =>
      city.post('phone', { body: `第${at}件事` }, { 'idempotency-key': 'once' }, nodes[at % 2]),
    ),
  );
  t.same(replies.map((reply) => reply.status).sort(), [201, ...Array(19).fill(422)]);
});

t.test('a bad row harms only itself', async (t) => {
  await city.rows(`create function refuse() returns trigger language plpgsql as $$
    begin if new.external_id like 'poison%' then raise exception 'no'; end if; return new; end $$`);
  await city.rows('create trigger refuse before insert on messages for each row execute function refuse()');
  const ids = Array.from({ length: 30 }, (_, at) => (at % 10 === 5 ? `poison-${at}` : `good-${at}`));
  const replies = await Promise.all(ids.map((externalId) => city.post('phone', { externalId })));
  t.same(
    replies.map((reply) => reply.status),
    ids.map((id) => (id.startsWith('poison') ? 500 : 201)),
  );
  t.match(replies[5], { headers: { 'content-type': /^application\/problem\+json/ } });
  await city.rows('drop trigger refuse on messages');
  t.equal((await city.post('phone', { externalId: 'poison-5' })).status, 201, 'and may be sent again');
});

t.test('two intakes that lock the same persons in other orders do not block each other for ever', async (t) => {
  const phones = Array.from({ length: 10 }, newPhone);
  const both = [phones, [...phones].reverse()].flatMap((order, node) =>
    order.map((phone) => city.post('phone', { body: matters[1], sender: { phone } }, {}, nodes[node])),
  );
  const replies = await Promise.all(both);
  t.ok(replies.every((reply) => reply.status === 201));
  t.equal(new Set(replies.map(({ body }) => body.appealId)).size, phones.length);
});

t.test('an appeal number shows every single wrong digit', async (t) => {
  const { appealNumber: real } = await city.register('phone');
  t.ok(isAppealNumber(real));
  fc.assert(
    fc.property(
      fc.date({ min: new Date('2020-01-01'), max: new Date('2099-12-31'), noInvalidDate: true }),
      fc.integer({ min: 1, max: 9_999_999 }),
      fc.integer({ min: 0, max: 15 }),
      fc.integer({ min: 1, max: 9 }),
      (date, sequence, at, off) => {
        const number = appealNumber(date.toISOString().slice(0, 10), sequence);
        const digit = (Number(number[at]) + off) % 10;
        return isAppealNumber(number) && !isAppealNumber(number.slice(0, at) + digit + number.slice(at + 1));
      },
    ),
  );
});
