import type { CitizenView } from '../../src/appeals/appeals.schema.ts';
import { createCity, type Page } from '../support/city.ts';
import t from '../support/tap.ts';

/** What the look-up says of an appeal with a long life. */
const city = await createCity(t);
const texts = ['小区健身器材损坏严重，孩子玩耍不安全，请派人维修', '广场路边花坛杂草丛生，蚊虫很多，盼尽快清理'];
let callers = 0;

async function raised() {
  callers += 1;
  const sender = { phone: `1391400${String(callers).padStart(4, '0')}` };
  const body = texts[callers % 2];
  const answer = await city.register('phone', { body, sender });
  await city.clock.settle();
  return { ...answer, again: () => city.register('phone', { body: `${body}！`, sender }) };
}
const look = async (number: string, code: string) =>
  (await city.call<CitizenView>('GET', `/v1/citizen/appeals/${number}?code=${code}`)).body;

t.test('opened again, the citizen sees by when it is to be done now, not by when it was', async (t) => {
  const own = await raised();
  await city.act('appeals', own.appealId, 'assign', { department: 'housing' });
  await city.act('assignments', (await city.appeal(own.appealId)).assignment?.id ?? '', 'return', {
    reason: '不属本部门',
  });
  await city.act('appeals', own.appealId, 'answer', { text: '已答复' });
  await city.clock.set('2026-04-01T10:00:00+08:00');
  await own.again();
  await city.act('appeals', own.appealId, 'assign', { department: 'water' });
  const running = (await city.deadlines(own.appealId)).filter(
    (row) => row.name === 'resolve' && row.state === 'running',
  );
  t.equal(running.length, 1);
  t.match(await look(own.appealNumber, own.queryCode), { resolveDueAt: running[0]?.dueAt });
});

t.test('of a group that hundreds joined, a citizen sees their own way into it and what came of it', async (t) => {
  const [early, late, lead] = [await raised(), await raised(), await raised()];
  /** Hundreds join a case: an event and a receipt each. */
  const join = async (count: number) => {
    await city.rows(
      `insert into appeal_events (appeal_id, seq, type, actor, at, data)
       select id, version + n, 'attach', 'system:same-matter', updated_at, '{}' from appeals, generate_series(1, $2::int) n
       where id = $1`,
      [lead.appealId, count],
    );
    await city.rows('update appeals set version = version + $2 where id = $1', [lead.appealId, count]);
  };
  await city.act('appeals', early.appealId, 'link', { target: lead.appealId });
  await city.act('appeals', lead.appealId, 'assign', { department: 'housing' });
  await join(230);
  await city.act('appeals', late.appealId, 'link', { target: lead.appealId });
  await city.act('assignments', (await city.appeal(lead.appealId)).assignment?.id ?? '', 'sign');
  const steps = async ({ appealNumber, queryCode }: typeof lead) =>
    (await look(appealNumber, queryCode)).steps.map(({ text }) => text);
  const before = ['诉求已登记', '正在研判承办单位', '已并入同一事项办理'];
  t.same(await steps(early), [...before, '已转办至承办单位', '承办单位已签收']);
  t.same(await steps(late), [...before, '承办单位已签收'], 'not what the lead did before they were in it');
});

t.test('the deadlines of an appeal come in pages, what is due first', async (t) => {
  const own = await raised();
  for (let day = 0; day < 3; day += 1) {
    await own.again();
    await city.clock.advance('P1D');
  }
  const list = (query: string) =>
    city.all<{ id: string; dueAt: string }>(`/v1/appeals/${own.appealId}/deadlines?${query}`);
  const whole = await list('limit=100');
  t.ok(whole.length >= 5);
  t.same(await list('limit=2'), whole);
  t.same(
    whole.map(({ dueAt }) => dueAt),
    whole.map(({ dueAt }) => dueAt).sort(),
  );
  const first = await city.get<Page<object>>(`/v1/appeals/${own.appealId}/deadlines?limit=2`);
  t.equal(first.items.length, 2);
  for (const after of ['WyJ4Il0', 'WzFd', 'x'])
    t.match(await city.call('GET', `/v1/appeals/${own.appealId}/deadlines?after=${after}`), { status: 400 });
});
