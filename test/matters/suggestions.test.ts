import type { Suggestion } from '../../src/matters/matters.schema.ts';
import { createCity, type Problem } from '../support/city.ts';
import t from '../support/tap.ts';

const city = await createCity(t);
const suggestionsOf = (id: string, query = '') => city.all<Suggestion>(`/v1/appeals/${id}/suggestions${query}`);
const dismiss = (id: string, headers = {}) =>
  city.call<Suggestion & Problem>('POST', `/v1/suggestions/${id}/dismiss`, undefined, headers);

async function say(body: string, changes: object = {}) {
  const answer = await city.register('portal', { body, ...changes });
  await city.clock.settle();
  return answer.appealId;
}

t.test('the same matter told by other people is suggested with the reasons, and never joined by itself', async (t) => {
  const first = await say('丽发新城小区旁边的搅拌站日夜施工，灰尘和噪音很大，业主无法开窗');
  const other = await say('食堂的价格偏高，建议公开采购明细');
  const second = await say('请查处丽发新城小区附近的搅拌站，灰尘噪音影响孩子学习');
  t.same(await suggestionsOf(other), []);
  const [suggestion, ...more] = await suggestionsOf(second);
  t.same(more, []);
  t.match(suggestion, {
    appeal: { id: second },
    target: { id: first },
    status: 'open',
    reasons: [{ kind: 'text', text: /^内容相似度\d+%$/ }],
    decidedBy: null,
  });
  t.same(await suggestionsOf(first), [suggestion], 'seen from both sides');
  t.match(await city.all('/v1/suggestions?status=open'), [suggestion]);
  t.equal((await city.call('GET', '/v1/suggestions', undefined, await city.key('operations'))).status, 403);
});

t.test('person and place count, and say so', async (t) => {
  const sender = { phone: '13930000001' };
  const first = await say('院子里的井盖破了，走路要绕行', { sender, address: '通达小区3栋' });
  const second = await say('院里井盖坏了好多天', { sender, address: '通达小区 三幢门口' });
  t.match(await suggestionsOf(second), [
    { target: { id: first }, reasons: [{ text: '同一联系方式（身份未核验）' }, { text: '同一地点' }] },
  ]);
  const away = await say('盆栽展览何时开放', { sender });
  t.same(await suggestionsOf(away), [], 'the same person alone is no reason');
});

t.test('dismissed with the actor, for good; linked is accepted; unlinked is dismissed', async (t) => {
  const first = await say('云开一品的产权年限与合同不符，开发商拒绝解释');
  const second = await say('云开一品小区产权缩水，与合同年限不符');
  const [suggestion] = await suggestionsOf(second);
  const id = suggestion?.id ?? '';
  t.equal((await dismiss(id, await city.key('operations'))).status, 403);
  t.equal((await dismiss(crypto.randomUUID())).status, 404);
  t.match(await dismiss(id), { status: 200, body: { status: 'dismissed', decidedBy: 'key:admin', decidedAt: /./ } });
  t.equal((await dismiss(id)).status, 200, 'said again');
  t.same(await suggestionsOf(second, '?status=open'), []);
  await city.act('appeals', second, 'link', { target: first });
  t.match(await suggestionsOf(second), [{ status: 'accepted', decidedBy: 'key:admin' }], 'the desk changed its mind');
  t.match(await dismiss(id), { status: 409, body: { allowed: ['unlink'] } });
  await city.act('appeals', second, 'unlink', { reason: '不同楼盘' });
  await city.clock.settle();
  t.match(await suggestionsOf(second), [{ status: 'dismissed' }]);
});

t.test('what has ended, a report and an old case are suggested to nobody', async (t) => {
  const body = '红磨坊歌厅无证经营，夜里吵闹';
  const ended = await say(body);
  await city.act('appeals', ended, 'decline', { text: '不属受理范围' });
  await say(body, { nature: 'report' });
  await say(body, { historic: true });
  t.same(await suggestionsOf(await say(body)), []);
});

t.test('two processes at once: every pair is found, none twice', async (t) => {
  const other = await city.start();
  const texts = Array.from({ length: 12 }, (_, at) => `月亮岛路的高压电线杆离住宅太近，请求改线入地，第${at}户`);
  const answers = await Promise.all(
    texts.map((body, at) => city.register('portal', { body }, at % 2 ? other : undefined)),
  );
  await city.clock.settle();
  const pairs = (await city.all<Suggestion>('/v1/suggestions')).map(
    ({ appeal, target }) => `${appeal.id} ${target.id}`,
  );
  t.equal(new Set(pairs).size, pairs.length);
  for (const { appealId } of answers) t.ok((await suggestionsOf(appealId)).length > 0, 'nobody is overlooked');
});

t.test('two reports of one matter are suggested to each other, and an inquiry to neither', async (t) => {
  const body = '星河湾大酒店后厨使用过期食材，冷库里的冻肉没有检疫标志';
  const first = await say(body, { nature: 'report' });
  const asked = await say(body, { nature: 'inquiry' });
  const second = await say(`举报${body}，请保密`, { nature: 'report' });
  t.match(await suggestionsOf(second), [{ target: { id: first } }]);
  t.same(await suggestionsOf(asked), []);
});

t.test('found as well once PostgreSQL has counted the sketches, by which a look-up is bounded', async (t) => {
  const counted = await createCity(t, { workers: false });
  const say = async (body: string): Promise<string> => {
    const worker = await counted.start();
    const { appealId } = await counted.register('portal', { body });
    await counted.clock.settle();
    await worker.close();
    return appealId;
  };
  const first = await say('麓谷企业广场地下车库道闸失灵，车辆堵在坡道上');
  await counted.rows('analyze matter_sketches');
  const second = await say('麓谷企业广场车库的道闸失灵，早高峰堵在坡道');
  t.match(await counted.all(`/v1/appeals/${second}/suggestions`), [{ target: { id: first } }]);
});

t.test('judged to be a report, it is suggested to reports only, and the other way round', async (t) => {
  const body = '河西老码头的趸船夜里偷倒废油，附近的鱼死了一大片';
  const complaint = await say(body, { nature: 'complaint' });
  const report = await say(body, { nature: 'report' });
  const own = await say(body, { nature: 'complaint' });
  t.match(await suggestionsOf(own, '?status=open'), [{ target: { id: complaint } }]);
  await city.act('appeals', own, 'reclassify', { nature: 'report' });
  await city.clock.settle();
  t.match(await suggestionsOf(own), [{ target: { id: report }, status: 'open' }]);
  await city.act('appeals', own, 'reclassify', { nature: 'assistance' });
  await city.clock.settle();
  t.match(await suggestionsOf(own), [{ target: { id: complaint }, status: 'open' }], 'which nobody had dismissed');
});
