import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isPublicAddress } from '../../src/attachments/strangers-file.ts';
import { createCity } from '../support/city.ts';
import { html, png } from '../support/files.ts';
import t from '../support/tap.ts';

interface Attachment {
  id: string;
  state: string;
  kind: string;
  mediaType: string | null;
  failure: string | null;
}

const city = await createCity(t);
const apiKey = (await city.key('open311')).authorization.slice('Bearer '.length);
const [app, inside] = [
  await serve(answerAsApp),
  await serve((_, response) => response.end('the router of the office')),
];
await city.call('PUT', '/v1/sources/open311/settings', { mediaBase: `${app.url}/media` });

/** A server on loopback, and what it was asked for. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, asked };
}

let busy = true;
function answerAsApp({ url }: IncomingMessage, response: ServerResponse): void {
  const to = (location: string): unknown => response.writeHead(302, { location }).end();
  switch (url) {
    case '/media/lamp.png':
      return void response.writeHead(200, { 'content-type': 'text/html' }).end(png);
    case '/media/moved':
      return void to('/media/lamp.png');
    case '/media/page.png':
      return void response.end(html);
    case '/media/large':
      return void response.end(Buffer.alloc(21 * 1024 * 1024));
    case '/media/later':
      response.statusCode = busy ? 503 : 200;
      return void response.end(busy ? '' : png);
    case '/media/out':
      return void to(`${inside.url}/admin`);
    case '/media/up':
      return void to('/secret');
    case '/media/round':
      return void to('/media/round');
    case '/media/file':
      return void to('file:///etc/passwd');
    default:
      response.writeHead(404).end();
  }
}

async function mediaOf(url: string, settle = true): Promise<{ status: number; list: () => Promise<Attachment[]> }> {
  const payload = { api_key: apiKey, service_code: 'flooding', address_string: '人民路12号', media_url: url };
  const reply = await city.inject<{ service_request_id: string }[]>({
    method: 'POST',
    url: '/open311/v2/requests.json',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams(payload).toString(),
  });
  if (settle) await city.clock.settle();
  const number = reply.body[0]?.service_request_id;
  return { status: reply.status, list: () => city.all<Attachment>(`/v1/appeals/${number}/attachments`) };
}
const first = async (url: string) => (await (await mediaOf(url)).list())[0];

t.test('what a client names is fetched as an attachment, and is what its content is', async (t) => {
  for (const path of ['lamp.png', 'moved']) {
    const found = await first(`${app.url}/media/${path}`);
    t.match(found, { state: 'stored', kind: 'image', mediaType: 'image/png' }, path);
    const { body } = await city.call<string>('GET', `/v1/attachments/${found?.id}/content`);
    t.match(body, /PNG/);
  }
});

t.test('what is no such file, or is not there, is given up with the reason; what is busy comes later', async (t) => {
  t.match(await first(`${app.url}/media/page.png`), { state: 'failed', failure: /type/ });
  t.match(await first(`${app.url}/media/large`), { state: 'failed', failure: /larger/ });
  t.match(await first(`${app.url}/media/none`), { state: 'failed', failure: /404/ });
  const { list } = await mediaOf(`${app.url}/media/later`);
  t.match(await list(), [{ state: 'pending' }]);
  busy = false;
  await city.clock.advance('PT2M');
  t.match(await list(), [{ state: 'stored' }]);
});

t.test('a stranger’s file has few attempts, in a kind of its own, and is then left to a person', async (t) => {
  busy = true;
  const { list } = await mediaOf(`${app.url}/media/later`);
  const before = app.asked.filter((url) => url === '/media/later').length;
  await city.clock.advance('PT24H');
  t.match(await list(), [{ state: 'failed', failure: 'StatusError STATUS_503' }]);
  t.equal(app.asked.filter((url) => url === '/media/later').length - before, 7, 'eight in all');
  const failed = await city.all<{ id: number }>('/v1/agenda?kind=fetch-open311&status=failed');
  t.match(failed, [{ lastError: 'StatusError STATUS_503' }]);
  busy = false;
  await city.call('POST', `/v1/agenda/${failed[0]?.id}/retry`);
  await city.clock.settle();
  t.match(await list(), [{ state: 'stored', failure: null }]);
});

t.test('nothing of our own network is called, by whatever way it is named', async (t) => {
  const { port } = inside;
  const before = app.asked.length;
  for (const url of [
    `http://127.0.0.1:${port}/`,
    `http://localhost:${port}/`,
    `http://127.1:${port}/`,
    `http://2130706433:${port}/`,
    `http://0x7f000001:${port}/`,
    `http://0:${port}/`,
    `http://[::1]:${port}/`,
    `http://[::ffff:127.0.0.1]:${port}/`,
    `http://user:word@127.0.0.1:${port}/`,
    'http://10.1.2.3/',
    'http://172.31.0.1/',
    'http://192.168.1.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://100.100.100.200/latest/meta-data/',
    'http://[fd00::1]/',
    'http://[fe80::1]/',
    `${app.url}/secret`,
    `${app.url}/media/../secret`,
    `${app.url}/mediator`,
  ])
    t.match(await first(url), { state: 'failed', failure: 'not an address that may be called' }, url);
  t.equal(app.asked.length, before, 'beside the base');
  for (const path of ['out', 'up', 'round', 'file'])
    t.match(await first(`${app.url}/media/${path}`), { state: 'failed', failure: /may be called/ }, path);
  t.same(inside.asked, [], 'not once');
  t.notOk(app.asked.includes('/secret'));
});

t.test('what is no address is refused at once', async (t) => {
  for (const url of ['file:///etc/passwd', 'javascript:alert(1)', 'http://', 'http://[', 'ftp://example.com/a'])
    t.equal((await mediaOf(url, false)).status, 400, url);
});

t.test('a source with a media base alone has no public form', async (t) => {
  t.equal((await city.call('GET', '/v1/portal/open311/challenge')).status, 404);
});

t.test('which addresses are public', async (t) => {
  for (const address of ['1.1.1.1', '8.8.8.8', '172.32.0.1', '100.128.0.1', '2400:3200::1', '2606:4700::1111'])
    t.ok(isPublicAddress(address), address);
  for (const address of [
    '0.0.0.0',
    '100.64.0.1',
    '192.0.0.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:8.8.8.8',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001::1',
    'fc00::1',
    'ff02::1',
    'localhost',
    '',
  ])
    t.notOk(isPublicAddress(address), address);
});
