import { randomBytes } from 'node:crypto';
import { createKeyRing } from '../../src/platform/access/key-ring.ts';
import { createCity } from '../support/city.ts';
import t from '../support/tap.ts';

const makeKey = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`;
const [old, fresh] = [makeKey('k1'), makeKey('k2')];

t.test('what is sealed opens in its own context, unchanged, with its key', async (t) => {
  const ring = createKeyRing(old);
  const sealed = ring.seal('message:1', { name: '王女士' });
  t.same(ring.open('message:1', sealed), { name: '王女士' });
  t.notSame(ring.seal('message:1', { name: '王女士' }), sealed, 'never the same twice');
  t.throws(() => ring.open('message:2', sealed));
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = Buffer.from(sealed);
    changed[at] = (changed[at] ?? 0) ^ 1;
    t.throws(() => ring.open('message:1', changed), `byte ${at}`);
  }
  t.throws(() => createKeyRing(fresh).open('message:1', sealed), /k1/);
  t.same(createKeyRing(`${fresh},${old}`).open('message:1', sealed), { name: '王女士' });
  t.throws(() => createKeyRing(`${old},${makeKey('k1')}`), /k1|twice/);
});

t.test('a file of any size opens as it was', (t) => {
  const ring = createKeyRing(old);
  for (const size of [0, 1, 2 ** 20 - 1, 2 ** 20, 2 ** 20 + 1, 3 * 2 ** 20 + 7]) {
    const content = randomBytes(size);
    const sealed = ring.sealBytes('attachment:1', content);
    t.ok(ring.openBytes('attachment:1', sealed).equals(content), String(size));
    sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1;
    t.throws(() => ring.openBytes('attachment:1', sealed), 'changed at the end');
  }
  t.end();
});

t.test('after a rotation old persons are known, old data is read, new data has the new key', async (t) => {
  const city = await createCity(t, { dataKey: old });
  const body = '小区漏水严重，物业不管';
  const message = city.message('phone', { body, sender: { name: '王女士', phone: '13800000001' } });
  const url = '/v1/channels/phone/messages';
  const first = await city.call<{ appealId: string; queryCode: string; appealNumber: string }>('POST', url, message);
  await city.clock.settle();
  const node = await city.start({ dataKey: `${fresh},${old}` });
  const after = <T>(method: 'GET' | 'POST', path: string, sent?: object) => city.call<T>(method, path, sent, {}, node);

  t.match(await after('POST', url, message), {
    status: 200,
    body: { ...first.body, disposition: 'replayed', status: 'assigned' },
  });
  t.match(await after('POST', url, { ...message, body: '别的' }), { status: 409 });
  t.match(await after('POST', url, city.message('phone', { body, sender: { phone: '13800000001' } })), {
    status: 201,
    body: { disposition: 'attached', appealId: first.body.appealId },
  });
  const { appealNumber, queryCode, appealId } = first.body;
  t.equal((await after('GET', `/v1/citizen/appeals/${appealNumber}?code=${queryCode}`)).status, 200);
  const read = await after<{ items: { appellant: { name: string; phone: string } }[] }>(
    'GET',
    `/v1/appeals/${appealId}/messages`,
  );
  t.match(read.body.items, [{ appellant: { name: /^王/, phone: /\*/ } }, { appellant: { phone: /\*/ } }]);
  t.same(await city.rows('select key_id from messages order by id'), [{ key_id: 'k1' }, { key_id: 'k2' }]);

  await t.rejects(city.start({ dataKey: makeKey('k3') }), { name: 'ConfigError', message: /DATA_KEY/ });
  await t.rejects(
    city.start({ dataKey: makeKey('k1') }),
    { name: 'ConfigError', message: /DATA_KEY/ },
    'another key of the same name',
  );
});
