import { XMLParser } from 'fast-xml-parser';
import { createCity } from '../support/city.ts';
import t from '../support/tap.ts';

const city = await createCity(t);
const bearer = (await city.key('open311')).authorization.slice('Bearer '.length);
const parser = new XMLParser({ parseTagValue: false });

interface Request {
  service_request_id: string;
  status: string;
  status_notes: string;
  service_code: string;
  description: string | null;
  address: string | null;
  agency_responsible: string | null;
  lat: number | null;
}
interface Posted {
  service_request_id: string;
  token: string;
  service_notice: string;
}
type Errors = { code: number; description: string }[];

const get = <T>(path: string, headers: Record<string, string> = {}) =>
  city.inject<T>({ method: 'GET', url: `/open311/v2${path}`, headers });
const post = <T = Posted[]>(fields: Record<string, string>, format = '.json', headers: Record<string, string> = {}) =>
  city.inject<T>({
    method: 'POST',
    url: `/open311/v2/requests${format}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    payload: new URLSearchParams({ api_key: bearer, ...fields }).toString(),
  });
const lamp = { service_code: 'street-light', 'attribute[fault]': 'off', address_string: '人民路12号' };

t.test('what there is to ask for, in both formats', async (t) => {
  const { body: endpoints } = await get<{ endpoints: { url: string }[] }>('/discovery.json');
  t.match(endpoints, { endpoints: [{ url: /\/open311\/v2$/, formats: ['text/xml', 'application/json'] }] });
  t.equal((await city.inject({ method: 'GET', url: '/open311/discovery.xml' })).status, 200);
  const { body: services } = await get<{ service_code: string }[]>('/services.json');
  t.match(services[0], {
    service_code: 'street-light',
    service_name: '路灯不亮',
    metadata: true,
    type: 'realtime',
    keywords: '路灯,照明',
  });
  const xml = await get<string>('/services.xml');
  t.match(xml.headers['content-type'], /^text\/xml; charset=utf-8/);
  t.match(parser.parse(xml.body).services.service[1], { service_code: 'flooding', metadata: 'false' });
  t.match((await get<string>('/services')).body, /^<\?xml/);
  t.type((await get<object>('/services', { accept: 'application/json' })).body, Array);
  t.match((await get('/services/street-light.json')).body, {
    service_code: 'street-light',
    attributes: [
      { variable: true, code: 'pole', datatype: 'string', required: false, order: 1 },
      { code: 'fault', datatype: 'singlevaluelist', required: true, values: [{ key: 'off', name: '不亮' }] },
    ],
  });
  const definition = parser.parse((await get<string>('/services/street-light.xml')).body).service_definition;
  t.match(definition.attributes.attribute[1], { code: 'fault', values: { value: [{ key: 'off' }] } });
  t.match(await get('/services/nothing.json'), { status: 404, body: [{ code: 404, description: /service_code/ }] });
  t.match((await get<string>('/services/nothing.xml')).body, /<errors><error><code>404<\/code><description>/);
});

t.test('a request becomes an appeal, is routed, and is followed by its number and token', async (t) => {
  const asked = await post({
    ...lamp,
    lat: '25.04',
    long: '102.71',
    description: '路灯坏了 <b>& 很黑</b>，请打13800001234',
    first_name: '小明',
    last_name: '王',
    phone: '13800001234',
    email: 'wang@example.com',
    'attribute[pole]': 'D-17',
    media_url: 'http://10.0.0.1/lamp.jpg',
  });
  t.equal(asked.status, 200);
  const [{ service_request_id: id, token, service_notice: notice }] = asked.body as [Posted];
  t.match(notice, /查询码 [0-9A-Z]{8}/);
  await city.clock.settle();
  const appeal = await city.appeal(id);
  t.match(appeal, {
    source: 'open311',
    channel: 'portal',
    category: 'street-light',
    nature: 'assistance',
    title: '路灯不亮',
    address: '人民路12号',
    status: 'assigned',
    assignment: { department: 'urban-management' },
  });
  t.match(appeal.body, /\n故障情况：不亮\n灯杆编号：D-17\n图片：http:/);
  t.equal((await city.receipts(id)).length, 1, 'the citizen has a receipt');
  const one = await get<Request[]>(`/requests/${id}.json`);
  t.match(one.body, [
    {
      service_request_id: id,
      status: 'open',
      status_notes: '已转办',
      service_code: 'street-light',
      description: '路灯坏了 <b>& 很黑</b>，请打138****1234',
      agency_responsible: '市城市管理局',
      requested_datetime: '2026-03-10T10:00:00+08:00',
      address: '人民路12号',
      lat: 25.04,
      long: 102.71,
      media_url: null,
    },
  ]);
  const xml = (await get<string>(`/requests/${id}.xml`)).body;
  t.equal(parser.parse(xml).service_requests.request.description, '路灯坏了 <b>& 很黑</b>，请打138****1234');
  for (const secret of ['13800001234', '王', '小明', 'wang@example.com', 'D-17', 'lamp.jpg'])
    t.notOk(xml.includes(secret) || JSON.stringify(one.body).includes(secret), secret);
  const asking = { fields: ['email'], reason: 'clarify' };
  t.match((await city.call('POST', `/v1/appeals/${appeal.id}/reveal`, asking)).body, { email: 'wang@example.com' });
  t.match((await get(`/tokens/${token}.json`)).body, [{ service_request_id: id, token }]);
  t.equal((await get(`/tokens/${id}.json`)).status, 404);
  t.match(parser.parse((await post<string>(lamp, '.xml')).body).service_requests.request, {
    service_request_id: /^\d{16}$/,
  });
  const again = { 'idempotency-key': 'once' };
  const first = await post(lamp, '.json', again);
  t.same((await post(lamp, '.json', again)).body, first.body, 'a repeat with a key is the same request');
  t.match(await post<unknown>({ ...lamp, description: '别的' }, '.json', again), {
    status: 409,
    body: [{ description: 'Idempotency-Key was used for another request' }],
  });
  const { id: desk } = await city.appeal(
    (await post({ ...lamp, service_code: 'other', description: '想问问' })).body[0]!.service_request_id,
  );
  await city.clock.settle();
  const ofOthers = async () => (await get<Request[]>('/requests.json?service_code=other')).body.length;
  t.equal(await ofOthers(), 0, 'its service has no nature: it may be a report until the desk has looked');
  await city.act('appeals', desk, 'reclassify', { nature: 'complaint' });
  t.equal(await ofOthers(), 1);
  await city.act('appeals', desk, 'answer', { text: '请致电13900005678' });
  const closed = (await get<Request[]>('/requests.json?status=closed')).body;
  t.match(closed, [{ status: 'closed', status_notes: '已答复' }]);
  t.notMatch(JSON.stringify(closed), /5678/);
});

t.test('what is not for everybody is not there', async (t) => {
  const silent = (await post({ ...lamp, publish: 'false' })).body[0]!;
  const form = (changes: object) =>
    city.register('portal', {
      body: '路灯不亮',
      nature: 'assistance',
      category: 'street-light',
      form: { publish: true },
      ...changes,
    });
  const open = await form({ sender: { name: '李先生', phone: '13900001003' } });
  const hidden = [
    await form({ form: {} }),
    await form({ form: { publish: false } }),
    await form({ nature: 'report' }),
    await form({ nature: undefined }),
    await form({ body: '我要举报有人偷路灯' }),
    await form({ title: '举报偷盗', body: '有人偷路灯' }),
    await form({ sender: { confidential: true } }),
    await form({ category: 'no-service' }),
    await city.register('phone', { category: 'street-light' }),
  ];
  const numbers = (await get<Request[]>('/requests.json')).body.map((request) => request.service_request_id);
  t.ok(numbers.includes(open.appealNumber));
  for (const { appealNumber } of hidden) {
    t.notOk(numbers.includes(appealNumber));
    t.equal((await get(`/requests/${appealNumber}.json`)).status, 404);
  }
  t.notOk(numbers.includes(silent.service_request_id));
  t.equal((await get(`/requests/${silent.service_request_id}.xml`)).status, 404);
  t.equal((await get(`/tokens/${silent.token}.json`)).status, 404);
  t.same((await get(`/requests.json?service_request_id=${silent.service_request_id}`)).body, []);
  t.notMatch(JSON.stringify((await get('/requests.json')).body), /李|1003/);
});

t.test('filters, window and pages', async (t) => {
  const count = async (query: string) => (await get<Request[]>(`/requests.json?${query}`)).body.length;
  const all = await count('');
  t.ok(all >= 4);
  t.equal(await count('service_code=street-light,other'), all);
  t.equal(await count('service_code=bus'), 0);
  t.equal(parser.parse((await get<string>('/requests.xml?service_code=bus')).body).service_requests, '');
  t.equal(await count('status=open,closed'), all);
  t.equal(await count('page_size=2'), 2);
  t.equal(await count(`page_size=2&page=${Math.ceil(all / 2) + 1}`), 0);
  t.equal(await count('start_date=2026-03-10T00:00:00%2B08:00&end_date=2026-03-10T23:00:00%2B08:00'), all);
  t.equal(await count('end_date=2026-03-09T00:00:00Z'), 0);
  t.equal(await count('start_date=2026-03-10&end_date=2026-03-10'), all, 'the city’s day, to its end');
  t.equal(await count('end_date=2026-03-09'), 0);
  t.equal(await count('start_date=2026-03-11'), 0);
  t.equal(await count('start_date=2026-03-10T10:00:00'), all, 'the city’s time');
  t.equal(await count('start_date=2026-03-10T10:00:01'), 0);
  const [some] = (await get<Request[]>('/requests.json?page_size=1')).body;
  const others = 'status=closed&service_code=bus&start_date=2020-01-01';
  t.equal(await count(`service_request_id=${some?.service_request_id}&${others}`), 1, 'ids override all else');
  t.equal(await count('start_date=2020-01-01T00:00:00Z'), 0, 'ninety days from there');
  t.equal(await count('extensions=true&jurisdiction_id=x'), all);
  for (const wrong of [
    'status=done',
    'start_date=yesterday',
    'start_date=2026-11-31',
    'end_date=2026-02-30T00:00:00Z',
    'start_date=2026-03-10T25:00:00',
    'page=0',
    'page_size=1001',
    'page_size=1e9',
  ])
    t.match(await get<Errors>(`/requests.json?${wrong}`), { status: 400, body: [{ code: 400 }] }, wrong);
  await city.clock.advance('P91D');
  t.equal(await count(''), 0);
  t.equal(await count('start_date=2026-03-01T00:00:00Z'), all);
});

t.test('refusals in the format that was asked for', async (t) => {
  t.match(await post<Errors>({ ...lamp, api_key: 'wrong' }), {
    status: 403,
    body: [{ code: 403, description: 'api_key was not provided or is not valid' }],
  });
  t.match(await post<Errors>({ ...lamp, api_key: (await city.key('dispatch')).authorization.slice(7) }), {
    status: 403,
  });
  const before = (await city.counts()).filter((line) => !line.startsWith('public.api_keys'));
  t.match((await post<string>({ ...lamp, api_key: '' }, '.xml')).body, /<errors><error><code>403/);
  const wrong: [Record<string, string>, number, RegExp][] = [
    [{ 'attribute[fault]': 'off', address_string: 'x' }, 400, /service_code was not provided/],
    [{ ...lamp, service_code: 'nothing' }, 404, /service_code/],
    [{ ...lamp, address_string: '' }, 400, /location/],
    [{ ...lamp, address_string: '', lat: '25' }, 400, /location/],
    [{ ...lamp, lat: '91', long: '1' }, 400, /lat/],
    [{ ...lamp, lat: '1e1', long: 'NaN' }, 400, /lat/],
    [{ ...lamp, 'attribute[fault]': '' }, 400, /attribute\[fault\]/],
    [{ ...lamp, 'attribute[fault]': 'broken' }, 400, /attribute\[fault\]/],
    [{ ...lamp, 'attribute[fault][]': 'off' }, 400, /attribute\[fault\] takes one value/],
    [{ ...lamp, email: 'wang at example' }, 400, /email is not an e-mail address/],
    [{ service_code: 'noise', address_string: 'x', 'attribute[since]': 'gestern' }, 400, /attribute\[since\]/],
    [{ ...lamp, description: 'x'.repeat(4_001) }, 400, /description/],
    [{ ...lamp, description: 'a\u0000b' }, 400, /NUL/],
    [{ ...lamp, media_url: 'javascript:alert(1)' }, 400, /media_url/],
    [Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`attribute[a${at}]`, 'x'])), 400, /200 fields/],
    [
      { ...lamp, ...Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`attribute[a${at}]`, 'x'])) },
      400,
      /attribute/,
    ],
    [{ ...lamp, description: 'x'.repeat(70_000) }, 413, /larger/],
  ];
  for (const [fields, code, description] of wrong)
    t.match(
      await post<Errors>(fields),
      { status: code, body: [{ code, description }] },
      JSON.stringify(fields).slice(0, 60),
    );
  t.match(
    await post<Errors>({ ...lamp, lat: 'x', 'attribute[fault]': 'y' }),
    { body: [{ code: 400 }, { code: 400 }] },
    'all at once',
  );
  t.match(await post<Errors>(lamp, '.json', { 'content-type': 'application/json' }), {
    status: 400,
    body: [{ code: 400, description: 'Send application/x-www-form-urlencoded.' }],
  });
  for (const [method, path] of [
    ['DELETE', '/requests.json'],
    ['PUT', '/services.json'],
    ['GET', '/nothing.json'],
    ['GET', '/a/b/c.json'],
  ] as const)
    t.match(
      await city.inject<Errors>({ method, url: `/open311/v2${path}` }),
      { status: 404, body: [{ code: 404 }] },
      path,
    );
  t.match((await get<string>('/nothing')).body, /<errors><error><code>404/);
  t.match(await get<Errors>('/requests/0.json'), { status: 404, body: [{ code: 404 }] });
  t.match(await get<Errors>('/requests/%00.json'), { status: 400 });
  t.equal((await get('/services.html')).status, 404);
  t.same(
    (await city.counts()).filter((line) => !line.startsWith('public.api_keys')),
    before,
  );
});
