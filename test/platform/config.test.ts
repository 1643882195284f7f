import { ConfigError, readConfig } from '../../src/config.ts';
import t from '../support/tap.ts';

const KEY = `k1:${'A'.repeat(43)}=`;
const production = { NODE_ENV: 'production', DATA_KEY: KEY, DATABASE_URL: 'postgres://db/minsheng' };

/** Each impossible setting, and the name its one sentence must give. */
const wrong: [string, Record<string, string>, string][] = [
  ['a port in words', { PORT: 'http' }, 'PORT'],
  ['a port too high', { PORT: '65536' }, 'PORT'],
  ['half a port', { PORT: '30.5' }, 'PORT'],
  ['a negative port', { PORT: '-1' }, 'PORT'],
  ['another database', { DATABASE_URL: 'mysql://db/minsheng' }, 'DATABASE_URL'],
  ['half a URL', { DATABASE_URL: 'postgres://db:port/minsheng' }, 'DATABASE_URL'],
  ['another queue', { REDIS_URL: 'amqp://queue' }, 'REDIS_URL'],
  ['an unknown clock', { CLOCK: 'lunar' }, 'CLOCK'],
  ['a policy by its title', { POLICY: 'Kunming Hotline' }, 'POLICY'],
  ['a key without an id', { DATA_KEY: 'A'.repeat(44) }, 'DATA_KEY'],
  ['a short key', { DATA_KEY: 'k1:QUJD' }, 'DATA_KEY'],
  ['a ring with a gap', { DATA_KEY: `${KEY},` }, 'DATA_KEY'],
  ['an admin key that can be guessed', { MINSHENG_ADMIN_KEY: 'secret' }, 'MINSHENG_ADMIN_KEY'],
  ['an unknown log level', { LOG_LEVEL: 'loud' }, 'LOG_LEVEL'],
  ['a bucket without its address', { STORAGE_URL: 's3://bucket' }, 'STORAGE_URL'],
  ['a bucket with its key in the address', { STORAGE_URL: 'https://key:secret@s3/bucket' }, 'STORAGE_URL'],
  ['a bucket without its key', { STORAGE_URL: 'https://s3/bucket', STORAGE_ACCESS_KEY: 'a' }, 'STORAGE_SECRET_KEY'],
  ['simulated time in production', { ...production, CLOCK: 'simulated' }, 'CLOCK'],
  ['an admin key in production', { ...production, MINSHENG_ADMIN_KEY: 'x'.repeat(24) }, 'MINSHENG_ADMIN_KEY'],
  ['production without a key', { ...production, DATA_KEY: '' }, 'DATA_KEY'],
];

for (const [name, env, setting] of wrong) {
  t.test(`${name} stops the start`, async (t) => {
    try {
      readConfig(env);
      t.fail('was accepted');
    } catch (error) {
      t.ok(error instanceof ConfigError);
      const { message } = error as Error;
      t.match(message, new RegExp(`^${setting}\\b`), message);
      t.notMatch(message, /\n/, 'one line');
      for (const [key, value] of Object.entries(env))
        if (/KEY/.test(key) && value.length > 6) t.notOk(message.includes(value), 'a secret is not quoted');
    }
  });
}

t.test('defaults, and what counts as unset', async (t) => {
  t.match(readConfig({ PORT: '', DATABASE_URL: '' }), {
    PORT: 3000,
    HOST: '127.0.0.1',
    CLOCK: 'system',
    POLICY: 'kunming-hotline',
    LOG_LEVEL: 'info',
    production: false,
  });
  t.equal(readConfig({}).DATABASE_URL, undefined);
  t.ok(Object.isFrozen(readConfig({})));
  t.match(readConfig(production), { production: true });
  t.equal(readConfig({ NODE_ENV: 'prod' }).production, false, 'nothing else is production');
  t.equal(readConfig({ PORT: '0' }).PORT, 0);
});
