import { createCity } from '../support/city.ts';
import t from '../support/tap.ts';

const city = await createCity(t);
// Before the first routing, so that the worker reads it with the rest.
await city.rows(
  `insert into catalogue_rules (id, position, natures, regions, words, department)
   values (gen_random_uuid(), 0, '{report}', '{5301}', '{旅行社}', 'culture')`,
);

async function route(channel: 'phone' | 'portal', changes: object) {
  const { appealId } = await city.register(channel, { ...changes });
  await city.clock.settle();
  const appeal = await city.appeal(appealId);
  const reason = appeal.assignment ? (await city.assignment(appeal.assignment.id)).reason : undefined;
  return { status: appeal.status, department: appeal.assignment?.department, reason, appealId };
}

t.test('the catalogue’s first rule that fits decides, and its reason is kept', async (t) => {
  const texts: [string, string][] = [
    ['地下车库积水', 'housing'],
    ['屋顶漏水', 'housing'],
    ['外墙渗漏', 'housing'],
    ['充电桩坏了', 'housing'],
    ['路灯不亮', 'urban-management'],
    ['楼顶违建', 'urban-management'],
    ['阳台搭建', 'urban-management'],
    ['养了鸽子棚', 'urban-management'],
    ['半夜噪音', 'ecology'],
    ['河水污染', 'ecology'],
    ['停车难', 'traffic-police'],
    ['公交不准点', 'transport'],
    ['公司欠薪', 'labour'],
    ['食品安全问题', 'market'],
    ['学校收费', 'education'],
  ];
  for (const [body, department] of texts)
    t.match(await route('phone', { body }), { status: 'assigned', department }, body);
  const both = await route('phone', { body: '学校门口路灯不亮，噪音也大' });
  t.match(both, {
    department: 'education',
    reason: { by: 'rule', rule: /^[0-9a-f-]{36}$/, position: 3, words: ['学校'] },
  });
  const events = await city.events(both.appealId);
  t.match(events, [
    { seq: 1, type: 'register', actor: 'key:admin' },
    { seq: 2, type: 'assign', actor: 'system:routing', data: { department: 'education', reason: { by: 'rule' } } },
  ]);
});

t.test('a rule may ask for words, sources, natures and regions, all of them', async (t) => {
  const body = '旅行社强制购物';
  t.match(await route('phone', { body, nature: 'report', region: '530102' }), {
    department: 'culture',
    reason: { position: 0 },
  });
  t.match(await route('phone', { body, nature: 'report', region: '440102' }), { status: 'triage' });
  t.match(await route('phone', { body, nature: 'complaint', region: '530102' }), { status: 'triage' });
  t.match(await route('phone', { body, nature: 'report' }), { status: 'triage' });
  t.match(await route('phone', { body: '想问个事', source: '12369' }), {
    department: 'ecology',
    reason: { words: [] },
  });
  t.match(await route('phone', { body: '12369附近路灯不亮', source: '12369' }), { department: 'urban-management' });
  t.match(await route('portal', { body: '请来看看', address: '人民医院门口' }), { department: 'health' });
  t.match(await route('portal', { body: '请来看看', title: '自来水很浑' }), { department: 'water' });
});

t.test('a report waits for the desk: no word and no line sends it to whom it may accuse', async (t) => {
  const accused = { nature: 'report', body: '举报城管队员包庇占道经营' };
  const reports = [
    await route('portal', accused),
    await route('phone', {
      nature: 'report',
      body: '干部收了好处，污染依旧',
      source: '12369',
      sender: { anonymous: true },
    }),
    await route('phone', { body: accused.body }),
    await route('phone', { title: '实名检举', body: '河道污染有人包庇' }),
  ];
  for (const { status, appealId } of reports) {
    t.equal(status, 'triage');
    t.match((await city.events(appealId)).at(-1), {
      type: 'triage',
      actor: 'system:routing',
      data: { reason: /^a report/ },
    });
  }
  t.match(
    await route('phone', { ...accused, nature: 'complaint' }),
    { department: 'urban-management' },
    'as was judged',
  );
  t.match(await route('phone', { body: '占道经营', sender: { confidential: true } }), {
    department: 'urban-management',
  });
});

t.test('what matches nothing goes to the desk with the reason, and stays owed', async (t) => {
  const { appealId, status } = await route('phone', { body: '一言难尽' });
  t.equal(status, 'triage');
  t.match((await city.events(appealId)).at(-1), { type: 'triage', actor: 'system:routing', data: { reason: /./ } });
  t.match(await city.deadlines(appealId), [{ name: 'forward', state: 'running' }]);
});

t.test('an appeal that somebody moved on before the worker came is left alone', async (t) => {
  const quiet = await createCity(t, { workers: false });
  const { appealId } = await quiet.register('phone', { body: '路灯不亮' });
  t.equal((await quiet.act('appeals', appealId, 'assign', { department: 'planning' })).status, 200);
  await quiet.start();
  await quiet.clock.settle();
  t.match(await quiet.appeal(appealId), { status: 'assigned', assignment: { department: 'planning' } });
  t.equal((await quiet.events(appealId)).length, 2);
});
