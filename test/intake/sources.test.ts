import { createCity } from '../support/city.ts';
import t from '../support/tap.ts';
import * as wechat from '../support/wechat.ts';

const city = await createCity(t, { workers: false });
const settings = '/v1/sources/wechat-12345/settings';
const push = (mode: wechat.Mode = 'plain') =>
  city.inject<{ type: string; detail: string }>(wechat.push(wechat.message({ Content: '路灯' }), mode));

t.test('a source is disconnected: its settings are gone, and so is whoever knew its secrets', async (t) => {
  const never = await push();
  t.equal(never.status, 404);
  await city.call('PUT', settings, wechat.settingsFor('plain', { appSecret: 'leaked' }));
  t.equal((await push()).status, 200);
  t.equal((await city.call('DELETE', settings, undefined, await city.key('dispatch'))).status, 403);
  t.equal((await push()).status, 200);
  t.match(await city.call('DELETE', settings), { status: 200, body: {} });
  const gone = await push();
  t.match(gone, { status: 404, body: { detail: never.body.detail } }, 'as if it had never been connected');
  t.match(await city.call('GET', settings), { status: 200, body: {} });
  t.match(await city.rows("select settings from sources where code = 'wechat-12345'"), [{ settings: null }]);
  t.match(
    await city.call('PUT', settings, { token: '***', appId: 'wx1' }),
    { status: 400 },
    'no secret is left behind',
  );
  const { items } = await city.get<{ items: object[] }>('/v1/audit?action=disconnect-source');
  t.match(items, [{ actor: 'admin', subject: 'wechat-12345', data: { fields: ['appId', 'appSecret', 'token'] } }]);
});

t.test(
  'settings that another process has just put are those that are removed, and those whose secrets stay',
  async (t) => {
    const other = await city.start({ workers: false });
    await city.call('GET', settings, undefined, {}, other);
    await city.call('PUT', settings, wechat.settingsFor('plain'));
    const put = { token: '***', appId: 'wx2' };
    t.match(await city.call('PUT', settings, put, {}, other), { status: 200 });
    city.instance.sources.forget();
    t.match(await city.instance.sources.settingsOf('wechat', 'wechat-12345'), { token: wechat.TOKEN, appId: 'wx2' });
    t.equal((await city.call('DELETE', settings, undefined, {}, other)).status, 200);
    await city.call('PUT', settings, wechat.settingsFor('plain'));
    t.equal((await city.call('DELETE', settings, undefined, {}, other)).status, 200);
    t.match(await city.rows("select settings from sources where code = 'wechat-12345'"), [{ settings: null }]);
  },
);

t.test('what is not connected has nothing to take away', async (t) => {
  t.equal((await city.call('DELETE', '/v1/sources/nowhere/settings')).status, 404);
  t.match(await city.call('DELETE', settings), { status: 200, body: {} }, 'twice is once');
  const { items } = await city.get<{ items: object[] }>('/v1/audit?action=disconnect-source');
  t.equal(items.length, 3);
});
