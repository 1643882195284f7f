import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { InjectOptions } from 'fastify';
import { appealActions, appealStatuses } from '../../src/appeals/states.ts';
import { keepContent } from '../../src/attachments/attachments.service.ts';
import { portal } from '../../src/channels/portal/portal.channel.ts';
import type { MessageBody } from '../../src/intake/message.schema.ts';
import { ADMIN_KEY, createCity, type Reply } from '../support/city.ts';
import { png } from '../support/files.ts';
import { brisk } from '../support/policies.ts';
import { formFields, multipart, openPortal } from '../support/portal.ts';
import t from '../support/tap.ts';
import * as wechat from '../support/wechat.ts';
import * as weibo from '../support/weibo.ts';

interface Operation {
  operationId: string;
  summary: string;
  tags: string[];
  security: object[];
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
  parameters?: { name: string; schema: { enum?: string[] } }[];
}
interface Document {
  openapi: string;
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<string, { properties: Record<string, { enum?: string[]; items?: { enum: string[] } }> }>;
  };
}

const city = await createCity(t);
const document = await city.get<Document>('/openapi.json');
const ajv = addFormats.default(new Ajv2020({ strict: false, allErrors: true }));
ajv.addSchema(document as object, 'openapi.json');

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);
const answered = new Map<string, Set<number>>();

/** The validator of an answer, found as a client would: path, method, status or its range, content type. */
function validatorOf(url: string, method: string, reply: Reply<unknown>): { name: string; validate: ValidateFunction } {
  const [pathname = ''] = url.split('?');
  const isIt = (path: string): boolean =>
    new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{[^}]+\}/g, '[^/]+')}$`).test(pathname);
  // A path without parameters wins, as in the router.
  const found = operations.filter((entry) => entry.method === method.toLowerCase() && isIt(entry.path));
  const entry = found.sort((a, b) => a.path.split('{').length - b.path.split('{').length)[0];
  if (!entry) throw new Error(`${method} ${url} is not in the document`);
  const status = entry.operation.responses[reply.status] ? String(reply.status) : `${String(reply.status)[0]}XX`;
  const type = String(reply.headers['content-type']).split(';')[0] ?? '';
  const steps = ['paths', entry.path, entry.method, 'responses', status, 'content', type, 'schema'];
  const pointer = steps.map((step) => step.replaceAll('~', '~0').replaceAll('/', '~1')).join('/');
  const validate = ajv.compile({ $ref: `openapi.json#/${pointer}` });
  const name = entry.operation.operationId;
  answered.set(name, (answered.get(name) ?? new Set()).add(reply.status));
  return { name, validate };
}

async function call<T>(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  url: string,
  status: number,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<T> {
  const reply = await city.call<T>(method, url, body, headers);
  t.equal(reply.status, status, `${method} ${url} ${JSON.stringify(reply.body).slice(0, 200)}`);
  const { name, validate } = validatorOf(url, method, reply);
  t.ok(validate(reply.body), `${name} ${reply.status} ${ajv.errorsText(validate.errors)}`);
  return reply.body;
}

t.test('the document is complete', async (t) => {
  t.match(document.openapi, /^3\.1\./);
  t.ok(ajv.validateSchema(document.components.schemas.Appeal as object));
  const ids = operations.map(({ operation }) => operation.operationId);
  t.equal(new Set(ids).size, ids.length);
  t.ok(ids.length > 30);
  for (const { path, method, operation } of operations) {
    const name = `${method} ${path}`;
    t.match(operation.operationId, /^[a-z][A-Za-z0-9]+$/, name);
    t.match(operation.summary, /\S/, name);
    t.ok(Array.isArray(operation.security), `${name} says who may call`);
    const isPublic = /^\/(healthz|readyz|v1\/citizen|v1\/webhooks|v1\/portal|open311)/.test(path);
    t.equal(operation.security.length === 0, isPublic, name);
    t.ok(
      operation.tags.every((tag) => document.tags.some(({ name }) => name === tag)),
      name,
    );
    // Open311 has errors of its own.
    for (const range of path.startsWith('/open311/') ? [] : ['4XX', '5XX'])
      t.match(
        operation.responses[range],
        { content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } },
        name,
      );
    for (const [status, { content }] of Object.entries(operation.responses))
      t.ok(
        Object.values(content ?? {}).every(({ schema }) => Object.keys(schema).length > 0),
        `${name} ${status}`,
      );
  }
});

/** A platform's own request: its body is no JSON of ours, and it has no key. */
async function webhook(request: InjectOptions): Promise<void> {
  const reply = await city.inject(request);
  const { name, validate } = validatorOf(String(request.url), String(request.method), reply);
  t.equal(reply.status, 200, name);
  t.ok(validate(reply.body), `${name} ${ajv.errorsText(validate.errors)}`);
}

t.test('enums are the state table’s', async (t) => {
  const { schemas } = document.components;
  t.same(schemas.Appeal?.properties.status?.enum, appealStatuses);
  t.same(schemas.CitizenView?.properties.status?.enum, appealStatuses);
  t.same(schemas.MessageAnswer?.properties.status?.enum, appealStatuses);
  t.same(schemas.Appeal?.properties.allowedActions?.items?.enum, appealActions);
  t.same(schemas.AppealEvent?.properties.type?.enum, ['register', ...appealActions, 'reveal']);
  const filter = document.paths['/v1/appeals']?.get?.parameters?.find(({ name }) => name === 'status');
  t.same(filter?.schema.enum, appealStatuses);
});

t.test('every operation answers as the document says', async (t) => {
  const channels = ['phone', 'wechat', 'weibo', 'mailbox', 'portal'] as const;
  const sender = { name: '王女士', phone: '13800000001', verified: true };
  for (const channel of channels) {
    const message = city.message(channel, {
      sender,
      body: `${channel} 一言难尽`,
      nature: 'complaint',
      region: '530102',
      address: '3栋',
    });
    await call('POST', `/v1/channels/${channel}/messages`, 201, message);
    await call('POST', `/v1/channels/${channel}/messages`, 200, message);
    await call('POST', `/v1/channels/${channel}/messages`, 409, { ...message, body: '别的' });
    await call('POST', `/v1/channels/${channel}/messages`, 400, {});
  }
  const posted = await city.register('wechat', { body: '自来水很浑', sender, wechat: { openId: 'o-12345' } });
  await city.register('phone', { body: '学校收费', sender });
  await call('POST', '/v1/dev/clock', 200, { advance: 'P2D' });
  await call('GET', '/v1/dev/clock', 200);

  const { items: triaged } = await call<{ items: { id: string; version: number }[] }>(
    'GET',
    '/v1/appeals?status=triage&limit=100',
    200,
  );
  const decisions: [string, object][] = [
    ['assign', { department: 'water', note: '属水务' }],
    ['answer', { text: '已答复' }],
    ['decline', { text: '不予受理' }],
    ['divert', { text: '请走法定途径' }],
    ['link', { target: posted.appealNumber }],
  ];
  for (const [at, [action, body]] of decisions.entries()) {
    const { id, version } = triaged[at] ?? { id: '', version: 0 };
    await call('POST', `/v1/appeals/${id}/${action}`, 428, body);
    await call('POST', `/v1/appeals/${id}/${action}`, 412, body, { 'if-match': '"99"' });
    await call('POST', `/v1/appeals/${id}/${action}`, 200, body, { 'if-match': `"${version}"` });
  }
  const [reopened, linked] = [triaged[1]?.id ?? '', triaged[4]?.id ?? ''];
  for (const [id, action, body] of [
    [reopened, 'reopen', { reason: '答复有误' }],
    [linked, 'unlink', { reason: '不是同一件事' }],
    [linked, 'assign', { department: 'water' }],
    [linked, 'link', { target: posted.appealId }],
    [reopened, 'represent', { appellants: [] }],
  ] as const) {
    const { version } = await city.appeal(id);
    await call('POST', `/v1/appeals/${id}/${action}`, 428, body);
    await call('POST', `/v1/appeals/${id}/${action}`, 200, body, { 'if-match': `"${version}"` });
  }
  for (const channel of channels)
    await call('POST', `/v1/channels/${channel}/preview`, 200, { messages: [city.message(channel)] });
  await call('POST', '/v1/channels/phone/preview', 400, { messages: [] });
  const contact = { fields: ['name', 'phone', 'address'], reason: 'clarify' };
  await call('POST', `/v1/appeals/${posted.appealId}/reveal`, 200, contact);
  await call('POST', '/v1/appeals/nothing/reveal', 404, contact);
  await call('GET', '/v1/reveals', 200);
  await call('GET', '/v1/appeals/nothing/representatives', 404);
  await call('GET', `/v1/appeals/${reopened}/representatives`, 200);
  await call('GET', `/v1/appeals/${reopened}/suggestions`, 200);
  const { items: suggested } = await call<{ items: { id: string; status: string }[] }>('GET', '/v1/suggestions', 200);
  const open = suggested.find(({ status }) => status === 'open');
  t.ok(open, 'something is suggested');
  await call('POST', `/v1/suggestions/${open?.id}/dismiss`, 200);
  await call('POST', `/v1/suggestions/${crypto.randomUUID()}/dismiss`, 404);
  await city.clock.settle();
  const appeal = await call<{ assignment: { id: string }; version: number }>(
    'GET',
    `/v1/appeals/${posted.appealNumber}`,
    200,
  );
  const judged = { category: 'water', urgency: 'urgent', complexity: 'simple' };
  const read = { 'if-match': `"${appeal.version}"` };
  await call('POST', `/v1/appeals/${posted.appealId}/reclassify`, 200, judged, read);
  for (const list of ['events', 'messages', 'deadlines', 'receipts', 'attachments'])
    await call('GET', `/v1/appeals/${posted.appealId}/${list}`, 200);
  const { id } = appeal.assignment;
  const kept = await keepContent(city.instance, { kind: 'image', name: '1.png', mediaType: 'image/png', content: png });
  await city.instance.intake.accept(portal, city.message('portal') as MessageBody, 'system:portal', null, {
    attachments: [kept],
  });
  await call('GET', `/v1/attachments/${kept.id}/content`, 200);
  const held = await call<{ version: number }>('GET', `/v1/assignments/${id}`, 200);
  const signed = { 'if-match': `"${held.version + 1}"` };
  await call('POST', `/v1/assignments/${id}/sign`, 200, {}, { 'if-match': `"${held.version}"` });
  await call('POST', `/v1/assignments/${id}/return`, 409, { reason: '晚了' }, signed);
  await call('POST', `/v1/assignments/${id}/submit`, 200, { result: '已修复' }, signed);
  const { items: work } = await call<{ items: { id: string; version: number }[] }>(
    'GET',
    '/v1/departments/water/assignments?status=pending',
    200,
  );
  await call('POST', `/v1/assignments/${work[0]?.id}/return`, 200, { reason: '非我单位' }, { 'if-match': '"1"' });
  await call('POST', '/v1/assignments/sign', 200, { items: [{ id, version: 1 }] });
  await call('GET', '/v1/departments/water/feed?limit=100', 200);
  await call('GET', '/v1/receipts', 200);
  await call('GET', '/v1/escalations', 200);
  await call('GET', '/v1/dev/outbox', 200);
  await call('GET', `/v1/citizen/appeals/${posted.appealNumber}?code=${posted.queryCode}`, 200);
  await call('GET', `/v1/citizen/appeals/${posted.appealNumber}?code=no`, 404);
  await city.rows("update agenda set state = 'failed', last_error = 'x' where id = (select min(id) from agenda)");
  const { items: failed } = await call<{ items: { id: number }[] }>('GET', '/v1/agenda?status=failed', 200);
  await call('POST', `/v1/agenda/${failed[0]?.id}/retry`, 200);
  const change = { set: [{ date: '2026-03-16', name: '州庆', kind: 'day-off', scope: 'local' }], source: '州政府' };
  const { fingerprint } = await call<{ fingerprint: string }>('POST', '/v1/calendar/preview', 200, change);
  await call('POST', '/v1/calendar/versions', 428, change);
  await call('POST', '/v1/calendar/versions', 201, change, { 'if-match': `"${fingerprint}"` });
  await call('POST', '/v1/calendar/versions', 412, change, { 'if-match': `"${fingerprint}"` });
  await call('POST', '/v1/calendar/preview', 400, { notice: '五月放假' });
  await city.clock.settle();
  await call('GET', '/v1/calendar/2026', 200);
  await call('GET', '/v1/calendar/versions', 200);
  await call('GET', '/v1/calendar/versions/2', 200);
  await call('GET', '/v1/calendar/versions/99', 404);
  const moved = await call<{ items: object[] }>('GET', '/v1/deadline-changes', 200);
  t.ok(moved.items.length > 0);
  await call('GET', '/v1/departments', 200);
  await call('POST', '/v1/policies', 201, brisk());
  await call('POST', '/v1/policies', 409, brisk());
  await call('POST', '/v1/policies', 400, { ...brisk(), version: 0 });
  await call('GET', '/v1/policies', 200);
  await call('GET', '/v1/policies/brisk?version=1', 200);
  await call('GET', '/v1/policies/brisk/due?name=resolve&start=2026-09-30T16:59:00Z&nature=inquiry', 200);
  await call('GET', '/v1/policies/gaoyou/due?name=on-site&start=2026-09-30T16:59:00Z&urgency=urgent', 200);
  const { version } = await call<{ version: number }>('GET', '/v1/policy-choices', 200);
  await call('PUT', '/v1/policy-choices', 200, { choices: [{ policy: 'brisk' }] }, { 'if-match': `"${version}"` });
  await call('GET', '/v1/audit', 200);
  await call('GET', '/v1/sources', 200);
  await call('PUT', '/v1/sources/wechat-12345/settings', 200, wechat.settingsFor('plain'));
  await call('GET', '/v1/sources/wechat-12345/settings', 200);
  for (const request of [wechat.check(), wechat.push(wechat.message({ Content: '路灯不亮' }))]) await webhook(request);
  await call('DELETE', '/v1/sources/wechat-12345/settings', 200);
  await call('PUT', '/v1/sources/weibo-12345/settings', 200, { appSecret: weibo.APP_SECRET });
  for (const request of [weibo.check(), weibo.push(weibo.message())]) await webhook(request);
  await phoneStory();
  await open311Story();
  await openPortal(city);
  await call('GET', '/v1/portal/portal/challenge', 200);
  const form = multipart(await formFields(city), [{ name: '1.png', content: png }]);
  await call('POST', '/v1/portal/portal/messages', 201, form.payload, form.headers);
  await call('POST', '/v1/portal/portal/messages', 200, form.payload, form.headers);
  const secret = 'secret-of-the-mayors-mailbox';
  await call('PUT', '/v1/sources/mayor-mailbox/settings', 200, { webhookSecret: secret });
  const mailHeaders = { authorization: `Bearer ${secret}`, 'content-type': 'message/rfc822' };
  await call('POST', '/v1/webhooks/mailbox/mayor-mailbox', 201, 'Subject: 来信\r\n\r\n公交太少\r\n', mailHeaders);
  await call('POST', '/v1/webhooks/mailbox/mayor-mailbox', 200, 'Subject: 来信\r\n\r\n公交太少\r\n', mailHeaders);
  await call('POST', '/v1/webhooks/mailbox/mayor-mailbox', 401, 'Subject: 来信\r\n\r\n公交太少\r\n');
  await call('GET', '/healthz', 200);
  await call('GET', '/readyz', 200);

  const without = operations
    .map(({ operation }) => operation.operationId)
    .filter((name) => ![...(answered.get(name) ?? [])].some((status) => status < 300));
  t.same(without, [], 'a new operation belongs into this story');
});

async function phoneStory(): Promise<void> {
  const secret = 'secret-of-the-call-centre';
  await call('PUT', '/v1/sources/12345/settings', 200, { secret });
  const key = { authorization: `Bearer ${secret}` };
  const event = { callId: 'story-1', caller: '13800000009', called: '12369', endedAt: await city.clock.now() };
  const pushed = [event, { ...event, callId: 'story-2', recordingUrl: 'https://pbx.example.cn/1.wav' }];
  const { calls } = await call<{ calls: { id: string }[] }>('POST', '/v1/webhooks/phone/12345', 200, pushed, key);
  await call('POST', '/v1/webhooks/phone/12345', 400, [{}], key);
  const id = calls[1]?.id;
  await call('GET', '/v1/calls?status=missed', 200);
  await call('GET', `/v1/calls/${id}`, 200);
  const { items } = await call<{ items: { id: string }[] }>('GET', `/v1/calls/${id}/recordings`, 200);
  const { items: waiting } = await call<{ items: { id: string }[] }>('GET', '/v1/call-backs?status=open', 200);
  await call('POST', `/v1/call-backs/${waiting[0]?.id}/reveal`, 200, { reason: 'call-back' });
  await call('POST', `/v1/calls/${id}/call-back`, 200, { outcome: 'no-answer' });
  const content = `/v1/calls/${id}/recordings/${items[0]?.id}/content`;
  await call('GET', content, 409);
  await city.instance.storage.put(
    items[0]?.id ?? '',
    city.instance.keyRing.sealBytes(`attachment:${items[0]?.id}`, Buffer.from('RIFF')),
  );
  await city.rows(
    "update attachments set state = 'stored', sha256 = '\\x00', size = 4, media_type = 'audio/wav', stored_at = now() where id = $1",
    [items[0]?.id],
  );
  await call('GET', content, 200);
}

async function open311Story(): Promise<void> {
  const path = '/open311/v2';
  for (const format of ['json', 'xml']) {
    await call('GET', `${path}/discovery.${format}`, 200);
    await call('GET', `${path}/services.${format}`, 200);
    await call('GET', `${path}/services/street-light.${format}`, 200);
    await call('GET', `${path}/services/none.${format}`, 404);
  }
  const form = (key: string) =>
    new URLSearchParams({ api_key: key, service_code: 'flooding', address_string: '人民路' }).toString();
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  const [posted] = await call<{ service_request_id: string; token: string }[]>(
    'POST',
    `${path}/requests.json`,
    200,
    form(ADMIN_KEY),
    type,
  );
  await call('POST', `${path}/requests.json`, 403, form('wrong'), type);
  await call('GET', `${path}/requests.json`, 200);
  await call('GET', `${path}/requests.xml?status=open`, 200);
  await call('GET', `${path}/requests/${posted?.service_request_id}.json`, 200);
  await call('GET', `${path}/tokens/${posted?.token}.json`, 200);
}
