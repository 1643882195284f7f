import { createCity } from '../support/city.ts';
import { mail, openMailbox, postMail } from '../support/mail.ts';
import t from '../support/tap.ts';

const city = await createCity(t);
let callers = 0;
const texts = ['小区物业经理把维修金拿去自用，请查一查账目', '健身器材坏了一个多月没有人来修，老人孩子用着不安全'];

async function raised(nature: string | undefined, body = texts[callers % 2]) {
  callers += 1;
  const sender = { phone: `1396000${String(callers).padStart(4, '0')}` };
  const say = (more: object = {}) => city.register('phone', { body: `${body}！`, nature, sender, ...more });
  const answer = await say();
  await city.clock.settle();
  return { ...answer, say };
}
const link = (id: string, target: string) => city.act('appeals', id, 'link', { target });
/** The desk cannot judge a linked case anew; links that were made before reports were kept apart are like this. */
const becomesReport = (id: string) => city.rows("update appeals set nature = 'report' where id = $1", [id]);
const messagesIn = async (id: string) =>
  (await city.all<{ id: string }>(`/v1/appeals/${id}/messages`)).map(({ id }) => id);

t.test('a report is linked to reports only, and nothing else to a report', async (t) => {
  const [report, complaint, unknown] = [await raised('report'), await raised('complaint'), await raised(undefined)];
  for (const [own, target] of [
    [report, complaint],
    [complaint, report],
    [unknown, report],
    [report, unknown],
  ] as const) {
    const { version } = await city.appeal(own.appealId);
    const refused = await link(own.appealId, target.appealId);
    t.match(refused, {
      status: 400,
      body: { errors: [{ pointer: '/target', detail: /a report is linked to reports only/ }] },
    });
    const headers = { 'if-match': `"${version}"`, 'accept-language': 'zh-CN' };
    const chinese = await city.call('POST', `/v1/appeals/${own.appealId}/link`, { target: target.appealId }, headers);
    t.match(chinese.body.errors?.[0]?.detail, /举报件只能与举报件并单/);
    t.equal((await city.appeal(own.appealId)).version, version);
  }
  t.equal((await link(report.appealId, (await raised('report')).appealId)).status, 200);
  t.equal((await link(unknown.appealId, complaint.appealId)).status, 200);
});

t.test('what the reporter writes later does not go through a link to a case that is no report', async (t) => {
  const [own, lead] = [await raised('complaint'), await raised('complaint')];
  await link(own.appealId, lead.appealId);
  await city.act('appeals', lead.appealId, 'assign', { department: 'housing' });
  await becomesReport(own.appealId);
  const again = await own.say({ nature: 'report' });
  t.match(again, { disposition: 'registered' });
  t.not(again.appealId, lead.appealId);
  t.match(
    await own.say({ nature: 'report' }),
    { disposition: 'attached', appealId: again.appealId },
    'a case of its own',
  );
  t.match((await own.say({ nature: 'complaint' })).disposition, 'registered');
  t.same(await messagesIn(lead.appealId), [lead.messageId]);
});

t.test('nor what others write to a case that was found to be a report', async (t) => {
  const [own, lead] = [await raised('complaint'), await raised('complaint')];
  await link(own.appealId, lead.appealId);
  await city.act('appeals', lead.appealId, 'reclassify', { nature: 'report' });
  t.match(await own.say(), { disposition: 'registered' });
  t.same(await messagesIn(lead.appealId), [lead.messageId]);
});

t.test('nor through the thread of a mail', async (t) => {
  await openMailbox(city);
  const write = async (headers: Record<string, string>, body: string) =>
    (await postMail(city, mail({ From: 'qian@example.com', ...headers }, body))).body;
  const lead = await raised('complaint');
  const first = await write({ 'Message-ID': '<r1@example.com>' }, '反映一件事');
  await city.clock.settle();
  const own = await city.appeal(first.appealNumber ?? '');
  await link(own.id, lead.appealId);
  t.equal((await write({ 'In-Reply-To': '<r1@example.com>' }, '补充一点')).appealNumber, lead.appealNumber);
  await becomesReport(own.id);
  const later = await write(
    { 'In-Reply-To': '<r1@example.com>', 'Message-ID': '<r3@example.com>' },
    '再补充：有账本为证',
  );
  t.not(later.appealNumber, lead.appealNumber);
  const next = await write({ 'In-Reply-To': '<r3@example.com>' }, '账本在我家');
  t.equal(next.appealNumber, later.appealNumber, 'the thread goes on there');
  t.equal((await messagesIn(lead.appealId)).length, 2);
});

t.test('between reports a link works as between others', async (t) => {
  const [own, lead] = [await raised('report'), await raised('report')];
  await link(own.appealId, lead.appealId);
  t.match(await own.say(), { disposition: 'attached', appealId: lead.appealId });
});
