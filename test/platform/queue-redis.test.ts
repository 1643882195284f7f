import { Redis } from 'ioredis';
import { type City, createCity } from '../support/city.ts';
import t from '../support/tap.ts';

const redisUrl = process.env.TEST_REDIS_URL;

/** The keys in Redis once a nudge has arrived there; those sent before the connection stood are lost, as they may be. */
async function nudged(city: City, redis: Redis): Promise<string[]> {
  for (;;) {
    city.instance.nudge('route');
    const keys = await redis.keys('*');
    if (keys.length > 0) return keys;
  }
}

/** A key with all that is kept under it, as text. */
async function contentOf(redis: Redis, key: string): Promise<string> {
  const kind = await redis.type(key);
  const read: Record<string, () => Promise<unknown>> = {
    string: () => redis.get(key),
    hash: () => redis.hgetall(key),
    list: () => redis.lrange(key, 0, -1),
    set: () => redis.smembers(key),
    zset: () => redis.zrange(key, '0', '-1'),
    stream: () => redis.xrange(key, '-', '+'),
  };
  return `${key} ${JSON.stringify(await read[kind]?.())}`;
}

if (!redisUrl) {
  t.comment('skipped: TEST_REDIS_URL is not set, the queue was tried on PostgreSQL only');
  t.pass('nothing to try');
} else {
  t.test('the main story on Redis, wiped again and again: nothing is lost, nothing is done twice', async (t) => {
    const redis = new Redis(redisUrl);
    t.teardown(async () => {
      await redis.flushdb();
      redis.disconnect();
    });
    await redis.flushdb();
    const city = await createCity(t, { redisUrl, workers: false, at: '2026-03-10T20:59:00+08:00' });
    const posted = await Promise.all(
      Array.from({ length: 40 }, (_, at) =>
        city.register('phone', {
          body: at % 4 ? '路灯不亮' : '一言难尽',
          sender: { phone: `1380000${String(at).padStart(4, '0')}` },
        }),
      ),
    );
    t.ok((await nudged(city, redis)).length > 0);
    await redis.flushdb();
    await city.start();
    await city.start();
    // Nobody moves the clock or nudges: the relay's own scan has to find what is due.
    while ((await city.rows("select 1 from appeals where status = 'registered'")).length > 0)
      await city.get('/healthz');
    for (const [at, { appealId }] of posted.entries())
      t.equal((await city.appeal(appealId)).status, at % 4 ? 'assigned' : 'triage');

    const wiping = setInterval(() => redis.flushdb(), 20);
    const more = await Promise.all(
      Array.from({ length: 40 }, (_, at) =>
        city.register('phone', { body: '自来水很浑', sender: { phone: `1390000${String(at).padStart(4, '0')}` } }),
      ),
    );
    await city.clock.set('2026-03-11T10:00:00+08:00');
    clearInterval(wiping);
    const sent = await city.outbox();
    t.equal(sent.length, posted.length + more.length);
    t.equal(new Set(sent.map(({ receiptId }) => receiptId)).size, sent.length);
    t.match(await city.get('/v1/receipts?status=created'), { items: [] });
    t.match(await city.get('/v1/agenda?status=failed'), { items: [] });
    for (const { appealId } of more) t.equal((await city.appeal(appealId)).status, 'assigned');
    const undecided = posted.filter((_, at) => at % 4 === 0);
    for (const { appealId } of undecided) t.ok((await city.escalations(appealId)).some(({ step }) => step === 1));
  });

  t.test('jobs in Redis say nothing of anybody', async (t) => {
    const redis = new Redis(redisUrl);
    t.teardown(() => redis.disconnect());
    await redis.flushdb();
    const city = await createCity(t, { redisUrl, workers: false });
    const { appealId } = await city.register('phone', {
      body: '路灯不亮',
      sender: { name: '王女士', phone: '13800000001' },
    });
    const keys = await nudged(city, redis);
    const dump = await Promise.all(keys.map((key) => contentOf(redis, key)));
    t.ok(dump.length > 0);
    for (const secret of ['13800000001', '王女士', appealId]) t.notOk(dump.join('\n').includes(secret));
    await redis.flushdb();
  });
}
