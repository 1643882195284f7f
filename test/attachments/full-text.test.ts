import { createHash } from 'node:crypto';
import { wholeText } from '../../src/channels/webhook/line.ts';
import { weibo } from '../../src/channels/weibo/weibo.channel.ts';
import type { MessageBody } from '../../src/intake/message.schema.ts';
import { createCity, type Page } from '../support/city.ts';
import { mail, openMailbox, postMail } from '../support/mail.ts';
import t from '../support/tap.ts';

interface Attachment {
  id: string;
  kind: string;
  name: string;
  size: number;
  sha256: string;
}

const city = await createCity(t);
await openMailbox(city);
const SECRETS = ['13800001234', '53010219900101123X', '郑十一', 'K7M2P9QX'];
const TOLD = `我叫郑十一，身份证53010219900101123X，电话13800001234，查询码K7M2P9QX。`;

/** The file that goes on with a long message, as a department that has the case gets it. */
async function fileOf(appealId: string) {
  await city.clock.settle();
  const appeal = await city.appeal(appealId);
  if (appeal.status !== 'assigned')
    t.equal((await city.act('appeals', appealId, 'assign', { department: 'urban-management' })).status, 200);
  await city.clock.settle();
  const department = await city.key('department:urban-management');
  const page = await city.get<Page<Attachment> & { withheld: number }>(
    `/v1/appeals/${appealId}/attachments`,
    department,
  );
  t.equal(page.withheld, 0);
  t.match(page.items, [{ kind: 'file', name: '全文.txt' }]);
  t.equal(page.items.length, 1);
  const [file] = page.items;
  const read = (headers: Record<string, string>) =>
    city.app.inject({ method: 'GET', url: `/v1/attachments/${file?.id}/content`, headers });
  const replies = [await read(department), await read(await city.key('dispatch'))];
  for (const { rawPayload, statusCode } of replies) {
    t.equal(statusCode, 200);
    t.equal(rawPayload.length, file?.size);
    t.equal(createHash('sha256').update(rawPayload).digest('hex'), file?.sha256);
  }
  const originals = await city.rows<{ id: string }>(
    "select id from attachments where kind = 'original' and appeal_id = $1",
    [appealId],
  );
  for (const { id } of originals)
    t.equal(
      (
        await city.app.inject({
          method: 'GET',
          url: `/v1/attachments/${id}/content`,
          headers: await city.key('dispatch'),
        })
      ).statusCode,
      404,
      'the words themselves are shown to nobody',
    );
  t.equal(originals.length, 1, 'and are kept');
  return replies.map(({ rawPayload }) => rawPayload.toString()).join('');
}

t.test('the whole text of a long letter shows no more than the letter does', async (t) => {
  const head = '字'.repeat(19_960);
  const raw = mail({ From: '郑十一 <zheng@example.com>', Subject: '路灯' }, `${TOLD}${head}${TOLD}\n${TOLD}`);
  const { body } = await postMail(city, raw);
  const { id, body: shown } = await city.appeal(body.appealNumber);
  await city.clock.settle();
  t.equal((await city.act('appeals', id, 'reclassify', { nature: 'complaint' })).status, 200);
  const text = await fileOf(id);
  t.match(text, /138\*{4}1234/);
  for (const secret of SECRETS) for (const read of [text, shown]) t.notMatch(read, secret);
});

t.test('a number is not cut in two at the end of what a message holds', async (t) => {
  for (let at = 19_950; at < 20_000; at += 7) {
    const { body } = await postMail(city, mail({}, `${'字'.repeat(at)}13800001234${'字'.repeat(100)}`));
    t.notMatch((await city.appeal(body.appealNumber)).body, /1380000|\d{5}/, String(at));
  }
});

t.test('so does the whole text of a long line of a platform', async (t) => {
  const { body, attachments } = await wholeText(city.instance, `${'字'.repeat(20_000)}${TOLD}`, '郑十一');
  const message = city.message('weibo', { body, nature: 'complaint', sender: { name: '郑十一' } }) as MessageBody;
  const { appealId } = await city.instance.intake.accept(weibo, message, 'system:weibo', null, { attachments });
  const text = await fileOf(appealId);
  t.match(text, /138\*{4}1234/);
  for (const secret of SECRETS) t.notMatch(text, secret);
});
