import { createCity } from '../support/city.ts';
import t from '../support/tap.ts';

const city = await createCity(t);
t.test('smoke', async (t) => {
  const a = await city.register('phone', { body: '路灯不亮', sender: { phone: '13800001234' } });
  await city.clock.settle();
  t.match(await city.appeal(a.appealId), { status: 'assigned' });
  t.equal((await city.outbox()).length, 1);
});
