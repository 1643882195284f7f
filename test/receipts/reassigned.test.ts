import type { Assignment } from '../../src/departments/departments.schema.ts';
import { createAgendaWorker } from '../../src/platform/agenda/agenda-worker.ts';
import { createReceiptHandler } from '../../src/receipts/dispatch.worker.ts';
import type { Found, SendOutcome, SmsGateway } from '../../src/receipts/gateways/gateway.ts';
import { type City, createCity } from '../support/city.ts';
import t, { type Test } from '../support/tap.ts';

/** What citizens are told when a case changes hands: nothing that is still true is lost, nothing false is sent late. */
const texts = ['小区健身器材损坏严重，孩子玩耍不安全，请派人维修', '广场路边花坛杂草丛生，蚊虫很多，盼尽快清理'];
const NIGHT = '2026-03-13T22:00:00+08:00';
const HOUSING = /市住房和城乡建设局/;
const WATER = /市水务局/;

async function cityOf(t: Test) {
  const city = await createCity(t);
  let callers = 0;
  async function raised() {
    callers += 1;
    const sender = { phone: `1391200${String(callers).padStart(4, '0')}` };
    const body = texts[callers % 2];
    const answer = await city.register('phone', { body, sender });
    await city.clock.settle();
    return { ...answer, again: () => city.register('phone', { body: `${body}！`, sender }) };
  }
  const assign = (id: string, department: string) => city.act('appeals', id, 'assign', { department });
  const sent = async (number: string) =>
    (await city.outbox()).filter(({ text }) => text.includes(number)).map(({ text }) => text);
  return { city, raised, assign, sent };
}

t.test('an answer and what followed it are told, however often the case changes hands before morning', async (t) => {
  const { city, raised, assign, sent } = await cityOf(t);
  const own = await raised();
  await city.clock.set(NIGHT);
  await city.act('appeals', own.appealId, 'answer', { text: '拨打96128可查询' });
  await own.again();
  await assign(own.appealId, 'housing');
  await assign(own.appealId, 'water');
  await city.clock.advance('P1D');
  const told = (await sent(own.appealNumber)).slice(1);
  t.ok(
    told.some((text) => /正在重新研判/.test(text)),
    'reopened',
  );
  for (const words of [/96128/, WATER]) t.equal(told.filter((text) => words.test(text)).length, 1, String(words));
  t.notOk(told.some((text) => HOUSING.test(text)));
});

t.test('a receipt that says more than who has the case keeps its words through a reassignment', async (t) => {
  const { city, raised, assign } = await cityOf(t);
  const own = await raised();
  await city.act('appeals', own.appealId, 'decline', { text: '不属受理范围' });
  await city.clock.set(NIGHT);
  const repeated = await own.again();
  await city.clock.settle();
  t.match(await city.receipts(repeated.appealId), [{ status: 'created', text: /不属受理范围/ }]);
  await assign(repeated.appealId, 'housing');
  const { assignment } = await city.appeal(repeated.appealId);
  await city.act<Assignment>('assignments', assignment?.id ?? '', 'return', { reason: '不属本部门' });
  t.match(
    (await city.receipts(repeated.appealId)).map(({ kind, status, text }) => `${kind} ${status} ${text}`),
    [/receipt created .*不属受理范围/, /notice cancelled .*市住房/],
  );
});

t.test('who was linked to a case is told so, and once who has it at last', async (t) => {
  const { city, raised, assign, sent } = await cityOf(t);
  const [own, lead] = [await raised(), await raised()];
  await assign(lead.appealId, 'housing');
  await city.clock.set(NIGHT);
  const linked = await city.register('phone', { body: '路边花坛多日无人浇水', sender: { phone: '13912009999' } });
  await city.clock.settle();
  for (const { appealId } of [own, linked]) await city.act('appeals', appealId, 'link', { target: lead.appealId });
  const joined = await own.again();
  t.match(
    (await city.receipts(lead.appealId)).find(({ messageId }) => messageId === joined.messageId),
    { text: HOUSING },
  );
  await assign(lead.appealId, 'water');
  await city.clock.advance('P1D');
  for (const { appealNumber } of [own, linked]) {
    const told = await sent(appealNumber);
    t.equal(told.filter((text) => text.includes('已并入')).length, 1);
    t.notOk(told.some((text) => HOUSING.test(text)));
  }
  t.equal((await sent(linked.appealNumber)).filter((text) => WATER.test(text)).length, 1);
  t.notOk(
    (await sent(own.appealNumber)).some((text) => WATER.test(text)),
    'by the receipt of the newest message',
  );
  const [receipt] = (await city.receipts(lead.appealId)).filter(({ messageId }) => messageId === joined.messageId);
  t.match(receipt, { kind: 'receipt', status: 'delivered', text: WATER });
});

t.test('the linked appeal’s receipt of who has the lead is taken back with the lead’s own', async (t) => {
  const { city, raised, assign } = await cityOf(t);
  const lead = await raised();
  await city.clock.set(NIGHT);
  const linked = await city.register('phone', { body: '路边花坛多日无人浇水', sender: { phone: '13912009999' } });
  await city.clock.settle();
  await city.act('appeals', linked.appealId, 'link', { target: lead.appealId });
  await city.rows('update receipts set text = null, subject = null, frozen_at = null where appeal_id = $1', [
    linked.appealId,
  ]);
  await assign(lead.appealId, 'housing');
  t.match(await city.receipts(linked.appealId), [{ kind: 'receipt', text: HOUSING }]);
  const { assignment } = await city.appeal(lead.appealId);
  await city.act<Assignment>('assignments', assignment?.id ?? '', 'return', { reason: '不属本部门' });
  await city.clock.set('2026-03-14T10:00:00+08:00');
  t.match(await city.receipts(linked.appealId), [{ status: 'delivered', text: /已并入/ }], 'what is true of it then');
});

t.test(
  'taken out of a case before morning: what it was told there is void, what it was told before is not',
  async (t) => {
    const { city, raised, assign, sent } = await cityOf(t);
    const [own, lead] = [await raised(), await raised()];
    await city.clock.set(NIGHT);
    await city.act('appeals', own.appealId, 'answer', { text: '拨打96128可查询' });
    await city.act('appeals', own.appealId, 'reopen', { reason: '答复有误' });
    await city.clock.advance('PT1M');
    await city.act('appeals', own.appealId, 'link', { target: lead.appealId });
    await assign(lead.appealId, 'housing');
    await city.act('appeals', own.appealId, 'unlink', { reason: '不是同一件事' });
    await city.clock.advance('P1D');
    const told = (await sent(own.appealNumber)).slice(1);
    t.ok(told.some((text) => text.includes('96128')));
    t.ok(told.some((text) => text.includes('不属同一事项')));
    t.notOk(told.some((text) => HOUSING.test(text) || text.includes('已并入')));
  },
);

/** Receipts sent through a gateway of ours, by workers of their own. */
function hand(city: City, gateway: Partial<SmsGateway> & Pick<SmsGateway, 'send'>) {
  const { db, book, keyRing, clock, agenda, log } = city.instance;
  const find = async (ids: readonly string[]) => new Map(ids.map((id): [string, Found] => [id, 'not-found']));
  const handler = createReceiptHandler({ db, book, keyRing, clock, gateway: { name: 'ours', find, ...gateway } });
  /** Everything open is due. */
  async function work(): Promise<void> {
    await city.rows("update agenda set run_at = now() - interval '20 years' where kind = 'receipt' and state = 'open'");
    await createAgendaWorker({ db, agenda, clock, log, handlers: [handler] }).drain('receipt');
  }
  return { agenda, work };
}
const busy: SendOutcome = { outcome: 'refused', permanent: false, reason: 'busy' };
const arrived: SendOutcome = { outcome: 'accepted', delivered: true };

t.test('refused for now while the case changes hands: the next attempt names who has it', async (t) => {
  for (const lost of [false, true]) {
    const { city, raised, assign } = await cityOf(t);
    const own = await raised();
    await city.instance.stopWorkers();
    const later = await own.again();
    await assign(own.appealId, 'housing');
    const said: { receiptId: string; text: string }[] = [];
    const { work } = hand(city, {
      async send({ receiptId, text }) {
        said.push({ receiptId, text });
        if (said.length > 2) return arrived;
        if (said.length === 2) await assign(own.appealId, 'water');
        if (lost) throw new Error('cut off');
        return busy;
      },
    });
    for (let round = 0; round < 4; round += 1) await work();
    t.match(
      said.slice(0, 2).map(({ text }) => text),
      [HOUSING, HOUSING],
    );
    t.notOk(
      said.slice(2).some(({ text }) => HOUSING.test(text)),
      lost ? 'outcome unknown' : 'refused',
    );
    const receipts = await city.receipts(own.appealId);
    t.match(
      receipts.find(({ messageId, kind }) => messageId === later.messageId && kind === 'receipt'),
      { status: 'delivered', text: WATER },
    );
    t.ok(receipts.filter(({ text }) => HOUSING.test(text ?? '')).every(({ status }) => status === 'cancelled'));
    const accepted = said.slice(2).map(({ receiptId }) => receiptId);
    t.equal(new Set(accepted).size, accepted.length, 'none twice');
  }
});

t.test('what left before the case changed hands is not sent again, whatever it says', async (t) => {
  const { city, raised, assign } = await cityOf(t);
  const own = await raised();
  await city.instance.stopWorkers();
  const later = await own.again();
  await assign(own.appealId, 'housing');
  const said: string[] = [];
  const { work } = hand(city, {
    find: async (ids) => new Map(ids.map((id) => [id, 'delivered'])),
    async send({ text }) {
      said.push(text);
      if (said.length > 2) return arrived;
      if (said.length === 2) await assign(own.appealId, 'water');
      throw new Error('cut off');
    },
  });
  for (let round = 0; round < 3; round += 1) await work();
  t.match(said, [HOUSING, HOUSING, WATER]);
  t.equal(said.length, 3);
  const receipts = await city.receipts(own.appealId);
  t.ok(receipts.every(({ status }) => status === 'delivered'));
  t.match(
    receipts.find(({ messageId, kind }) => messageId === later.messageId && kind === 'receipt'),
    { text: HOUSING },
  );
});

t.test('"being assessed", refused for now, is not said of a case that was forwarded meanwhile', async (t) => {
  for (const lost of [false, true]) {
    const { city, assign } = await cityOf(t);
    await city.instance.stopWorkers();
    const own = await city.register('phone', { body: texts[0], sender: { phone: '13912000001' } });
    const said: string[] = [];
    const { work } = hand(city, {
      async send({ text }) {
        said.push(text);
        if (said.length > 1) return arrived;
        if (lost) throw new Error('cut off');
        return busy;
      },
    });
    await work();
    await assign(own.appealId, 'housing');
    for (let round = 0; round < 2; round += 1) await work();
    t.match(said[0], /正在研判/);
    t.match(said[1], HOUSING);
    t.notOk(said.slice(1).some((text) => /正在研判/.test(text)));
    t.match((await city.receipts(own.appealId))[0], { kind: 'receipt', status: 'delivered', text: HOUSING });
    if (!lost) t.equal(said.length, 2, 'and once');
  }
});

t.test('a worker that lost its lease changes nothing of what another one has sent', async (t) => {
  for (const last of [busy, arrived]) {
    const { city, raised, assign } = await cityOf(t);
    const own = await raised();
    await city.instance.stopWorkers();
    await assign(own.appealId, 'housing');
    let calls = 0;
    const { agenda, work } = hand(city, {
      async send() {
        calls += 1;
        if (calls > 1) return last === busy ? arrived : busy;
        await city.rows("update agenda set lease_until = now() - interval '1 second' where state = 'leased'");
        await agenda.sweep();
        await work();
        return last;
      },
    });
    await work();
    t.equal(calls, 2);
    const notice = (await city.receipts(own.appealId)).find(({ text }) => HOUSING.test(text ?? ''));
    t.equal(notice?.status, last === busy ? 'delivered' : 'temporary-failure', 'the word of who held the lease');
  }
});
