import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runImport } from '../../src/import/import.ts';
import { ADMIN_KEY, createCity } from '../support/city.ts';
import t from '../support/tap.ts';
import fixture from './letters-xlsx.json' with { type: 'json' };

const city = await createCity(t);
await city.app.listen({ port: 0, host: '127.0.0.1' });
const url = `http://127.0.0.1:${(city.app.server.address() as AddressInfo).port}`;
const folder = mkdtempSync(join(tmpdir(), 'minsheng-tables-'));
const mapFile = join(folder, 'map.json');
writeFileSync(
  mapFile,
  JSON.stringify({
    source: { channel: 'portal', source: 'letters' },
    externalId: '编号',
    body: '内容',
    receivedAt: '来信时间',
    sender: { phone: '电话' },
  }),
);

async function run(file: string, ...options: string[]) {
  let stdout = '';
  let stderr = '';
  const code = await runImport([file, '--map', mapFile, '--url', url, '--key', ADMIN_KEY, ...options], {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
    env: {},
    interrupt: new AbortController().signal,
    giveUpAfter: 1_000,
  });
  return { code, stdout, stderr };
}
const put = (name: string, content: string | Buffer): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const state = ['--resume', join(folder, 'state.json')];

t.test('xlsx: dates are wall clock times, long numbers keep every digit, both numbers are written', async (t) => {
  const file = put('letters.xlsx', Buffer.from(fixture.xlsx, 'base64'));
  const before = await city.counts();
  const preview = await run(file, '--preview', '--json');
  t.equal(preview.code, 0, preview.stderr);
  t.match(preview.stdout, /line 2: registered: to urban-management \(路灯\)\nline 4: registered: to nobody by rule/);
  t.same(JSON.parse(preview.stdout.trim().split('\n').at(-1) ?? ''), {
    registered: 2,
    attached: 0,
    replayed: 0,
    refused: 0,
    remarks: {},
  });
  const unheard = (lines: string[]) => lines.filter((line) => !line.startsWith('public.audit:'));
  t.same(unheard(await city.counts()), unheard(before), 'nothing was written but that it was asked');
  const numbers = join(folder, 'numbers.jsonl');
  t.equal((await run(file, ...state, '--numbers', numbers)).code, 0);
  const [first] = readFileSync(numbers, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.match(first, { row: 2, source: 'letters', externalId: '53010220260310000117', outcome: 'registered' });
  const found = await city.all<{ number: string; receivedAt: string }>(
    '/v1/appeals?source=letters&externalId=53010220260310000117',
  );
  const externalId = '53010220260310000117';
  t.match(
    found,
    [{ number: first.appealNumber, receivedAt: '2026-03-10T08:15:00+08:00', source: 'letters', externalId }],
    'read back by their number',
  );
  await city.clock.settle();
  // Until its nature is judged it may be a report: the other platform's number may lead to who made it.
  await city.act('appeals', first.appealNumber, 'reclassify', { nature: 'complaint' });
  const { assignment } = await city.appeal(first.appealNumber);
  t.match(
    await city.get(`/v1/assignments/${assignment?.id}`, await city.key('department:urban-management')),
    { appealNumber: first.appealNumber, source: 'letters', externalId },
    'the department has both numbers',
  );
  t.equal((await city.call('GET', '/v1/appeals?externalId=1')).status, 400);
  t.same(await city.all('/v1/appeals?source=portal&externalId=53010220260310000117'), []);
  t.match(
    (await run(file, '--preview')).stdout,
    new RegExp(`line 2: replayed: is in already as ${first.appealNumber}`),
  );
});

t.test('csv: as Excel writes it in GBK, with quotes and line breaks; a preview of every kind of row', async (t) => {
  const rows = '编号,内容,来信时间,电话\r\nC-1,"井盖松动,\n有响声",2026-03-10 09:00,\r\n';
  // 编号,内容,来信时间,电话 … in GBK, made by an office program.
  const gbk = Buffer.concat([
    Buffer.from('b1e0bac52cc4dac8dd2cc0b4d0c5cab1bce42cb5e7bbb00d0a', 'hex'),
    Buffer.from('472d312cc2b7b5c6b2bbc1c12c323032362d30332d31302030393a30302c0d0a', 'hex'),
  ]);
  t.match((await run(put('gbk.csv', gbk), '--preview')).stdout, /line 2: registered: to urban-management \(路灯\)/);
  const file = put(
    'rows.csv',
    `\uFEFF${rows}C-2,,2026-03-10 09:00,\r\nC-3,${'长'.repeat(20_001)},2026-03-10 09:00,\r\nC-4,好,2027-01-01,\r\nC-1,别的,2026-03-10 09:01,\r\n`,
  );
  const { code, stdout } = await run(file, '--preview');
  t.equal(code, 1);
  t.match(stdout, /line 2: registered/);
  t.match(stdout, /refused: body: the field is absent or empty/);
  t.match(stdout, /refused: \/body must NOT have more than 20000/i);
  t.match(stdout, /refused: \/receivedAt is more than 5 minutes in the future/);
  t.match(stdout, /refused: \/externalId was used before with other content/);
  t.match(await run(put('twice.csv', '编号,内容,来信时间,电话,电话\n'), '--preview'), {
    code: 1,
    stderr: /two columns named "电话"/,
  });
  t.match(await run(put('no.xlsx', 'no zip'), '--preview'), { code: 1, stderr: /no readable xlsx file/ });
});

t.test('a preview names the appeal that a row would join or open again', async (t) => {
  const sender = { phone: '13940000001', verified: true };
  const body = '我们楼下的健身器材坏了一个多月，老人孩子用着都不安全，请尽快来人';
  const preview = (messages: object[]) =>
    city.call<{ items: object[] }>('POST', '/v1/channels/portal/preview', { messages });
  const first = await city.register('portal', { body, sender });
  const again = city.message('portal', { body: `${body}！`, sender });
  await city.clock.settle();
  t.match((await preview([again])).body.items, [
    { disposition: 'attached', appealNumber: first.appealNumber, reopens: false },
  ]);
  await city.act('appeals', first.appealId, 'answer', { text: '好' });
  t.match((await preview([again])).body.items, [{ appealNumber: first.appealNumber, reopens: true }]);
  t.match(await preview([{}]), { status: 400, body: { errors: [{ pointer: /^\/messages\/0/ }] } });
  t.match((await preview([{ ...again, source: 'nowhere' }])).body.items, [{ disposition: 'refused' }]);
});

t.test('nobody learns from a preview who raised an appeal without leave, nor unseen', async (t) => {
  const body = '所长收了钱，工厂夜里排放废水';
  const anonymous = { phone: '13940000077', anonymous: true };
  const first = await city.register('phone', { body, nature: 'report', sender: anonymous });
  const guesses = ['13940000076', '13940000077'].map((phone) =>
    city.message('phone', { body, nature: 'report', sender: { phone } }),
  );
  const ask = async (...scopes: string[]) =>
    city.call<{ items: { appealNumber: string | null }[] }>(
      'POST',
      '/v1/channels/phone/preview',
      { messages: guesses },
      await city.key(...scopes),
    );
  for (const scopes of [['intake:phone'], ['intake:phone', 'department:ecology'], ['intake:phone', 'dispatch']]) {
    const { status, body: refused } = await ask(...scopes);
    t.equal(status, 403, scopes.join());
    t.notMatch(JSON.stringify(refused), first.appealNumber);
  }
  const { status, body: told } = await ask('intake:phone', 'import');
  t.equal(status, 200);
  t.match(told.items, [{ appealNumber: null }, { appealNumber: first.appealNumber }]);
  const [entry] = await city.all<{ actor: string; subject: string; data: object }>('/v1/audit?action=preview');
  t.match(entry, { actor: /^key:test/, subject: 'phone', data: { messages: 2, appeals: [first.appealNumber] } });

  await city.call(
    'POST',
    '/v1/channels/phone/messages',
    guesses[1],
    await city.key('intake:phone', 'department:ecology'),
  );
  const { data } = (await city.events(first.appealId)).find(({ type }) => type === 'attach') ?? {};
  t.match(data?.postedBy, [/^key:test/], 'a real message is on record with who posted it');
});

t.test('the preview sees rows on one matter however far apart, in the order of the file', async (t) => {
  const matter = '我们楼下的健身器材坏了一个多月，老人孩子用着都不安全，请尽快来人';
  const far = Array.from(
    { length: 250 },
    (_, at) => `F-${at + 2},请问第${at}号窗口几点上班,2026-03-10 09:0${at % 10},139500${String(at).padStart(5, '0')}`,
  );
  far[4] = `F-A,${matter},2026-03-10 08:00,13951000001`;
  far[240] = `F-B,${matter}！,2026-03-10 09:50,+86 13951000001`;
  far[245] = `F-A,${matter},2026-03-10 09:55,13951000001`;
  const map = { ...JSON.parse(readFileSync(mapFile, 'utf8')), sender: { phone: '电话', verified: true } };
  const file = put('far.csv', ['编号,内容,来信时间,电话', ...far].join('\n'));
  const { code, stdout, stderr } = await run(file, '--map', put('verified.json', JSON.stringify(map)), '--preview');
  t.equal(code, 0, stderr);
  t.match(stdout, /line 6: registered/);
  t.match(stdout, /line 242: attached: joins the appeal of a row above/);
  t.match(stdout, /line 247: replayed: is in already as a row above/);
  t.equal(stdout.match(/^line \d+: registered/gm)?.length, 248);
  const shown = [...stdout.matchAll(/^line (\d+):/gm)].map(([, line]) => Number(line));
  t.equal(shown[0], 6, 'the first that was received');
  t.same(shown.slice(-2), [242, 247], 'and the last ones');
  t.equal(shown.length, 250, 'each once');
});

t.test('an office’s sheet of today: its dates, its yes and no, and who wishes not to be named', async (t) => {
  const map = {
    ...JSON.parse(readFileSync(mapFile, 'utf8')),
    sender: { name: '姓名', phone: '电话', anonymous: '是否匿名', confidential: '是否保密' },
    publish: '是否公开',
  };
  const sheet = [
    '2026年3月群众来信登记表,,,,,,,',
    '填报单位：信访科,,,,,,,',
    '编号,内容,来信时间,姓名,电话,是否匿名,是否保密,是否公开',
    'O-1,长椅坏了,2026/3/10,张三,13940000011,匿名,是,不公开',
    'O-2,桥洞里积水,2026年3月10日,李四,13940000012,实名,FALSE,公开',
    'O-3,井盖响,2026/3/9 8:30,王五,没有电话,√,×,',
  ];
  const { code, stdout, stderr } = await run(
    put('office.csv', sheet.join('\r\n')),
    ...['--map', put('office.json', JSON.stringify(map)), ...state],
  );
  t.equal(code, 0, stderr + stdout);
  t.match(stdout, /columns named in row 3/);
  t.match(stdout, /1 {2}sender\.phone is no usable telephone number \(line 6\)/);
  const found = await Promise.all(
    ['O-1', 'O-2', 'O-3'].map(async (externalId) => {
      const [appeal] = await city.all<{ number: string; receivedAt: string }>(
        `/v1/appeals?source=letters&externalId=${externalId}`,
      );
      const [message] = await city.all<{ appellant: { anonymous: boolean; confidential: boolean } }>(
        `/v1/appeals/${appeal?.number}/messages`,
      );
      return { receivedAt: appeal?.receivedAt, ...message?.appellant };
    }),
  );
  t.match(found, [
    { receivedAt: /^2026-03-10T08:30/, anonymous: true, confidential: true },
    { receivedAt: /^2026-03-10T09:30/, anonymous: false, confidential: false },
    { receivedAt: '2026-03-09T08:30:00+08:00', anonymous: true, confidential: false },
  ]);
});
