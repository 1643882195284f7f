import { createCity, type Reply } from '../support/city.ts';
import t from '../support/tap.ts';

const city = await createCity(t, { logLevel: 'trace' });

const person = {
  name: '欧阳淑芬',
  phone: '13987654321',
  idNumber: '53010219900307421X',
  openId: 'oWeChat-8877665544-xyz',
  mail: 'shufen.ouyang@example.cn',
  uid: '1234567890123',
};
const secrets = Object.values(person);
const words = `我的身份证号${person.idNumber}，电话${person.phone}，邮箱${person.mail}。`;

/** Where any of the secrets stands in plain sight: as text, or as the bytes of it. */
function found(lines: readonly string[], extra: readonly string[] = []): string[] {
  const forms = [...secrets, ...extra].flatMap((secret) => [
    secret,
    Buffer.from(secret).toString('hex'),
    encodeURIComponent(secret),
  ]);
  return lines.flatMap((line) =>
    forms.filter((form) => line.includes(form)).map((form) => `${form} in ${line.slice(0, 200)}`),
  );
}

const story = await tellStory();

async function tellStory() {
  const { name, phone, openId, mail, uid } = person;
  const byPhone = await city.register('phone', {
    title: `${person.phone}的投诉`,
    body: `路灯不亮。${words}`,
    address: `翠湖东路 联系${person.phone}`,
    sender: { name, phone, confidential: true },
    call: { callId: 'c-1', called: '12345', recordingUrl: 'https://records.example/c-1' },
  });
  const byWechat = await city.register('wechat', {
    body: `想反映一件事。${words}`,
    sender: { name, phone },
    wechat: { openId },
  });
  await city.register('weibo', { body: `@12345 求助。${words}`, sender: { name }, weibo: { uid } });
  const byMail = await city.register('mailbox', {
    body: `建议。${words}`,
    sender: { name, phone },
    mail: { from: mail },
  });
  await city.register('phone', { body: `路灯不亮。${words}`, sender: { name, phone } });
  await city.clock.settle();
  const asked = { fields: ['name', 'phone', 'address'], reason: 'other', note: `请回电${phone}` };
  const shown: Reply<unknown>[] = [];
  for (const { appealId } of [byPhone, byWechat])
    shown.push(await city.call('POST', `/v1/appeals/${appealId}/reveal`, asked));
  await city.act('appeals', byWechat.appealId, 'answer', { text: '已电话答复' });
  await city.act('appeals', byMail.appealId, 'assign', { department: 'housing' });
  const [sent] = await city.all<{ appellant: { id: string } }>(`/v1/appeals/${byMail.appealId}/messages`);
  await city.act('appeals', byMail.appealId, 'represent', { appellants: [sent?.appellant.id] });
  const { assignment } = await city.appeal(byPhone.appealId);
  await city.act('assignments', assignment?.id ?? '', 'sign');
  await city.clock.advance('P9D');
  await city.call('GET', `/v1/citizen/appeals/${byPhone.appealNumber}?code=${byPhone.queryCode}`, undefined, {
    authorization: '',
  });
  return {
    ...byPhone,
    grouped: byMail.appealId,
    shown,
    codes: [byPhone.queryCode, byWechat.queryCode, byMail.queryCode],
  };
}

t.test('who asks for a contact by its scope is shown it, there and nowhere else', async (t) => {
  for (const { status, body } of story.shown) {
    t.equal(status, 200);
    for (const secret of [person.name, person.phone]) t.match(JSON.stringify(body), secret);
  }
  t.equal(story.shown.length, 2);
});

t.test('nothing personal stands in any table, the queue’s included', async (t) => {
  t.ok(found([`xx${person.phone}`]).length > 0, 'the search finds what is there');
  const lines = await city.dump();
  t.ok(lines.some((line) => line.startsWith('public.messages')) && lines.some((line) => line.startsWith('bullmq.')));
  t.same(found(lines, story.codes), []);
});

t.test('nor in any answer to anybody', async (t) => {
  const document = await city.get<{ paths: Record<string, { get?: { parameters?: { name: string; in: string }[] } }> }>(
    '/openapi.json',
  );
  const { assignment } = await city.appeal(story.appealId);
  const id = (path: string): string => (path.startsWith('/v1/assignments') ? (assignment?.id ?? '') : story.appealId);
  const code = (path: string): string => {
    if (path.startsWith('/v1/policies')) return 'kunming-hotline';
    return path.startsWith('/v1/sources') ? 'wechat-12345' : (assignment?.department ?? '');
  };
  const query = (path: string): string => {
    if (path.startsWith('/v1/citizen')) return `?code=${story.queryCode}`;
    return path.endsWith('/due') ? '?name=resolve&start=2026-03-10T10:00:00Z' : '';
  };
  let read = 0;
  for (const [path, { get }] of Object.entries(document.paths)) {
    if (!get) continue;
    const url = path
      .replace('{code}', code(path))
      .replace('{year}', '2026')
      .replace('{version}', '1')
      .replace('{number}', story.appealNumber)
      .replace('{source}', 'portal')
      .replace('{format}', 'json')
      .replace('{id}', id(path));
    const reply = await city.call<unknown>('GET', `${url}${query(path)}`);
    // What is no appeal's (calls, files, a platform's own check) refuses this id, and says nothing either.
    const other = /^\/(v1\/(webhooks|calls|attachments|portal)|open311)/.test(path);
    t.ok(reply.status === 200 || (other && reply.status < 500), `${url} ${reply.status}`);
    const isOutbox = path.endsWith('/outbox');
    t.same(found([JSON.stringify(reply.body)], isOutbox ? [] : story.codes), [], url);
    read += 1;
  }
  t.ok(read >= 15);
  const spoken = await city.get<{ items: object[] }>(`/v1/appeals/${story.grouped}/representatives`);
  t.equal(spoken.items.length, 1);
  t.same(found([JSON.stringify(spoken)], story.codes), []);
});

t.test('nor in a problem that quotes nothing', async (t) => {
  const wrong = await Promise.all([
    city.call('POST', '/v1/channels/phone/messages', { [person.phone]: person.name, body: 12 }),
    city.call('POST', '/v1/channels/phone/messages', `{"sender": {"name": "${person.name}" "${person.phone}`, {
      'content-type': 'application/json',
    }),
    city.call('GET', `/v1/appeals/${encodeURIComponent(person.idNumber)}`),
    city.call('GET', `/v1/appeals?after=${person.phone}`),
    city.post('wechat', {
      sender: { phone: person.phone, language: person.name },
      region: person.phone,
      nature: person.name,
    }),
  ]);
  t.ok(wrong.every((reply) => reply.status >= 400));
  const detail = wrong.slice(1).map((reply) => JSON.stringify(reply.body));
  t.same(found(detail), []);
});

t.test('nor in the log, not even when the database quotes the row', async (t) => {
  await city.rows('alter table appeals add constraint refuse check (region <> $$999999$$) not valid');
  const own = '一句只有本人知道的话';
  const { name, phone } = person;
  const reply = await city.post('phone', { body: `${own}${words}`, sender: { name, phone }, region: '999999' });
  t.equal(reply.status, 500);
  t.same(found([JSON.stringify(reply.body)], [own]), []);
  await city.rows('alter table appeals drop constraint refuse');
  t.ok(
    city.logs.some((line) => line.includes('refuse')),
    'the constraint is named',
  );
  t.ok(city.logs.filter((line) => line.includes('"operation"')).length > 10);
  t.same(found(city.logs, [own, ...story.codes]), [], 'not a word of what was said');
});

t.test('what is sealed opens only in its own row', async (t) => {
  const url = `/v1/appeals/${story.appealId}/messages`;
  const [other] = await city.rows<{ sealed: Buffer }>('select sealed from appellants where appeal_id <> $1 limit 1', [
    story.appealId,
  ]);
  const rows = await city.rows<{ id: string; sealed: Buffer }>(
    'select id, sealed from appellants where appeal_id = $1',
    [story.appealId],
  );
  t.match(await city.get(url), { items: [{ appellant: { name: /^欧/, phone: /\*/ } }] });
  await city.rows('update appellants set sealed = $2 where appeal_id = $1', [story.appealId, other?.sealed]);
  t.equal((await city.call('GET', url)).status, 500, 'another person’s row');
  for (const { id, sealed } of rows) {
    const changed = Buffer.from(sealed);
    changed[changed.length - 1] = (changed[changed.length - 1] ?? 0) ^ 1;
    await city.rows('update appellants set sealed = $2 where id = $1', [id, changed]);
  }
  t.equal((await city.call('GET', url)).status, 500, 'a changed bit');
  for (const { id, sealed } of rows) await city.rows('update appellants set sealed = $2 where id = $1', [id, sealed]);
  t.equal((await city.call('GET', url)).status, 200);
});
