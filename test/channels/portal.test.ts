import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { createCity, type Problem, type Reply } from '../support/city.ts';
import { jpeg, pdf, png } from '../support/files.ts';
import { another, formFields, multipart, openPortal, proof, type Sent, type SentFile } from '../support/portal.ts';
import t, { type Test } from '../support/tap.ts';

const city = await createCity(t);
await openPortal(city, { maxFiles: 3, maxFileMegabytes: 1, maxTotalMegabytes: 2 });

interface Attachment {
  name: string;
  mediaType: string;
  state: string;
}

function post<T = Problem>(
  fields: readonly (readonly [string, string | Buffer])[],
  files: readonly SentFile[] = [],
  source = 'portal',
  app = city.app,
): Promise<Reply<T>> {
  const { payload, headers } = multipart(fields, files);
  const url = `/v1/portal/${source}/messages`;
  return city.inject<T>(
    { method: 'POST', url, headers: { ...headers, 'accept-language': 'zh-CN' }, payload, remoteAddress: another() },
    app,
  );
}

/** Names of contents that lie in the storage. */
function stored(): string[] {
  const folder = path.join(city.dataDir, 'attachments');
  return existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('/'))
    : [];
}

/** Refused with a reason at this field, and nothing is left of it: no row, no file. */
async function refused(t: Test, reply: () => Promise<Reply<Problem>>, pointer: string, detail?: RegExp): Promise<void> {
  const before = {
    counts: (await city.counts()).filter((line) => !/portal_proofs/.test(line)),
    files: stored().length,
  };
  const { status, body } = await reply();
  t.match({ status, pointers: body.errors?.map((error) => error.pointer) }, { status: 400, pointers: [pointer] });
  if (detail) t.match(body.errors?.[0]?.detail, detail);
  t.same(
    { counts: (await city.counts()).filter((line) => !/portal_proofs/.test(line)), files: stored().length },
    before,
  );
}

t.test('a form with files becomes an appeal; number and code open it', async (t) => {
  const fields = await formFields(city, {
    title: '路灯',
    nature: 'assistance',
    address: '人民路 1 号',
    name: '王女士',
    phone: '13800001234',
    publish: 'true',
    body: '路灯不亮\r\n已经三天',
  });
  const files = [
    { name: 'C:\\图片\\鸽棚近照.png', content: png, type: 'image/png' },
    { name: '../../材料.pdf', content: pdf, type: 'application/pdf' },
  ];
  const { status, body } = await post<Sent>(fields, files);
  t.equal(status, 201);
  t.same(Object.keys(body).sort(), ['appealNumber', 'queryCode', 'receiptDueAt', 'receivedAt']);
  await city.clock.settle();
  const appeal = await city.appeal(body.appealNumber);
  t.match(appeal, { channel: 'portal', title: '路灯', body: '路灯不亮\n已经三天', status: 'assigned' });
  const kept = await city.all<Attachment>(`/v1/appeals/${appeal.id}/attachments`);
  t.match(kept, [
    { name: '鸽棚近照.png', mediaType: 'image/png', state: 'stored' },
    { name: '材料.pdf', mediaType: 'application/pdf', state: 'stored' },
  ]);
  const [message] = await city.all<{ appellant: object }>(`/v1/appeals/${appeal.id}/messages`);
  t.match(message?.appellant, { name: '王**', phone: '138****1234', verified: false, confidential: false });
  t.equal((await city.receipts(appeal.id)).length, 1);
  const view = await city.call('GET', `/v1/citizen/appeals/${body.appealNumber}?code=${body.queryCode}`);
  t.equal(view.status, 200);
  t.notOk(
    (await city.dump()).some((row) => /鸽棚近照|王女士|13800001234/.test(row)),
    'sealed at rest',
  );
});

t.test('anonymous: what is given all the same is not kept; secret is secret', async (t) => {
  const anonymous = await post<Sent>(await formFields(city, { anonymous: 'true', name: '李四', phone: '13800005678' }));
  t.match(anonymous, { status: 201, body: { receiptDueAt: null } });
  const secret = await post<Sent>(await formFields(city, { confidential: 'true', name: '李四', phone: '13800005678' }));
  const appellant = async ({ body }: Reply<Sent>) =>
    (await city.all<{ appellant: object }>(`/v1/appeals/${body.appealNumber}/messages`))[0]?.appellant;
  t.match(await appellant(anonymous), { name: null, phone: null, anonymous: true });
  t.match(await appellant(secret), { name: '李*', anonymous: false, confidential: true });
});

t.test('who stays anonymous is not named by what they wrote either', async (t) => {
  const fields = {
    anonymous: 'true',
    name: '赵六',
    title: '赵六的来信',
    address: '赵六家楼下',
    body: '我叫赵六，路灯不亮',
  };
  const { body } = await post<Sent>(await formFields(city, fields), [{ name: '赵六身份证.png', content: png }]);
  const appeal = await city.appeal(body.appealNumber);
  const messages = await city.all<object>(`/v1/appeals/${appeal.id}/messages`);
  const files = await city.all<Attachment>(`/v1/appeals/${appeal.id}/attachments`);
  t.match(appeal, { title: '赵**的来信', body: '我叫赵**，路灯不亮', address: '赵**家楼下' });
  t.match(files, [{ name: '赵**身份证.png' }]);
  t.notMatch(JSON.stringify([appeal, messages, files]), '赵六');
});

t.test('numbers as people write them', async (t) => {
  for (const phone of [
    '0871-63130000转801',
    '63130000',
    '6313 0000',
    '０８７１－６３１３００００',
    '+86 138 0000 1234',
  ])
    t.equal((await post(await formFields(city, { phone, body: `来电${phone}` }))).status, 201, phone);
  const { body } = await post<Sent>(await formFields(city, { phone: '0871-63130000转801', body: '楼道灯坏了' }));
  const shown = await city.call('POST', `/v1/appeals/${(await city.appeal(body.appealNumber)).id}/reveal`, {
    fields: ['phone'],
    reason: 'clarify',
  });
  t.match(shown.body, { phone: '0871-63130000转801' });
});

t.test('a browser that sent the form without its script is told in Chinese what to do', async (t) => {
  const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
  const { payload, headers } = multipart([
    ['form', randomUUID()],
    ['body', '路灯不亮'],
  ]);
  const url = '/v1/portal/portal/messages';
  const send = (more: Record<string, string>) =>
    city.inject<string>({ method: 'POST', url, payload, headers: { ...headers, ...more }, remoteAddress: another() });
  const reply = await send(html);
  t.match(reply, { status: 400, headers: { 'content-type': /^text\/html/, 'content-security-policy': /none/ } });
  t.match(reply.body, /没有提交成功.*返回.*12345/s);
  t.match(await send({}), { status: 400, headers: { 'content-type': /problem\+json/ } });
});

t.test('sent twice, at once or later, by one replica or two: one appeal, one set of files', async (t) => {
  const fields = await formFields(city);
  const files = [{ name: '1.jpg', content: jpeg }];
  const other = await city.start({ workers: false });
  const before = stored().length;
  const twice = await Promise.all([post<Sent>(fields, files), post<Sent>(fields, files, 'portal', other.app)]);
  t.same(twice.map(({ status }) => status).sort(), [200, 201]);
  const again = await post<Sent>(fields, files);
  t.equal(again.status, 200);
  t.equal(new Set([...twice, again].map(({ body }) => body.appealNumber + body.queryCode)).size, 1);
  t.equal(stored().length, before + 1);
  const changed = fields.map(([name, value]): [string, string] => [name, name === 'body' ? '别的内容' : value]);
  t.equal((await post(changed, files)).status, 409, 'the same form with other words');
  t.equal((await post(fields, [{ name: '1.jpg', content: png }])).status, 409, 'the same form with another picture');
  t.equal(stored().length, before + 1, 'and nothing of them is kept');
});

t.test('a proof of work is needed, ours, fresh, and good for one form', async (t) => {
  const spent = await formFields(city);
  t.equal((await post(spent)).status, 201);
  const other = await city.start({ workers: false });
  const replay = async (app = city.app) =>
    post([...(await formFields(city, { altcha: spent[1]?.[1] }))], [{ name: '1.png', content: png }], 'portal', app);
  await refused(t, () => replay(), '/altcha', /已使用过/);
  await refused(t, () => replay(other.app), '/altcha', /已使用过/);
  await refused(t, async () => post(await formFields(city, { altcha: undefined })), '/altcha');

  const solved = JSON.parse(Buffer.from(await proof(city), 'base64').toString()) as {
    challenge: { parameters: Record<string, unknown>; signature: string };
    solution: { counter: number; derivedKey: string };
  };
  const { challenge, solution } = solved;
  const forged: unknown[] = [
    'no json',
    null,
    [],
    { challenge },
    { challenge: { ...challenge, parameters: { ...challenge.parameters, expiresAt: 4e9 } }, solution },
    { challenge: { ...challenge, parameters: { ...challenge.parameters, cost: 1e9, keyPrefix: '' } }, solution },
    { challenge: { ...challenge, signature: '00'.repeat(32) }, solution },
    { challenge: { ...challenge, parameters: { ...challenge.parameters, expiresAt: 1 } }, solution },
    { challenge, solution: { ...solution, counter: solution.counter + 1 } },
    { challenge, solution: { counter: '1', derivedKey: {} } },
  ];
  for (const each of forged) {
    const altcha = Buffer.from(typeof each === 'string' ? each : JSON.stringify(each)).toString('base64');
    await refused(t, async () => post(await formFields(city, { altcha })), '/altcha');
  }
});

t.test('wrong fields and wrong files are named, and nothing is left of them', async (t) => {
  const send = async (changes: Record<string, string | undefined>, files: SentFile[] = []) =>
    post(await formFields(city, changes), files);
  await refused(t, () => send({ body: ' \r\n ' }), '/body');
  await refused(t, () => send({ body: 'x'.repeat(5_001) }), '/body');
  await refused(t, () => send({ body: 'x'.repeat(60_000) }), '/body');
  await refused(t, () => send({ body: '有\u0000字符' }), '/body');
  await refused(t, () => send({ form: 'not-an-id' }), '/form');
  await refused(t, () => send({ nature: 'rumour' }), '/nature');
  await refused(t, () => send({ phone: '123' }), '/phone', /电话/);
  await refused(t, () => send({ isAdmin: 'true' }), '/isAdmin');
  await refused(t, async () => post([...(await formFields(city)), ['body', '再来一次']]), '/body', /重复/);
  const gbk = Buffer.from('c2b7b5c6b2bbc1c1', 'hex');
  await refused(
    t,
    async () => post([...(await formFields(city, { body: undefined })), ['body', gbk]]),
    '/body',
    /UTF-8/,
  );

  const first = { name: '好的.png', content: png };
  const big = Buffer.concat([jpeg, Buffer.alloc(1024 * 1024)]);
  const part = Buffer.concat([jpeg, Buffer.alloc(900 * 1024)]);
  const page = Buffer.from('<html><script>alert(1)</script></html>');
  await refused(
    t,
    () => send({}, [first, { name: '照片.jpg', content: page, type: 'image/jpeg' }]),
    '/attachments/1',
    /“照片.jpg”/,
  );
  await refused(
    t,
    () => send({}, [first, { name: '材料.pdf', content: jpeg, type: 'application/pdf' }]),
    '/attachments/1',
    /“材料.pdf”的内容与其名称或类型不符/,
  );
  await refused(
    t,
    () => send({}, [{ name: '/etc/空.png', content: Buffer.alloc(0) }]),
    '/attachments/0',
    /“空.png”是空文件/,
  );
  await refused(t, () => send({}, [first, { name: '大.jpg', content: big }]), '/attachments/1', /“大.jpg”超过 1 MB/);
  await refused(
    t,
    () =>
      send(
        {},
        [part, part, part].map((content, at) => ({ name: `${at}.jpg`, content })),
      ),
    '/attachments',
    /合计超过 2 MB/,
  );
  await refused(t, () => send({}, [first, first, first, first]), '/attachments', /超过 3 个/);
  await refused(t, () => send({}, [{ ...first, field: 'avatar' }]), '/avatar');
  const chosen = await formFields(city);
  t.equal(
    (await post(chosen, [{ name: '', content: Buffer.alloc(0) }])).status,
    201,
    'a file field with nothing chosen',
  );
});

t.test('what is no form of ours is refused and the next one is served', async (t) => {
  const fields = await formFields(city);
  const { payload, headers } = multipart(fields, [{ name: '1.png', content: png }]);
  const raw = (changes: { payload?: Buffer; headers?: Record<string, string> }) =>
    city.inject<Problem>({
      method: 'POST',
      url: '/v1/portal/portal/messages',
      payload: changes.payload ?? payload,
      headers: { ...headers, ...changes.headers },
      remoteAddress: another(),
    });
  t.equal((await raw({ payload: payload.subarray(0, payload.length - 40) })).status, 400, 'cut off');
  t.equal((await raw({ headers: { 'content-type': 'multipart/form-data' } })).status, 400, 'no boundary');
  t.equal((await raw({ headers: { 'content-type': 'multipart/form-data; boundary=other' } })).status, 400);
  t.equal((await raw({ payload: Buffer.from('{}'), headers: { 'content-type': 'application/json' } })).status, 415);
  t.equal(
    (await raw({ headers: { 'content-length': String(900 * 1024 * 1024) } })).status,
    400,
    'too long from the start',
  );
  const many = Array.from({ length: 500 }, (_, at): [string, string] => [`f${at}`, 'x']);
  t.equal((await post([...many, ...fields])).status, 400);
  t.equal((await post([['__proto__', 'x'], ...fields])).status, 400);
  t.equal(
    (
      await post(
        fields,
        Array.from({ length: 400 }, () => ({ name: '1.png', content: png })),
      )
    ).status,
    400,
  );
  t.equal((await post([...fields.slice(0, 1)], [{ name: '1.png', content: png }])).status, 400, 'files without fields');
  t.equal((await post(fields, [], 'letters')).status, 404, 'a source without a form');
  t.equal((await post(fields, [], 'wechat-12345')).status, 404);
  t.equal((await post(fields, [{ name: '1.png', content: png }])).status, 201, 'the same form, as it should be');
});

t.test('one address may send so many and no more', async (t) => {
  const from = (remoteAddress: string) =>
    city.inject<Problem>({ method: 'POST', url: '/v1/portal/portal/messages', ...multipart([]), remoteAddress });
  const statuses: number[] = [];
  for (let at = 0; at < 31; at += 1) statuses.push((await from('10.8.0.1')).status);
  t.same([...new Set(statuses)], [400, 429]);
  t.equal((await from('10.8.0.2')).status, 400, 'others go on');
});

t.test('a file that was received for a message nobody could write is not left behind', async (t) => {
  const node = await city.start({ workers: false });
  await node.instance.intake.stop();
  const before = stored().length;
  const reply = await post(
    await formFields(city, { form: randomUUID() }),
    [{ name: '1.png', content: png }],
    'portal',
    node.app,
  );
  t.equal(reply.status, 503);
  t.equal(stored().length, before);
});
