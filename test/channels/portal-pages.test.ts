import { createCity } from '../support/city.ts';
import { another, formFields, multipart, openPortal, type Sent } from '../support/portal.ts';
import t from '../support/tap.ts';

const city = await createCity(t);
await openPortal(city, { organisation: '<b>昆明</b>热线', notice: '一事一信' });

const get = (url: string) => city.inject<string>({ method: 'GET', url, remoteAddress: another() });
const ask = (number: string, code: string, remoteAddress = another()) =>
  city.inject<string>({
    method: 'POST',
    url: '/portal/portal/query',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({ number, code }).toString(),
    remoteAddress,
  });

t.test(
  'the form: every field has its label, nothing inline, nothing foreign, each time a form of its own',
  async (t) => {
    const { status, headers, body } = await get('/portal/portal');
    t.equal(status, 200);
    t.match(headers, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
    t.match(headers['content-security-policy'], /default-src 'none'.*frame-ancestors 'none'/);
    t.notMatch(headers['content-security-policy'], /unsafe|https?:/);
    t.notMatch(body, /<script(?![^>]*src=)|\son[a-z]+=|style=|https?:\/\//);
    t.ok(body.includes('&lt;b&gt;昆明&lt;/b&gt;热线') && body.includes('一事一信'));
    for (const [, id = ''] of body.matchAll(/<(?:input|select|textarea)(?![^>]*type="hidden")[^>]* id="([^"]+)"/g))
      t.ok(body.includes(`<label for="${id}"`), id);
    for (const [, ids = ''] of body.matchAll(/aria-describedby="([^"]+)"/g))
      for (const id of ids.split(' ')) t.ok(body.includes(`id="${id}"`), id);
    const form = (page: string) => /name="form" value="([^"]+)"/.exec(page)?.[1];
    t.match(form(body), /^[0-9a-f-]{36}$/);
    t.not(form(body), form((await get('/portal/portal')).body));
    for (const [, url = ''] of body.matchAll(/(?:src|href)="(\/portal\/assets\/[^"]+)"/g)) {
      const asset = await get(url);
      t.match(asset, { status: 200, headers: { 'x-content-type-options': 'nosniff', etag: /./ } }, url);
    }
    t.match(body, /id="send" disabled/, 'until the script is ready');
    t.notMatch(body, 'maxlength', 'nothing that is pasted is cut');
    t.equal((await get('/portal/assets/..%2Fpackage.json')).status, 404);
  },
);

t.test('no form where the city opened none', async (t) => {
  for (const url of ['/portal/letters', '/portal/nowhere', '/portal/nowhere/query', '/portal/wechat-12345'])
    t.match(await get(url), { status: 404, headers: { 'content-type': /html/ }, body: /未找到/ });
});

t.test('the look-up: number and code in the body, never in the address; a wrong one tells nothing', async (t) => {
  const sent = await city.inject<Sent>({
    method: 'POST',
    url: '/v1/portal/portal/messages',
    ...multipart(await formFields(city, { body: '路灯不亮', name: '王女士' })),
    remoteAddress: another(),
  });
  await city.clock.settle();
  const { appealNumber, queryCode } = sent.body;
  const found = await ask(` ${appealNumber} `, queryCode.toLowerCase());
  t.equal(found.status, 200);
  t.match(found.body, /已转办/);
  t.notMatch(found.body, /王|路灯/, 'nothing of the person or the words');
  t.notOk(found.body.includes(queryCode));
  const wide = (text: string) => text.replaceAll(/[!-~]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) + 0xfee0));
  t.equal((await ask(wide(appealNumber), wide(queryCode))).status, 200, 'as Chinese keyboards type it');
  const wrong = await ask(appealNumber, 'AAAAAAAA');
  const unknown = await ask('2026031000099999', 'AAAAAAAA');
  t.same([wrong.status, unknown.status], [404, 404]);
  t.equal(wrong.body.replaceAll(appealNumber, ''), unknown.body.replaceAll('2026031000099999', ''));
  t.notMatch((await ask('"><script>alert(1)</script>', 'x')).body, /<script>alert/);
  t.equal((await get(`/portal/portal/query?number=${appealNumber}&code=${queryCode}`)).status, 400);
});

t.test('codes cannot be tried out through the page either', async (t) => {
  const statuses: number[] = [];
  for (let at = 0; at < 40; at += 1) statuses.push((await ask('2026031000000001', `AAAAAA${at}`)).status);
  t.ok(statuses.includes(404) && statuses.at(-1) === 429);
});
