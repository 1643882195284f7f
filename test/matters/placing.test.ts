import { createCity } from '../support/city.ts';
import { mail, openMailbox, postMail } from '../support/mail.ts';
import t from '../support/tap.ts';

const city = await createCity(t);
await openMailbox(city);
let callers = 0;
let letters = 0;
const texts = ['小区健身器材损坏严重，孩子玩耍不安全，请派人维修', '广场路边花坛杂草丛生，蚊虫很多，盼尽快清理'];

async function raised(body = texts[callers % 2]) {
  callers += 1;
  const sender = { phone: `1397000${String(callers).padStart(4, '0')}` };
  const answer = await city.register('phone', { body, sender });
  await city.clock.settle();
  return answer;
}

/** A letter that begins a thread, and a way to write on in it. */
async function threaded(body: string) {
  letters += 1;
  const own = { From: `zhao-${letters}@example.com` };
  const id = `<t${letters}@example.com>`;
  const write = async (headers: Record<string, string>, text: string) => {
    const { body: answer } = await postMail(city, mail({ ...own, ...headers }, text));
    await city.clock.settle();
    return city.appeal(answer.appealNumber ?? '');
  };
  const first = await write({ 'Message-ID': id }, body);
  return { id: first.id, number: first.number, reply: (text: string) => write({ 'In-Reply-To': id }, text) };
}
const messagesIn = async (id: string) => (await city.all<{ id: string }>(`/v1/appeals/${id}/messages`)).length;

t.test('a reply by mail to a case linked to one that has ended opens nothing for everybody', async (t) => {
  const own = await threaded('公园长椅断裂，请维修');
  const lead = await raised();
  await city.act('appeals', own.id, 'link', { target: lead.appealId });
  await city.act('appeals', lead.appealId, 'answer', { text: '本周更换' });
  const thanks = await own.reply('谢谢');
  t.match(thanks, { id: lead.appealId, status: 'answered' }, 'thanks belong to it and open nothing');
  t.match((await city.events(lead.appealId)).at(-1), { type: 'attach', actor: 'system:same-matter' });
  const more = await own.reply('换上的长椅又断了一张');
  t.match(more, { status: 'triage', repeatOf: lead.appealId });
  t.equal((await city.appeal(lead.appealId)).status, 'answered');
});

t.test('thanks for an answer open nothing, more words do', async (t) => {
  const own = await threaded('公园凉亭漏雨，请来看看');
  await city.act('appeals', own.id, 'answer', { text: '下周来修' });
  t.match(await own.reply('谢谢你们，辛苦了！'), { id: own.id, status: 'answered' });
  t.equal(await messagesIn(own.id), 2);
  t.match(await own.reply('下周已过，没有人来'), { id: own.id, status: 'triage' });
});

t.test(
  'a reply by mail to a declined or handed in case is a new one that knows it, and no rule routes it',
  async (t) => {
    const declined = await threaded('小区绿化带被占，请处理');
    await city.act('appeals', declined.id, 'decline', { text: '不属受理范围' });
    const again = await declined.reply('路灯也不亮，为什么不受理');
    t.match(again, { status: 'triage', repeatOf: declined.id, assignment: null });
    t.match(await city.all(`/v1/appeals?repeatOf=${declined.id}`), [{ id: again.id }]);

    const submitted = await threaded('小区健身角的地垫破了，请更换');
    await city.act('appeals', submitted.id, 'assign', { department: 'housing' });
    const { assignment } = await city.appeal(submitted.id);
    await city.act('assignments', assignment?.id ?? '', 'sign');
    await city.act('assignments', assignment?.id ?? '', 'submit', { result: '已更换' });
    t.match(await submitted.reply('路灯不亮也请看看'), { status: 'triage', repeatOf: submitted.id });
    t.equal((await city.appeal(submitted.id)).status, 'submitted');
  },
);

t.test('a question answered in a thread, and asked on there: the desk sees both', async (t) => {
  const asked = await threaded('请问老年卡怎么办理');
  await city.act('appeals', asked.id, 'reclassify', { nature: 'inquiry' });
  await city.act('appeals', asked.id, 'answer', { text: '到社区办理' });
  t.match(await asked.reply('请问公交也能用吗'), { status: 'triage', repeatOf: asked.id });
  t.equal((await city.appeal(asked.id)).status, 'answered');
});

t.test('answered on the spot, twice: two answered calls, nothing for the desk, one notice each', async (t) => {
  const call = {
    body: '小区门口路灯坏了想问问谁来修，请尽快安排维修人员',
    sender: { phone: '13970009999' },
    nature: 'assistance',
  };
  const first = await city.register('phone', { ...call, answered: { text: '已电话告知' } });
  await city.clock.advance('P1D');
  const second = await city.register('phone', { ...call, body: `${call.body}。`, answered: { text: '今天下午上门' } });
  t.match(second, { disposition: 'registered', status: 'answered' });
  await city.clock.advance('P1D');
  t.match(await city.appeal(second.appealId), {
    status: 'answered',
    repeatOf: first.appealId,
    outcome: '今天下午上门',
  });
  t.match(await city.appeal(first.appealId), { status: 'answered', outcome: '已电话告知' });
  for (const { appealId } of [first, second]) {
    t.same(
      (await city.deadlines(appealId)).filter(({ state }) => state === 'running'),
      [],
    );
    t.equal((await city.receipts(appealId)).length, 1);
  }
  const sent = (await city.outbox()).filter(({ text }) => text.includes(second.appealNumber));
  t.match(sent, [{ text: /今天下午上门/ }]);
  const third = await city.register('phone', { ...call, body: `${call.body}！` });
  t.match(
    third,
    { disposition: 'attached', appealId: second.appealId, status: 'triage' },
    'a request opens the newest',
  );
});

t.test('answered on the spot while the case is open: it joins, and goes on with its department', async (t) => {
  const sender = { phone: '13970009998' };
  const body = '小区门口的下水道井盖破损，车辆经过有危险，请更换';
  const open = await city.register('phone', { body, sender });
  await city.clock.settle();
  await city.act('appeals', open.appealId, 'assign', { department: 'housing' });
  const asked = await city.register('phone', { body: `${body}！`, sender, answered: { text: '已在办理，周五前完成' } });
  t.match(asked, { disposition: 'attached', appealId: open.appealId, status: 'assigned' });
  await city.clock.advance('P1D');
  const texts = (await city.receipts(open.appealId)).filter(({ messageId }) => messageId === asked.messageId);
  t.match(texts, [{ text: /已在办理，周五前完成/ }]);
  t.match((await city.events(open.appealId)).at(-1)?.data, {
    messages: [asked.messageId],
    answered: [asked.messageId],
  });
});
