import { keepContent, type NewAttachment, toFetch } from '../../src/attachments/attachments.service.ts';
import { portal } from '../../src/channels/portal/portal.channel.ts';
import type { MessageBody } from '../../src/intake/message.schema.ts';
import { createCity, type Page } from '../support/city.ts';
import { png } from '../support/files.ts';
import t from '../support/tap.ts';

interface Attachment {
  id: string;
  state: string;
  name: string;
  mediaType: string | null;
  size: number | null;
  sha256: string | null;
}

const city = await createCity(t);

/** A message with files, as a channel's protocol hands it to the intake. */
async function send(changes: Record<string, unknown>, attachments?: NewAttachment[]) {
  const kept = attachments ?? [
    await keepContent(city.instance, {
      kind: 'image',
      name: '鸽棚近照13800001234.png',
      mediaType: 'image/png',
      content: png,
    }),
  ];
  const body = city.message('portal', { body: '路灯不亮', ...changes }) as MessageBody;
  const answer = await city.instance.intake.accept(portal, body, 'system:portal', null, { attachments: kept });
  await city.clock.settle();
  const { items } = await city.get<Page<Attachment>>(`/v1/appeals/${answer.appealId}/attachments`);
  return { ...answer, id: items[0]?.id ?? '', items };
}

t.test('the desk sees and opens a file; every reading is recorded', async (t) => {
  const { id, items } = await send({ nature: 'assistance' });
  t.match(items, [
    {
      state: 'stored',
      name: '鸽棚近照138****1234.png',
      mediaType: 'image/png',
      size: png.length,
      sha256: /^[0-9a-f]{64}$/,
    },
  ]);
  const desk = await city.key('dispatch');
  const reply = await city.app.inject({ method: 'GET', url: `/v1/attachments/${id}/content`, headers: desk });
  t.equal(reply.statusCode, 200);
  t.ok(reply.rawPayload.equals(png));
  t.match(reply.headers, {
    'content-type': 'application/octet-stream',
    'content-disposition': /^attachment; filename=".*"; filename\*=UTF-8''%E9%B8%BD/,
    'x-content-type-options': 'nosniff',
    'content-security-policy': /sandbox/,
    'cache-control': 'private, no-store',
  });
  const [read] = await city.rows<{ at: Date }>("select actor, subject, at from audit where action = 'read-attachment'");
  t.match(read, { actor: /^key:test-/, subject: id });
  t.equal(read?.at.toISOString(), (await city.instance.clock.now()).toISOString(), 'in business time');
});

t.test('who may: the desk and the department that holds the case, where it betrays nobody', async (t) => {
  const lights = await city.key('department:urban-management');
  const water = await city.key('department:water');
  const both = await city.key('operations', 'department:urban-management');
  const content = async (id: string, key: { authorization: string }) =>
    (await city.call('GET', `/v1/attachments/${id}/content`, undefined, key)).status;
  const listed = async (appealId: string, key: { authorization: string }) => {
    const { status, body } = await city.call<Page<unknown>>(
      'GET',
      `/v1/appeals/${appealId}/attachments`,
      undefined,
      key,
    );
    return status === 200 ? body.items.length : status;
  };

  const open = await send({ nature: 'assistance' });
  t.equal((await city.appeal(open.appealId)).assignment?.department, 'urban-management');
  t.same([await listed(open.appealId, lights), await content(open.id, lights)], [1, 200]);
  t.same([await listed(open.appealId, water), await content(open.id, water)], [404, 404], 'another department');
  t.same(
    [await listed(open.appealId, await city.key('operations')), await content(open.id, await city.key('operations'))],
    [1, 403],
  );

  for (const closed of [
    { nature: 'report' },
    {},
    { nature: 'assistance', sender: { confidential: true } },
    { nature: 'assistance', sender: { anonymous: true } },
  ]) {
    const { appealId, id } = await send(closed);
    if (closed.nature === 'report') await city.act('appeals', appealId, 'assign', { department: 'urban-management' });
    t.same([await listed(appealId, lights), await content(id, lights)], [0, 404], JSON.stringify(closed));
    const { body } = await city.call<{ withheld: number }>(
      'GET',
      `/v1/appeals/${appealId}/attachments`,
      undefined,
      lights,
    );
    t.equal(body.withheld, 1, 'the clerk knows that there is something to ask the desk for');
    t.same([await listed(appealId, both), await content(id, both)], [1, 404], 'reading lists opens nothing');
    t.equal(await content(id, await city.key('dispatch')), 200);
  }
});

t.test(
  'a report stays one whatever it is judged to be later, and a wish holds for all that its sender sends',
  async (t) => {
    const lights = await city.key('department:urban-management');
    const seen = async (appealId: string) =>
      (await city.get<Page<Attachment> & { withheld: number }>(`/v1/appeals/${appealId}/attachments`, lights)).withheld;
    const judge = async (appealId: string) => {
      await city.act('appeals', appealId, 'reclassify', { nature: 'complaint' });
      const { assignment } = await city.appeal(appealId);
      if (!assignment) await city.act('appeals', appealId, 'assign', { department: 'urban-management' });
    };
    const told = await send({ nature: 'report' });
    await judge(told.appealId);
    t.equal(await seen(told.appealId), 1, 'told as a report');

    const sender = { phone: '13970008888', verified: true };
    const reported = await send({ nature: 'report', body: '路灯被人偷了', sender });
    await judge(reported.appealId);
    const more = await send({ nature: 'complaint', body: '路灯被人偷了！', sender });
    t.equal(more.appealId, reported.appealId);
    t.equal(await seen(more.appealId), 2, 'what they add later too');

    const open = { phone: '13970009999', verified: true };
    const first = await send({ nature: 'complaint', body: '路灯整夜不亮', sender: open });
    t.equal(await seen(first.appealId), 0);
    const wish = await send({ nature: 'complaint', body: '路灯整夜不亮！', sender: { ...open, confidential: true } });
    t.equal(wish.appealId, first.appealId);
    t.equal(await seen(first.appealId), 2);
  },
);

t.test('a file’s name does not show who sent it', async (t) => {
  const name = '王小明身份证.png';
  const file = await keepContent(city.instance, { kind: 'image', name, mediaType: 'image/png', content: png });
  const { id, items } = await send({ nature: 'assistance', sender: { name: '王小明' } }, [file]);
  t.match(items, [{ name: '王**身份证.png' }]);
  const { headers } = await city.call('GET', `/v1/attachments/${id}/content`);
  t.notMatch(decodeURIComponent(headers['content-disposition'] ?? ''), '王小明');
});

t.test('no content, no file, no key', async (t) => {
  const later = toFetch(
    'image',
    '微信图片',
    { by: 'wechat', source: 'wechat-12345' },
    new Date('2026-04-01T00:00:00Z'),
  );
  const { id } = await send({}, [later]);
  await city.rows("update attachments set state = 'pending' where id = $1", [id]);
  const content = (wanted: string, headers = {}) =>
    city.call('GET', `/v1/attachments/${wanted}/content`, undefined, headers);
  t.equal((await content(id)).status, 409);
  t.equal((await content('018f2d7c-0000-7000-8000-000000000000')).status, 404);
  t.match(await content('no-id'), { status: 400, body: { errors: [{ pointer: '/params/id' }] } });
  t.equal((await content(id, { authorization: '' })).status, 401);
});

t.test('sealed where it lies: no picture, no name in folder or database', async (t) => {
  const { id } = await send({ nature: 'report' });
  const sealed = await city.instance.storage.get(id);
  t.ok(sealed && !sealed.includes(png.subarray(0, 16)));
  t.notOk((await city.dump()).some((row) => row.includes('鸽棚近照')));
});
