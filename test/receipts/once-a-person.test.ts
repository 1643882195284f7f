import { createCity } from '../support/city.ts';
import t from '../support/tap.ts';

const city = await createCity(t);
let people = 0;
const body = '翠湖小区健身器材坏了一个多月没有人来修，老人孩子用着不安全';

/** Somebody who has written `times` times on one matter, and was told each time. */
async function insistent(times: number) {
  people += 1;
  const phone = `1399100${String(people).padStart(4, '0')}`;
  const say = (more: object = {}) =>
    city.register('phone', { body: `${body}${'！'.repeat(1 + (people % 3))}`, sender: { phone }, ...more });
  const answers = [];
  for (let at = 0; at < times; at += 1) answers.push(await say());
  await city.clock.advance('P1D');
  const first = answers[0]!;
  t.ok(answers.every(({ appealId }) => appealId === first.appealId));
  return { ...first, phone, say, answers };
}
const noticesOf = async (id: string) => (await city.receipts(id)).filter(({ kind }) => kind === 'notice');
const receiptsOf = async (id: string) => (await city.receipts(id)).filter(({ kind }) => kind === 'receipt');
const look = (number: string, code: string) => city.call('GET', `/v1/citizen/appeals/${number}?code=${code}`);
const link = (id: string, target: string) => city.act('appeals', id, 'link', { target });

t.test('whatever is decided, each number is told once, with the code of its newest message', async (t) => {
  const steps: [string, object, RegExp][] = [
    ['assign', { department: 'housing' }, /转办至/],
    ['answer', { text: '已联系物业' }, /已答复：已联系物业/],
    ['decline', { text: '不属受理范围' }, /不予受理/],
    ['divert', { text: '请向法院起诉' }, /法定途径/],
  ];
  for (const [action, words, told] of steps) {
    const own = await insistent(4);
    t.equal((await receiptsOf(own.appealId)).length, 4, 'each message has its receipt');
    await city.act('appeals', own.appealId, action, words);
    await city.clock.advance('P1D');
    const notices = await noticesOf(own.appealId);
    t.match(notices, [{ messageId: own.answers.at(-1)?.messageId, status: 'delivered', text: told }], action);
    t.equal(notices.length, 1, action);
    for (const { queryCode } of own.answers) t.equal((await look(own.appealNumber, queryCode)).status, 200);
    if (action !== 'answer') continue;
    await city.act('appeals', own.appealId, 'reopen', { reason: '答复有误' });
    await city.clock.advance('P1D');
    t.match(
      (await noticesOf(own.appealId)).slice(1).map(({ text }) => text),
      [/有进一步反映/],
    );
    t.equal((await noticesOf(own.appealId)).length, 2);
  }
});

t.test('linked and unlinked: once each; whoever else wrote is told too', async (t) => {
  const [own, lead] = [await insistent(4), await insistent(2)];
  await link(own.appealId, lead.appealId);
  await city.clock.advance('P1D');
  t.match(await noticesOf(own.appealId), [{ text: /属同一事项，已并入/ }]);
  await city.act('appeals', lead.appealId, 'answer', { text: '本周更换' });
  await city.clock.advance('P1D');
  for (const { appealId, appealNumber } of [own, lead]) {
    const told = (await noticesOf(appealId)).filter(({ text }) => text?.includes('本周更换'));
    t.match(told, [{ text: new RegExp(appealNumber) }]);
    t.equal(told.length, 1, 'each under their own number');
  }
  await city.act('appeals', own.appealId, 'unlink', { reason: '不是同一件事' });
  await city.clock.advance('P1D');
  t.equal((await noticesOf(own.appealId)).filter(({ text }) => text?.includes('恢复单独办理')).length, 1);
});

t.test('who wrote to the other case through the link is told of its course once, under their own number', async (t) => {
  const [own, lead] = [await insistent(1), await insistent(1)];
  await link(own.appealId, lead.appealId);
  const later = await own.say();
  t.equal(later.appealId, lead.appealId);
  await city.clock.advance('P1D');
  await city.act('appeals', lead.appealId, 'answer', { text: '本周更换' });
  await city.clock.advance('P1D');
  const told = (await city.outbox()).filter(({ text }) => text.includes('本周更换'));
  const numbers = told.map(({ text }) => /编号(\d+)/.exec(text)?.[1]);
  const theirs = (number: string) => numbers.filter((told) => told === number).length;
  t.equal(theirs(own.appealNumber), 1);
  t.equal(theirs(lead.appealNumber), 1);
  await city.act('appeals', own.appealId, 'unlink', { reason: '不是同一件事' });
  await city.clock.advance('P1D');
  const notices = (await noticesOf(own.appealId)).filter(({ text }) => text?.includes('恢复单独办理'));
  t.match(notices, [{ messageId: later.messageId }]);
  t.equal(notices.length, 1);
});

t.test('a receipt that is still to come says it: no notice beside it', async (t) => {
  const own = await insistent(1);
  await city.clock.set('2026-09-20T23:00:00+08:00');
  const again = await own.say();
  await city.act('appeals', own.appealId, 'answer', { text: '今晚已修好' });
  await city.clock.advance('P1D');
  t.same(await noticesOf(own.appealId), []);
  const told = (await receiptsOf(own.appealId)).filter(({ text }) => text?.includes('今晚已修好'));
  t.match(told, [{ messageId: again.messageId }]);
});

t.test('two people who wrote to one case are two', async (t) => {
  const own = await insistent(2);
  const other = await insistent(2);
  await link(other.appealId, own.appealId);
  await city.act('appeals', own.appealId, 'assign', { department: 'housing' });
  await city.clock.advance('P1D');
  const before = (await city.outbox()).length;
  await city.act('appeals', own.appealId, 'assign', { department: 'water' });
  await city.clock.advance('P1D');
  t.equal((await city.outbox()).length - before, 2);
});

t.test('no sentence names the matter twice', async (t) => {
  const own = await insistent(1);
  await city.act('appeals', own.appealId, 'assign', { department: 'housing' });
  const again = await own.say();
  await city.clock.advance('P1D');
  const progress = (await city.receipts(own.appealId)).find(({ messageId }) => messageId === again.messageId);
  t.match(progress?.text, /^您的诉求（编号\d+）已由.+自.+起办理/);
  const declined = await insistent(1);
  await city.act('appeals', declined.appealId, 'decline', { text: '不属受理范围' });
  const repeated = await declined.say();
  await city.clock.advance('P1D');
  t.match(
    (await city.receipts(repeated.appealId))[0]?.text,
    new RegExp(`^您的诉求（编号${repeated.appealNumber}）与您此前反映的${declined.appealNumber}号诉求属同一事项`),
  );
});
