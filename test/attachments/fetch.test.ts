import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toFetch } from '../../src/attachments/attachments.service.ts';
import { createFetchHandler, type Fetcher } from '../../src/attachments/fetch.worker.ts';
import type { Storage } from '../../src/attachments/storage.ts';
import { portal } from '../../src/channels/portal/portal.channel.ts';
import type { MessageBody } from '../../src/intake/message.schema.ts';
import { createAgendaWorker } from '../../src/platform/agenda/agenda-worker.ts';
import { createCity } from '../support/city.ts';
import { png } from '../support/files.ts';
import t from '../support/tap.ts';

const city = await createCity(t, { workers: false, logLevel: 'warn' });
const { db, agenda, clock, log, keyRing, storage, intake } = city.instance;

/** The platform: each path behaves in its own way; `/slow` answers when asked again, `/never` once somebody mended it. */
const asked: string[] = [];
let isMended = false;
const platform = createServer((request, response) => {
  const url = request.url ?? '';
  asked.push(url);
  if (url === '/gone') response.writeHead(404).end();
  else if ((url === '/never' && !isMended) || (url === '/slow' && asked.filter((one) => one === url).length === 1))
    response.destroy();
  else response.writeHead(200, { 'content-type': 'image/png' }).end(png);
});
await new Promise<void>((resolve) => platform.listen(0, '127.0.0.1', resolve));
t.teardown(() => new Promise((resolve) => platform.close(resolve)));

const fetcher: Fetcher = async ({ url }, signal) => {
  const response = await fetch(String(url), { signal });
  if (response.status === 404) return { gone: 'the platform answered 404' };
  return { content: Buffer.from(await response.arrayBuffer()), mediaType: 'image/png', name: '图片.png' };
};

const work = async (kept: Storage = storage): Promise<void> => {
  const handler = createFetchHandler('test', fetcher, { atOnce: 1, attempts: 1_000 }, { db, keyRing, storage: kept });
  await createAgendaWorker({ db, agenda, clock, log, handlers: [handler] }).drain(handler.kind);
};

/** A message whose file lies at a path of the platform until `expiresAt`. */
async function send(path: string, expiresAt = '2026-03-13T10:00:00+08:00'): Promise<string> {
  const { port } = platform.address() as AddressInfo;
  const reference = { by: 'test', source: 'portal', url: `http://127.0.0.1:${port}${path}` };
  const attachment = toFetch('image', '图片', reference, new Date(expiresAt));
  await intake.accept(portal, city.message('portal') as MessageBody, 'system:portal', null, {
    attachments: [attachment],
  });
  return attachment.id;
}

const stateOf = async (id: string) =>
  (
    await city.rows<{ state: string; failure: string | null; item: string }>(
      `select a.state, a.failure, g.state as item from attachments a join agenda g on g.business_key = 'fetch:' || a.id where a.id = $1`,
      [id],
    )
  )[0];
/** Moves simulated time without the workers that would settle what is due. */
const later = (instant: string) => city.rows('update instance set simulated_now = $1', [instant]);

t.test('fetched, gone, asked again, and given up when its platform has deleted it', async (t) => {
  const [fetched, gone, slow, never] = [
    await send('/file'),
    await send('/gone'),
    await send('/slow'),
    await send('/never'),
  ];
  await work();
  t.match(await stateOf(fetched), { state: 'stored', item: 'done' });
  t.ok(keyRing.openBytes(`attachment:${fetched}`, (await storage.get(fetched)) as Buffer).equals(png));
  t.match(await stateOf(gone), { state: 'failed', failure: 'the platform answered 404', item: 'done' });
  t.match(await stateOf(slow), { state: 'pending', item: 'open' }, 'waits for its next attempt');
  await later('2026-03-10T10:01:00+08:00');
  await work();
  t.match(await stateOf(slow), { state: 'stored', item: 'done' });
  t.match(await stateOf(never), { state: 'pending', item: 'open' });
  await later('2026-03-13T10:00:00+08:00');
  await work();
  t.match(await stateOf(never), { state: 'failed', failure: /^TypeError/, item: 'failed' });
  const told = [(await stateOf(never))?.failure, ...city.logs].join();
  t.notMatch(told, /127\.0\.0\.1/, 'the address may open the file and is not told');
  t.match(
    city.logs.filter((line) => line.includes(never)).map((line) => JSON.parse(line).level),
    ['warn', 'warn', 'error'],
  );

  const failed = await city.get<{ items: { id: number; subjectId: string }[] }>('/v1/agenda?status=failed');
  t.match(failed.items, [{ kind: 'fetch-test', subjectId: never, lastError: /^TypeError/ }], 'for a person to see');
  t.equal((await city.call('POST', `/v1/agenda/${failed.items[0]?.id}/retry`)).status, 200);
  isMended = true;
  await work();
  t.match(await stateOf(never), { state: 'stored', failure: null, item: 'done' }, 'and to try again');
});

t.test('a file is asked for no longer than thirty days, whatever is said of it', async (t) => {
  const id = await send('/file', '2035-03-10T10:00:00+08:00');
  const [row] = await city.rows<{ days: number }>(
    `select extract(epoch from g.due_at - g.run_at)::int / 86400 as days from agenda g where g.subject_id = $1`,
    [id],
  );
  t.equal(row?.days, 30);
  await city.rows("update agenda set attempts = 32767 where business_key = 'fetch:' || $1", [id]);
  await work();
  t.match(await stateOf(id), { state: 'stored', item: 'done' }, 'nor does a count that is full hold the others');
});

t.test('a crash between keeping the content and saying so: fetched again, kept once', async (t) => {
  const id = await send('/crash', '2026-03-20T10:00:00+08:00');
  const crashing: Storage = {
    ...storage,
    put: async (key, content) => {
      await storage.put(key, content);
      throw new Error('the process died here');
    },
  };
  await work(crashing);
  t.match(await stateOf(id), { state: 'pending', item: 'open' });
  await later('2026-03-13T11:00:00+08:00');
  await work();
  t.match(await stateOf(id), { state: 'stored', item: 'done' });
  t.equal(asked.filter((path) => path === '/crash').length, 2);
});
