import { setTimeout as pause } from 'node:timers/promises';
import { createCity, type Node } from '../support/city.ts';
import { type PlatformAnswer, startPlatform } from '../support/platform.ts';
import t from '../support/tap.ts';
import { APP_SECRET, listOf, message, type Post, push } from '../support/weibo.ts';

const FIRST = 4_985_000_000_000_000_000n;
let posts: { statuses: Post[]; comments: Post[] } = { statuses: [], comments: [] };
let refusal: PlatformAnswer | undefined;
const { base, asked } = await startPlatform(t, (url) => {
  if (url.searchParams.get('access_token') !== 'token') return { error: 'expired_token', error_code: 21327 };
  if (refusal) return refusal;
  const list = url.pathname === '/comments/mentions.json' ? 'comments' : 'statuses';
  return listOf(list, posts[list], url);
});

const city = await createCity(t, { workers: false, logLevel: 'warn' });
const configure = (code: string, more: object = {}) =>
  city.call('PUT', `/v1/sources/${code}/settings`, {
    appSecret: APP_SECRET,
    accessToken: 'token',
    mentionsEverySeconds: 60,
    apiBaseUrl: base,
    ...more,
  });
/** Lets the time to read again come, and reads. */
async function read(...nodes: Node[]): Promise<void> {
  await city.rows("update weibo_mentions set next_read_at = '-infinity'");
  await Promise.all((nodes.length === 0 ? [city] : nodes).map(({ instance }) => instance.mentions.look()));
}
const recorded = async (source = 'weibo-12345'): Promise<string[]> =>
  (
    await city.rows<{ external_id: string }>(
      'select external_id from messages where source = $1 order by external_id',
      [source],
    )
  ).map(({ external_id }) => external_id);
const status = (at: number, text = `@12345 第${at}条`, more: object = {}): Post => ({
  id: FIRST + BigInt(at),
  text,
  more,
});
const ids = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, at) => `status:${FIRST + BigInt(from + at)}`);

t.test('reading begins with what is new; then each is recorded once, the oldest first', async (t) => {
  t.match(await configure('weibo-12345', { accessToken: undefined }), {
    status: 400,
    body: { errors: [{ pointer: '/accessToken' }] },
  });
  posts.statuses = [status(1), status(2)];
  await configure('weibo-12345');
  await read();
  t.same(await recorded(), [], 'what was there before is somebody else’s work');
  posts.statuses.push(...Array.from({ length: 30 }, (_, at) => status(3 + at)));
  await read();
  t.same(await recorded(), ids(3, 32), 'over several short pages');
  await read();
  await read();
  t.same(await recorded(), ids(3, 32));
  t.match((await city.rows('select since_id, failures from weibo_mentions order by list desc'))[0], {
    since_id: String(FIRST + 32n),
    failures: 0,
  });
});

t.test('a post is complete: its words, those it stands on, its pictures, its writer', async (t) => {
  const thumbnail_pic = `${base}/thumbnail/a.jpg`;
  posts.statuses.push(
    status(40, '路灯不亮…全文', {
      longText: { longTextContent: '@12345 路灯不亮，已经一个月了' },
      retweeted_status: { text: '翠湖东路太黑', user: { screen_name: '邻居' }, pic_urls: [{ thumbnail_pic }] },
    }),
    status(41, '抱歉，此微博已被作者删除', { user: undefined, deleted: '1' }),
  );
  await read();
  posts.comments.push({ id: FIRST + 5n, text: '@12345 管管', more: { status: { text: '小区积水' } } });
  await read();
  t.match(await recorded(), [`comment:${FIRST + 5n}`, ...ids(3, 32), ...ids(40, 40)]);
  const { items } = await city.get<{ items: { body: string; receivedAt: string }[] }>('/v1/appeals?limit=2');
  t.match(items, [
    { body: '@12345 管管\n[原微博] 小区积水' },
    {
      body: '@12345 路灯不亮，已经一个月了\n[原微博] @邻居：翠湖东路太黑',
      receivedAt: '2026-03-10T09:58:00+08:00',
    },
  ]);
  t.match(await city.rows('select kind, state from attachments'), [{ kind: 'image', state: 'pending' }]);
});

t.test('what was pushed already is the same post', async (t) => {
  posts.statuses.push(status(50));
  const data = { subtype: 'status', key: `#${FIRST + 50n}#` };
  await city.inject(push(message({ type: 'mention', text: '@12345 第50条', data })));
  await read();
  t.equal((await recorded()).filter((id) => id === ids(50, 50)[0]).length, 1);
});

t.test('a limit or an expired token costs a pause, and nothing else', async (t) => {
  posts.statuses.push(status(60));
  const pause = async (): Promise<number> => {
    const [row] = await city.rows<{ seconds: string }>(
      "select extract(epoch from next_read_at - clock_timestamp()) as seconds from weibo_mentions where list = 'statuses'",
    );
    return Number(row?.seconds);
  };
  refusal = { error: 'User requests out of rate limit!', error_code: 10023 };
  await read();
  const first = await pause();
  t.ok(first > 200, 'longer than usual');
  const before = asked.length;
  await city.instance.mentions.look();
  t.equal(asked.length, before, 'nobody asks while it lasts');
  await read();
  await read();
  t.ok((await pause()) > first * 3, 'longer each time');
  t.match(await city.instance.mentions.warnings(), [
    /comments.+10023/,
    /mentions of weibo-12345 \(statuses\) .+ 3 times: 10023/,
  ]);
  for (refusal of [{ status: 502 }, { statuses: 'none' }, { statuses: [{}] }] as PlatformAnswer[]) await read();
  refusal = undefined;
  await read();
  t.ok((await recorded()).includes(ids(60, 60)[0] ?? ''));
  t.same(await city.instance.mentions.warnings(), []);
  t.notOk(city.logs.some((line) => line.includes('access_token')));
});

t.test('a corrected access token is used at once, however long the pause had grown', async (t) => {
  posts.statuses.push(status(65));
  await configure('weibo-12345', { accessToken: 'expired' });
  for (let n = 0; n < 8; n++) await read();
  t.equal((await city.instance.mentions.warnings()).length, 2);
  await configure('weibo-12345');
  for (let end = Date.now() + 30_000; Date.now() < end; await pause(100)) {
    await city.instance.mentions.look();
    if ((await recorded()).includes(ids(65, 65)[0] ?? '')) break;
  }
  t.ok((await recorded()).includes(ids(65, 65)[0] ?? ''));
  t.same(await city.instance.mentions.warnings(), []);
});

t.test('a reading under old settings that fails late does not postpone the new ones', async (t) => {
  posts.statuses.push(status(66));
  await configure('weibo-12345', { accessToken: 'expired' });
  for (let n = 0; n < 8; n++) await read();
  await city.rows("update weibo_mentions set next_read_at = '-infinity'");
  const reading = city.instance.mentions.look();
  await configure('weibo-12345');
  await reading;
  const [row] = await city.rows<{ late: boolean }>(
    "select bool_or(next_read_at > clock_timestamp() + interval '10 s') as late from weibo_mentions",
  );
  t.equal(row?.late, false);
  await read();
});

t.test('who no longer reads mentions is not warned about them', async (t) => {
  await configure('weibo-12345', { accessToken: 'expired' });
  for (let n = 0; n < 3; n++) await read();
  t.equal((await city.instance.mentions.warnings()).length, 2);
  await city.rows('update weibo_mentions set failures = 9');
  await configure('weibo-12345', { mentionsEverySeconds: undefined });
  await city.rows('update weibo_mentions set failures = 9');
  t.same(await city.instance.mentions.warnings(), [], 'whatever failed before');
  await city.call('DELETE', '/v1/sources/weibo-12345/settings');
  t.same(await city.instance.mentions.warnings(), []);
  await configure('weibo-12345');
  await read();
});

t.test('several processes and a restart in the middle: none missed, none twice', async (t) => {
  const node = await city.start({ workers: false });
  posts.statuses.push(...Array.from({ length: 20 }, (_, at) => status(70 + at)));
  await read(city, node);
  t.same((await recorded()).slice(-20), ids(70, 89));
  posts.statuses.push(...Array.from({ length: 20 }, (_, at) => status(90 + at)));
  await city.rows("update weibo_mentions set next_read_at = '-infinity'");
  const reading = node.instance.mentions.look();
  await Promise.all([node.instance.mentions.stop(), reading]);
  await node.close();
  await read(await city.start({ workers: false }));
  t.same(
    (await recorded()).filter((id) => id.startsWith('status')).slice(-40),
    [...ids(70, 89), ...ids(90, 109)].sort(),
  );
});

t.test('sources read each their own', async (t) => {
  await city.rows("insert into sources (code, channel, name) values ('weibo-traffic', 'weibo', '@交警')");
  city.instance.sources.forget();
  await configure('weibo-traffic');
  await read();
  posts = { statuses: [...posts.statuses, status(200)], comments: [] };
  await read();
  t.same(await recorded('weibo-traffic'), ids(200, 200));
  t.ok((await recorded()).includes(ids(200, 200)[0] ?? ''));
});
