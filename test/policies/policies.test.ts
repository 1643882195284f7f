import { createCity, type Problem } from '../support/city.ts';
import { brisk, choose, hotline, storePolicy } from '../support/policies.ts';
import t from '../support/tap.ts';

const city = await createCity(t);

t.test('a policy is stored once and for ever, version by version', async (t) => {
  t.match(await city.call('POST', '/v1/policies', brisk({ version: 2 })), {
    status: 409,
    body: { errors: [{ pointer: '/version', detail: 'must be 1, the next version' }] },
  });
  const replies = await Promise.all([1, 2, 3].map(() => city.call('POST', '/v1/policies', brisk())));
  t.same(replies.map(({ status }) => status).sort(), [201, 409, 409]);
  t.match(await city.call('POST', '/v1/policies', brisk()), { status: 409 });
  await storePolicy(city, brisk({ version: 2, lookBackDays: 3 }));
  t.match(await city.call('POST', '/v1/policies', brisk({ version: 3, zone: 'Asia/Tokyo' })), {
    status: 400,
    body: { errors: [{ pointer: '/zone' }] },
  });
  const { items } = await city.get<{ items: { code: string; version: number; names: { zh: string } }[] }>(
    '/v1/policies',
  );
  t.match(
    items.find(({ code }) => code === 'brisk'),
    { version: 2, names: { zh: '快办' } },
  );
  t.ok(items.some(({ code }) => code === 'kunming-hotline'));
  t.same(await city.get('/v1/policies/brisk?version=1'), brisk());
  t.match(await city.get('/v1/policies/brisk'), { version: 2, lookBackDays: 3 });
  for (const path of ['/v1/policies/nowhere', '/v1/policies/brisk?version=9'])
    t.match(await city.call('GET', path), { status: 404 });
});

t.test('a document with mistakes is refused with all of them', async (t) => {
  const before = await city.counts();
  const wrong = brisk({ code: 'wrong', zone: 'Mars/Olympus' });
  wrong.texts.closing = '查询码';
  wrong.deadlines.sign.ladder = [{ step: 1, role: 'nobody', offset: { amount: 0, unit: 'minutes' }, hours: 'always' }];
  const reply = await city.call('POST', '/v1/policies', wrong);
  t.equal(reply.status, 400);
  const pointers = reply.body.errors?.map(({ pointer }) => pointer) ?? [];
  for (const pointer of ['/zone', '/texts/closing', '/deadlines/sign/ladder/0/role'])
    t.ok(pointers.includes(pointer), `${pointer} in ${pointers.join(' ')}`);
  const hidden = brisk({ code: 'hidden' });
  hidden.texts.closing = '密钥{code}。';
  t.match(await city.call('POST', '/v1/policies', hidden), {
    status: 400,
    body: { errors: [{ pointer: '/texts/closing', detail: /查询码/ }] },
  });
  for (const body of [{}, { code: 'x' }, { ...brisk({ code: 'wrong' }), extra: 1 }, [], null]) {
    const refused = await city.call('POST', '/v1/policies', body);
    t.equal(refused.status, 400, JSON.stringify(body)?.slice(0, 40));
    t.ok(refused.body.errors?.length);
  }
  t.same(await city.counts(), before, 'nothing was written');
});

t.test('choices: first that fits, replaced as a whole by whoever read them last', async (t) => {
  const first = await city.call<{ version: number; otherwise: string }>('GET', '/v1/policy-choices');
  t.match(first, { status: 200, headers: { etag: `"${first.body.version}"` }, body: { otherwise: 'kunming-hotline' } });
  const put = (body: unknown, headers: Record<string, string> = { 'if-match': `"${first.body.version}"` }) =>
    city.call<Problem>('PUT', '/v1/policy-choices', body, headers);
  const wrong: [unknown, string][] = [
    [{ choices: [{ policy: 'nowhere' }] }, '/choices/0/policy'],
    [{ choices: [{ policy: 'brisk' }, { policy: 'brisk', sources: ['12345', 'moon'] }] }, '/choices/1/sources/1'],
    [{ choices: [{ policy: 'brisk', natures: ['rant'] }] }, '/choices/0/natures/0'],
    [{ choices: [{ policy: 'brisk', when: {} }] }, '/choices/0/when'],
    [{}, '/choices'],
  ];
  for (const [body, pointer] of wrong) t.match(await put(body), { status: 400, body: { errors: [{ pointer }] } });
  t.match(await put({ choices: [] }, {}), { status: 428 });
  t.match(await put({ choices: [] }, { 'if-match': '"77"' }), { status: 412 });
  const choices = [
    { policy: 'kunming-hotline', natures: ['report'] },
    { policy: 'brisk', categories: ['lamps'] },
    { policy: 'brisk', sources: ['12319'], natures: ['inquiry', 'complaint'] },
  ];
  const both = await Promise.all([put({ choices }), put({ choices })]);
  t.same(both.map(({ status }) => status).sort(), [200, 412]);
  const under = async (changes: Record<string, unknown>): Promise<string> =>
    (await city.appeal((await city.register('phone', changes)).appealId)).policy.code;
  t.equal(await under({ category: 'lamps' }), 'brisk');
  t.equal(await under({ category: 'lamps', nature: 'report' }), 'kunming-hotline', 'the first that fits');
  t.equal(await under({ category: 'roads' }), 'kunming-hotline');
  t.equal(await under({ source: '12319', nature: 'inquiry' }), 'brisk');
  t.equal(await under({ source: '12319' }), 'kunming-hotline', 'an unknown nature fits none that is asked for');
  t.equal((await choose(city, [])).status, 200);
  t.equal(await under({ category: 'lamps' }), 'kunming-hotline');
});

t.test('what a deadline would be, also one whose work does not exist yet', async (t) => {
  const due = (query: string, code = 'brisk') =>
    city.get<{ dueAt: string | null; provisional: boolean; ladder: { role: string; at: string }[] }>(
      `/v1/policies/${code}/due?start=2026-09-30T16:59:59%2B08:00&${query}`,
    );
  t.match(await due('name=on-site'), { dueAt: '2026-09-30T17:59:59+08:00', provisional: false, ladder: [] });
  t.match(await due('name=forward', 'kunming-hotline'), {
    policy: { code: 'kunming-hotline', version: 1 },
    startsAt: '2026-09-30T16:59:59+08:00',
    dueAt: '2026-10-01T00:00:00+08:00',
    ladder: [
      { step: 0, role: 'desk-lead', names: { zh: '值班长' }, at: '2026-09-30T23:30:00+08:00' },
      { step: 1 },
      { step: 2, at: '2026-10-09T00:00:00+08:00' },
      { step: 3 },
    ],
  });
  t.match(await due('name=resolve&urgency=critical'), { dueAt: '2026-09-30T22:59:59+08:00' });
  t.match(await due('name=resolve&complexity=complex'), { dueAt: '2026-10-02T16:59:59+08:00' });
  t.match(await due('name=resolve&nature=inquiry'), { dueAt: null, provisional: false, ladder: [] });
  t.match(await due('name=supervise'), { dueAt: null }, 'this policy does not set it');
  const unknown = await city.get(`/v1/policies/kunming-hotline/due?name=resolve&start=2026-12-30T10:00:00%2B08:00`);
  t.match(unknown, { provisional: true });
  for (const [query, pointer] of [
    ['name=dance&start=2026-09-30T16:59:59Z', '/query/name'],
    ['name=sign', '/query/start'],
    ['name=sign&start=yesterday', '/query/start'],
    ['name=sign&start=1850-01-01T00:00:00Z', '/query/start'],
    ['name=sign&start=2026-09-30T16:59:59Z&urgency=hot', '/query/urgency'],
  ])
    t.match(await city.call('GET', `/v1/policies/brisk/due?${query}`), {
      status: 400,
      body: { errors: [{ pointer }] },
    });
});

t.test('rules are read by the desk, written by administrators, and every write is audited', async (t) => {
  const dispatch = await city.key('dispatch');
  const intake = await city.key('intake:phone');
  for (const path of ['/v1/policies', '/v1/policies/brisk', '/v1/policy-choices']) {
    t.equal((await city.call('GET', path, undefined, dispatch)).status, 200, path);
    t.equal((await city.call('GET', path, undefined, intake)).status, 403, path);
  }
  t.equal((await city.call('POST', '/v1/policies', { ...hotline(), version: 2 }, dispatch)).status, 403);
  t.equal((await city.call('PUT', '/v1/policy-choices', { choices: [] }, dispatch)).status, 403);
  t.equal((await city.call('GET', '/v1/audit', undefined, dispatch)).status, 403);
  const entries = await city.all<{ actor: string; action: string; subject: string; data: { version: number } }>(
    '/v1/audit',
  );
  t.ok(entries.every(({ actor }) => actor === 'key:admin'));
  t.same(
    entries.filter(({ action }) => action === 'policy').map(({ subject, data }) => `${subject} ${data.version}`),
    ['brisk 2', 'brisk 1'],
  );
  const choices = await city.all('/v1/audit?action=policy-choices');
  t.match(choices, [{ data: { choices: [] } }, { data: { choices: [{ policy: 'kunming-hotline' }, {}, {}] } }]);
});
