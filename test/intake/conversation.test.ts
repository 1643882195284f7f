import { wechat } from '../../src/channels/wechat/wechat.channel.ts';
import type { MessageBody } from '../../src/intake/message.schema.ts';
import { createCity } from '../support/city.ts';
import t from '../support/tap.ts';

const city = await createCity(t);
let lines = 0;

/** One line of a conversation, as the webhooks hand them to the intake. */
function say(openId: string, body: string, more: object = {}) {
  lines += 1;
  const message = { source: 'wechat-12345', externalId: `line-${lines}`, body, wechat: { openId }, ...more };
  return city.instance.intake.accept(wechat, message as MessageBody, 'system:wechat', null, { conversation: true });
}

t.test('lines within two quiet minutes are one appeal; routing waits for them and reads them all', async (t) => {
  const first = await say('o-1', '你好');
  t.match(first, { disposition: 'registered', status: 'registered' });
  await city.clock.advance('PT1M59S');
  const second = await say('o-1', '我们小区的路灯不亮了');
  t.match(second, { disposition: 'attached', appealId: first.appealId });
  await city.clock.advance('PT1M59S');
  t.equal((await city.appeal(first.appealId)).status, 'registered', 'still waits: another line came');
  await city.clock.advance('PT1S');
  t.match(await city.appeal(first.appealId), {
    status: 'assigned',
    title: '你好 我们小区的路灯不亮了',
    body: '你好\n我们小区的路灯不亮了',
    assignment: { department: 'urban-management' },
  });
  t.match(await say('o-1', '食堂饭菜不卫生'), { disposition: 'registered' }, 'later and about something else');
});

t.test('a place that is told in a later line is the place of the case', async (t) => {
  const first = await say('o-10', '路灯坏了');
  await say('o-10', '[位置] 翠湖东路5号', { address: '翠湖东路5号' });
  await say('o-10', '[位置] 别处', { address: '翠湖西路1号' });
  t.equal((await city.appeal(first.appealId)).address, '翠湖东路5号', 'the first that was told');
});

t.test('another person, or a complete message, waits for nobody', async (t) => {
  const first = await say('o-2', '自来水很浑');
  t.not((await say('o-3', '自来水很浑')).appealId, first.appealId);
  const complete = await city.register('wechat', { body: '公交不来', wechat: { openId: 'o-4' } });
  await city.clock.settle();
  t.equal((await city.appeal(complete.appealId)).status, 'assigned');
  t.equal((await city.appeal(first.appealId)).status, 'registered');
});

t.test('whoever goes on writing is routed before the forward deadline all the same', async (t) => {
  await city.clock.set('2026-03-10T23:55:00+08:00');
  const { appealId, forwardDueAt } = await say('o-5', '路灯不亮');
  t.equal(forwardDueAt, '2026-03-11T10:00:00+08:00');
  await city.clock.set('2026-03-11T09:57:00+08:00');
  const { appealId: early } = await city.instance.intake.accept(
    wechat,
    {
      source: 'wechat-12345',
      externalId: 'late',
      receivedAt: '2026-03-10T20:00:00+08:00',
      body: '路灯不亮',
      wechat: { openId: 'o-6' },
    } as MessageBody,
    'system:wechat',
    null,
    { conversation: true },
  );
  await city.clock.advance('PT1M59S');
  await say('o-6', '还是不亮');
  await city.clock.set('2026-03-11T09:59:00+08:00');
  t.match(await city.appeal(early), { status: 'assigned', body: '路灯不亮\n还是不亮' });
  t.equal((await city.appeal(appealId)).status, 'assigned');
});

t.test('fifty lines at once are one appeal and every word is kept', async (t) => {
  const said = Array.from({ length: 50 }, (_, at) => `第${at}句`);
  const answers = await Promise.all(said.map((line) => say('o-7', line)));
  t.equal(new Set(answers.map(({ appealId }) => appealId)).size, 1);
  const { body } = await city.appeal(answers[0]?.appealId ?? '');
  t.same(body.split('\n').sort(), [...said].sort());
});

t.test('settings of a source: the admin’s, secrets never read back; those of another channel refused', async (t) => {
  const put = (code: string, body: object, headers = {}) =>
    city.call('PUT', `/v1/sources/${code}/settings`, body, headers);
  t.equal((await put('wechat-12345', {}, await city.key('dispatch'))).status, 403);
  t.equal((await put('nowhere', {})).status, 404);
  t.equal((await put('letters', { token: 'x' })).status, 400, 'of another channel');
  t.match(await put('wechat-12345', { token: 'spamtest' }), { status: 400, body: { errors: [{ pointer: '/appId' }] } });
  const hidden = { token: '***', appId: 'wx1' };
  t.same((await put('wechat-12345', { token: 'spamtest', appId: 'wx1' })).body, hidden);
  t.same((await put('wechat-12345', hidden)).body, hidden, 'what was read back leaves the secret as it is');
  t.same(await city.instance.sources.settingsOf('wechat', 'wechat-12345'), { token: 'spamtest', appId: 'wx1' });
  t.notOk(
    (await city.dump()).some((row) => row.includes('spamtest')),
    'sealed at rest',
  );
});

t.test(
  'what is announced as a supplement (补充) joins the newest open case of the account, whatever it says',
  async (t) => {
    const first = await say('o-8', '工地夜里施工太吵');
    await city.clock.advance('PT3M');
    const other = await say('o-8', '路灯不亮');
    await city.clock.advance('P2D');
    t.match(await say('o-8', ' 补充：就在人民路与白塔路口'), { disposition: 'attached', appealId: other.appealId });
    t.match(await say('o-8', '就在人民路与白塔路口'), { disposition: 'registered' }, 'it was not announced');
    await city.clock.advance('PT3M');
    t.match(
      await say('o-8', '补充医疗保险报销不了'),
      { disposition: 'registered' },
      'the word alone announces nothing',
    );
    t.match(await say('o-9', '补充：还没有人来'), { disposition: 'registered' }, 'there is nothing to supplement');
    t.not(first.appealId, other.appealId);
  },
);
