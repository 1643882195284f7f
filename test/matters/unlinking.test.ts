import { v7 as uuid } from 'uuid';
import type { MessageAnswer } from '../../src/intake/message.schema.ts';
import { createCity } from '../support/city.ts';
import { mail, openMailbox, postMail, until } from '../support/mail.ts';
import t from '../support/tap.ts';

const city = await createCity(t);
let callers = 0;
const texts = ['小区健身器材损坏严重，孩子玩耍不安全，请派人维修', '广场路边花坛杂草丛生，蚊虫很多，盼尽快清理'];

/** A caller of their own and what they called about, waiting for the desk. */
async function raised(body = texts[callers % 2]) {
  callers += 1;
  const sender = { phone: `1391100${String(callers).padStart(4, '0')}`, name: '王女士' };
  const again = (more: object = {}): Promise<MessageAnswer> =>
    city.register('phone', { body: `${body}！`, sender, ...more });
  const answer = await city.register('phone', { body, sender });
  await city.clock.settle();
  return { ...answer, again };
}
const link = (id: string, target: string) => city.act('appeals', id, 'link', { target });
const unlink = (id: string) => city.act('appeals', id, 'unlink', { reason: '不是同一件事' });
const messagesIn = async (id: string) =>
  (await city.all<{ id: string }>(`/v1/appeals/${id}/messages`)).map(({ id }) => id);
const look = (number: string, code: string) =>
  city.call<{ number: string; statusText: string }>('GET', `/v1/citizen/appeals/${number}?code=${code}`);

t.test(
  'what joined the other case through the link comes back with its appeal, with all that hangs on it',
  async (t) => {
    const [own, lead] = [await raised(), await raised()];
    await link(own.appealId, lead.appealId);
    await city.act('appeals', lead.appealId, 'assign', { department: 'housing' });
    const call = { callId: 'back-1', called: '12345', recordingUrl: 'https://records.example/back-1' };
    const later = await own.again({ call });
    t.match(later, { disposition: 'attached', appealId: lead.appealId, appealNumber: lead.appealNumber });
    const theirs = await lead.again();
    t.match(theirs, { disposition: 'attached', appealId: lead.appealId });
    await city.clock.settle();
    t.match(await look(lead.appealNumber, later.queryCode), { status: 200, body: { number: lead.appealNumber } });
    const sentBefore = (await city.outbox()).length;

    t.equal((await unlink(own.appealId)).status, 200);
    t.same(await messagesIn(own.appealId), [own.messageId, later.messageId]);
    t.same(await messagesIn(lead.appealId), [lead.messageId, theirs.messageId], 'the other citizen’s stay');
    const messages = [later.messageId];
    t.match((await city.events(own.appealId)).at(-1), { type: 'unlink', data: { target: lead.appealId, messages } });
    t.match((await city.events(lead.appealId)).at(-1), { type: 'attach', data: { unlinked: own.appealId, messages } });
    t.match(await city.all(`/v1/appeals/${own.appealId}/attachments`), [{ kind: 'recording' }]);
    t.same(await city.all(`/v1/appeals/${lead.appealId}/attachments`), []);

    for (const number of [own.appealNumber, lead.appealNumber])
      t.match(
        await look(number, later.queryCode),
        { status: 200, body: { number: own.appealNumber } },
        'either number',
      );
    t.equal((await look(lead.appealNumber, own.queryCode)).status, 404, 'never told that number');
    t.equal((await look(own.appealNumber, theirs.queryCode)).status, 404);

    await city.clock.settle();
    const receipts = (await city.receipts(own.appealId)).filter(({ messageId }) => messageId === later.messageId);
    t.match(
      receipts.map(({ kind, status }) => `${kind} ${status}`).sort(),
      ['notice delivered', 'receipt delivered'],
      'its receipt once, and the notice of the unlinking',
    );
    t.match(receipts.find(({ kind }) => kind === 'notice')?.text, new RegExp(own.appealNumber));
    const sent = (await city.outbox()).slice(sentBefore);
    t.equal(new Set(sent.map(({ receiptId }) => receiptId)).size, sent.length);
    t.equal(sent.length, 1, 'one notice, however many messages; nothing to the other citizen');
    await city.clock.advance('P3D');
    t.same(
      (await city.escalations(own.appealId)).filter(({ deadline }) => deadline === 'receipt'),
      [],
      'the receipt of the message was in time',
    );
    t.match(await own.again(), { appealId: own.appealId }, 'from now on it joins its own');
  },
);

t.test('a receipt that was not sent yet says what is true after the unlinking, once', async (t) => {
  const [own, lead] = [await raised(), await raised()];
  await link(own.appealId, lead.appealId);
  await city.act('appeals', lead.appealId, 'assign', { department: 'housing' });
  await city.clock.set('2026-03-20T22:00:00+08:00');
  const later = await own.again();
  await unlink(own.appealId);
  await city.clock.advance('PT12H');
  const receipts = (await city.receipts(own.appealId)).filter(({ messageId }) => messageId === later.messageId);
  t.match(receipts, [{ kind: 'receipt', status: 'delivered', text: new RegExp(`${own.appealNumber}.*不属同一事项`) }]);
  t.equal(receipts.length, 1);
  t.equal((await city.outbox()).filter(({ receiptId }) => receiptId === receipts[0]?.id).length, 1);
});

t.test('links of links: each level takes back its own', async (t) => {
  const [low, middle, top] = [await raised(), await raised(), await raised()];
  await link(low.appealId, middle.appealId);
  await link(middle.appealId, top.appealId);
  const [fromLow, fromMiddle] = [await low.again(), await middle.again()];
  t.match([fromLow, fromMiddle], [{ appealId: top.appealId }, { appealId: top.appealId }]);
  await unlink(middle.appealId);
  t.same(await messagesIn(middle.appealId), [middle.messageId, fromLow.messageId, fromMiddle.messageId]);
  t.same(await messagesIn(top.appealId), [top.messageId]);
  await unlink(low.appealId);
  t.same(await messagesIn(low.appealId), [low.messageId, fromLow.messageId]);
  t.same(await messagesIn(middle.appealId), [middle.messageId, fromMiddle.messageId]);
  for (const { appealNumber } of [low, middle])
    t.match((await look(appealNumber, fromLow.queryCode)).body, { number: low.appealNumber });
  t.match((await look(top.appealNumber, fromLow.queryCode)).body, { number: low.appealNumber }, 'as they were told');
});

t.test(
  'a message that comes into the end of a chain while the first link is undone goes back, and all are told',
  async (t) => {
    const [low, middle, top] = [await raised(), await raised(), await raised()];
    await link(low.appealId, middle.appealId);
    await link(middle.appealId, top.appealId);
    await city.act('appeals', top.appealId, 'assign', { department: 'housing' });
    const feed = async () =>
      (await city.get<{ items: object[] }>('/v1/departments/housing/feed?limit=100')).items.length;
    const [entries, { version }] = [await feed(), await city.appeal(top.appealId)];
    const other = await city.instance.db.$client.connect();
    let undone: ReturnType<typeof unlink>;
    const [appellant, message] = [uuid(), uuid()];
    try {
      await other.query('begin');
      const ids = [low.appealId, top.appealId];
      await other.query('select 1 from appeals where id = any($1) order by id for no key update', [ids]);
      undone = unlink(low.appealId);
      await until(async () => {
        const [{ waiting } = { waiting: 0 }] = await city.rows<{ waiting: number }>(
          'select count(*)::int as waiting from pg_locks where not granted',
        );
        return waiting > 0;
      });
      await other.query(
        `insert into appellants (id, appeal_id, phone_verified, account_verified, anonymous, confidential, language, through, sealed)
       values ($1, $2, true, false, false, false, 'zh-CN', $3, ''::bytea)`,
        [appellant, top.appealId, low.appealId],
      );
      await other.query(
        `insert into messages (id, appeal_id, appellant_id, source, external_id, channel, disposition, received_at, recorded_at, key_id, fingerprint, sealed)
       select $1, $2, $3, source, 'late-in-chain', channel, 'attached', received_at, recorded_at, key_id, fingerprint, sealed
       from messages where id = $4`,
        [message, top.appealId, appellant, low.messageId],
      );
      await other.query('commit');
    } finally {
      other.release();
    }
    t.equal((await undone).status, 200);
    t.match(await city.rows('select appeal_id from messages where id = $1', [message]), [{ appeal_id: low.appealId }]);
    t.match((await city.events(top.appealId)).at(-1), {
      type: 'attach',
      data: { unlinked: low.appealId, messages: [message] },
    });
    t.equal((await city.appeal(top.appealId)).version, version + 1);
    t.equal(await feed(), entries + 1);
  },
);

t.test('a case that has been handed in meanwhile gives them back, and its department hears nothing', async (t) => {
  const [own, lead] = [await raised(), await raised()];
  await link(own.appealId, lead.appealId);
  await city.act('appeals', lead.appealId, 'assign', { department: 'housing' });
  const later = await own.again();
  const { assignment } = await city.appeal(lead.appealId);
  await city.act('assignments', assignment?.id ?? '', 'sign');
  await city.act('assignments', assignment?.id ?? '', 'submit', { result: '已处理' });
  const feed = async () => (await city.get<{ items: object[] }>('/v1/departments/housing/feed?limit=100')).items.length;
  const [before, entries] = [await city.appeal(lead.appealId), await feed()];
  t.equal((await unlink(own.appealId)).status, 200);
  t.same(await messagesIn(own.appealId), [own.messageId, later.messageId]);
  t.match(await city.appeal(lead.appealId), { status: 'submitted', updatedAt: before.updatedAt });
  t.match((await city.events(lead.appealId)).at(-1), { type: 'attach', data: { messages: [later.messageId] } });
  t.equal(await feed(), entries);
});

t.test('a thread of mails goes on with the appeal it was begun for, whatever it quotes', async (t) => {
  await openMailbox(city);
  const from = 'zhao@example.com';
  const write = async (headers: Record<string, string>, body: string) => {
    const reply = await postMail(city, mail({ From: from, ...headers }, body));
    await city.clock.settle();
    return reply.body.appealNumber ?? '';
  };
  const own = await city.appeal(await write({ 'Message-ID': '<m1@example.com>' }, '公园长椅断裂，请维修'));
  const lead = await raised();
  await link(own.id, lead.appealId);
  const numbers = [
    await write({ 'In-Reply-To': '<m1@example.com>', 'Message-ID': '<m2@example.com>' }, '补充：在东门附近'),
    await write({ 'In-Reply-To': '<m2@example.com>' }, '再补充：一共三张'),
    await write({ Subject: `关于${lead.appealNumber}` }, '何时能修好'),
  ];
  t.same(numbers, [lead.appealNumber, lead.appealNumber, lead.appealNumber]);
  await unlink(own.id);
  t.equal((await messagesIn(own.id)).length, 4);
  t.same(await messagesIn(lead.appealId), [lead.messageId]);
});

t.test(
  'a message that comes in while the case is taken out is in neither case twice, and in the right one',
  async (t) => {
    const lead = await raised();
    for (let round = 0; round < 8; round += 1) {
      const own = await raised(texts[(callers + 1) % 2]);
      await link(own.appealId, lead.appealId);
      const [, ...posted] = await Promise.all([unlink(own.appealId), own.again(), own.again(), own.again()]);
      const ids = posted.map(({ messageId }) => messageId);
      t.same((await messagesIn(own.appealId)).sort(), [own.messageId, ...ids].sort(), `round ${round}`);
      t.same(await messagesIn(lead.appealId), [lead.messageId]);
    }
  },
);
