import type { CitizenView } from '../../src/appeals/appeals.schema.ts';
import { wechat } from '../../src/channels/wechat/wechat.channel.ts';
import type { MessageBody } from '../../src/intake/message.schema.ts';
import { createCity } from '../support/city.ts';
import t from '../support/tap.ts';

const city = await createCity(t);
let callers = 0;
const caller = () => {
  callers += 1;
  return { phone: `1391000${String(callers).padStart(4, '0')}` };
};
const MATTER = '我们楼下的健身器材坏了一个多月，老人孩子用着都不安全，请尽快来人';

async function triaged(body = MATTER, sender = caller()) {
  const answer = await city.register('phone', { body, sender });
  await city.clock.settle();
  return answer;
}
const lastText = async (id: string) => (await city.receipts(id)).at(-1)?.text ?? '';

t.test('a message to a linked appeal joins the one it is worked on under', async (t) => {
  const sender = caller();
  const own = await triaged(MATTER, sender);
  const lead = await triaged('健身广场多处器材损坏，望一并维修更换');
  await city.act('appeals', own.appealId, 'link', { target: lead.appealId });
  const more = await city.register('phone', { body: `${MATTER}！`, sender });
  t.match(more, { disposition: 'attached', appealId: lead.appealId, appealNumber: lead.appealNumber });
  const citizen = (number: string, code: string) =>
    city.get<CitizenView>(`/v1/citizen/appeals/${number}?code=${code}`, { authorization: '' });
  t.equal((await citizen(more.appealNumber, more.queryCode)).number, lead.appealNumber);
  t.equal(
    (await citizen(own.appealNumber, own.queryCode)).linkedNumber,
    lead.appealNumber,
    'the first code still works',
  );
});

t.test('answered, and the caller comes back: the same appeal is opened again and answered again', async (t) => {
  const sender = caller();
  const own = await triaged(MATTER, sender);
  await city.act('appeals', own.appealId, 'answer', { text: '已报修' });
  await city.clock.advance('P3D');
  const again = await city.register('phone', { body: `${MATTER}，还是没人来`, sender });
  t.match(again, { disposition: 'attached', appealId: own.appealId, status: 'triage' });
  t.match((await city.events(own.appealId)).at(-1), { type: 'reopen', actor: 'system:same-matter' });
  const forwards = (await city.deadlines(own.appealId)).filter(({ name }) => name === 'forward');
  t.same(forwards.map(({ state }) => state).sort(), ['met', 'running']);
  await city.clock.advance('PT1H');
  t.match(await lastText(own.appealId), /重新研判/);
  await city.act('appeals', own.appealId, 'assign', { department: 'housing' });
  t.match(
    (await city.deadlines(own.appealId)).filter(({ name, state }) => name === 'resolve' && state === 'running'),
    [{}],
    'a new round has a new time to be resolved in',
  );
  const receipts = await city.receipts(own.appealId);
  t.equal(receipts.filter(({ kind }) => kind === 'receipt').length, 2, 'a receipt for each message');
});

t.test('answered twice, told twice', async (t) => {
  const own = await triaged();
  await city.act('appeals', own.appealId, 'answer', { text: '第一次答复' });
  t.match(await city.act('appeals', own.appealId, 'reopen', { reason: '答复有误' }), {
    status: 200,
    body: { status: 'triage' },
  });
  await city.act('appeals', own.appealId, 'answer', { text: '第二次答复' });
  await city.clock.advance('P1D');
  t.match(await lastText(own.appealId), /第二次答复/);
  t.equal((await city.act('appeals', (await triaged()).appealId, 'reopen', { reason: '误' })).status, 409);
});

t.test(
  'declined or diverted: a new appeal that knows the earlier one, for the desk, and the caller is told why',
  async (t) => {
    for (const action of ['decline', 'divert']) {
      const sender = caller();
      const body = `${MATTER}，路灯也不亮`;
      const first = await triaged(body, sender);
      const assignment = (await city.appeal(first.appealId)).assignment?.id ?? '';
      await city.act('assignments', assignment, 'return', { reason: '属小区内部' });
      await city.act('appeals', first.appealId, action, { text: '请向物业反映' });
      await city.clock.advance('P1D');
      const again = await city.register('phone', { body, sender });
      t.match(again, { disposition: 'registered' });
      await city.clock.settle();
      t.match(await city.appeal(again.appealId), { status: 'triage', repeatOf: first.appealId }, 'no rule routes it');
      t.match(await lastText(again.appealId), new RegExp(`${first.appealNumber}号.*请向物业反映`));
      t.match(await city.all(`/v1/appeals?repeatOf=${first.appealId}`), [{ id: again.appealId }]);
    }
  },
);

t.test('a question asked again, a matter long ended or a more urgent message is a new appeal', async (t) => {
  const sender = caller();
  const asked = await city.register('phone', {
    body: '请问公积金怎么提取',
    sender,
    nature: 'inquiry',
    answered: { text: '网上办' },
  });
  const again = await city.register('phone', { body: '请问公积金怎么提取', sender, nature: 'inquiry' });
  t.not(again.appealId, asked.appealId);
  const old = await triaged(MATTER, sender);
  await city.act('appeals', old.appealId, 'answer', { text: '好' });
  const urgent = await city.register('phone', { body: MATTER, sender, suggestedUrgency: 'urgent' });
  t.match(urgent, { disposition: 'registered' });
  await city.clock.settle();
  await city.act('appeals', urgent.appealId, 'answer', { text: '好' });
  await city.clock.advance('P31D');
  t.match(await city.register('phone', { body: MATTER, sender }), { disposition: 'registered' });
});

t.test('the same again, nothing new: who has it, since when, until when, instead of a new promise', async (t) => {
  const sender = caller();
  const told = '实验学校门口的路灯从上个月开始一直不亮，晚自习放学的孩子只能摸黑过马路，非常危险，请尽快派人来修理';
  const first = await city.register('phone', { body: told, sender });
  await city.clock.settle();
  await city.clock.advance('PT2H');
  const again = await city.register('phone', { body: `${told}！`, sender });
  t.match(again, { disposition: 'attached', appealId: first.appealId });
  await city.clock.settle();
  t.match(await lastText(first.appealId), /由市教育局自2026-\S+ \S+起办理，承诺于2026-\S+ \S+前答复/);
  t.match((await city.events(first.appealId)).at(-1)?.data, {
    messages: [again.messageId],
    nothingNew: [again.messageId],
  });
  const more = await city.register('phone', { body: `${told}，昨晚已有家长摔伤`, sender });
  await city.clock.settle();
  t.match(await lastText(more.appealId), /已并入您此前反映的同一事项/);
});

t.test(
  'thanks, a picture, a place within half an hour go on with the case; later, or with words, they do not',
  async (t) => {
    let lines = 0;
    const say = (openId: string, body: string, changes: object = {}, attachments: object[] = []) => {
      lines += 1;
      const message = { source: 'wechat-12345', externalId: `f-${lines}`, body, wechat: { openId }, ...changes };
      const files = attachments as never[];
      return city.instance.intake.accept(wechat, message as MessageBody, 'system:wechat', null, {
        conversation: true,
        attachments: files,
      });
    };
    const first = await say('f-1', '人民路的路灯不亮');
    await city.clock.advance('PT5M');
    t.equal((await city.appeal(first.appealId)).status, 'assigned');
    const joins = { disposition: 'attached', appealId: first.appealId };
    t.match(await say('f-1', '谢谢！'), joins);
    t.match(await say('f-1', '好的，收到，辛苦了'), joins);
    t.match(await say('f-1', '[图片]'), joins);
    t.match(await say('f-1', '人民路12号', { address: '人民路12号' }), joins);
    t.match(await say('f-2', '谢谢'), { disposition: 'registered' }, 'another person');
    t.match(await say('f-1', '垃圾没人清'), { disposition: 'registered' }, 'four words of another matter');
    await city.clock.advance('PT31M');
    t.match(await say('f-1', '谢谢'), { disposition: 'registered' }, 'too late to know what for');
    const posted = await city.register('wechat', { body: '辛苦了', wechat: { openId: 'f-1' } });
    t.equal(posted.disposition, 'registered', 'a message posted whole is no line of a conversation');
  },
);

t.test(
  'a result was handed in, and the caller comes back: the desk sees both, the department is left alone',
  async (t) => {
    const sender = caller();
    const own = await triaged(MATTER, sender);
    await city.act('appeals', own.appealId, 'assign', { department: 'housing' });
    const { assignment } = await city.appeal(own.appealId);
    await city.act('assignments', assignment?.id ?? '', 'sign');
    await city.act('assignments', assignment?.id ?? '', 'submit', { result: '已更换' });
    await city.clock.settle();
    const feed = async () =>
      (await city.get<{ items: object[] }>('/v1/departments/housing/feed?limit=100')).items.length;
    const [before, entries] = [await city.appeal(own.appealId), await feed()];
    const again = await city.register('phone', { body: `${MATTER}，路灯也不亮`, sender });
    await city.clock.settle();
    t.match(again, { disposition: 'registered', status: 'registered' });
    t.match(await city.appeal(again.appealId), { status: 'triage', repeatOf: own.appealId, assignment: null });
    t.match((await city.events(again.appealId)).at(-1), {
      type: 'triage',
      data: { reason: 'repeats an earlier appeal of the same person', repeatOf: own.appealId, earlier: 'submitted' },
    });
    t.match(await city.all(`/v1/appeals?repeatOf=${own.appealId}`), [{ id: again.appealId }]);
    t.same(await city.appeal(own.appealId), before, 'its sign-off goes on undisturbed');
    t.equal(await feed(), entries);
    await city.clock.advance('P1D');
    const texts = (await city.receipts(again.appealId)).map(({ text }) => text).join();
    t.notMatch(texts, /已更换/, 'what is not signed off is told to nobody');
    t.match(texts, /正在研判/, 'a receipt like any other');
    const question = await city.register('phone', {
      body: '请问居住证怎么办理，需要哪些材料',
      nature: 'inquiry',
      sender,
    });
    t.equal((await city.appeal(question.appealId)).repeatOf, null, 'another matter is another matter');
  },
);
