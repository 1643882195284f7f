import { createCity } from '../support/city.ts';
import t from '../support/tap.ts';
import { change, changes, type Day, running } from './support.ts';

t.test('local days off, half days, and taking them back', async (t) => {
  const city = await createCity(t, { at: '2026-07-23T10:00:00+08:00' });
  const { appealId } = await city.register('phone', { body: '路灯不亮' });
  await city.clock.settle();
  const due = ['sign 2026-07-24T17:00:00+08:00', 'resolve 2026-07-30T17:00:00+08:00'];
  t.same(await running(city, appealId), due);
  const torches = { date: '2026-07-24', name: '火把节', kind: 'day-off', scope: 'local' };
  await change(city, { set: [torches], source: '州政府通知' });
  t.same(await running(city, appealId), ['sign 2026-07-27T17:00:00+08:00', 'resolve 2026-07-31T17:00:00+08:00']);
  const year = await city.get<{ days: Day[] }>('/v1/calendar/2026');
  t.match(
    year.days.filter(({ scope }) => scope === 'local'),
    [{ ...torches, source: '州政府通知' }],
  );
  await change(city, { set: [{ ...torches, kind: 'half-day', worked: { to: '12:00' } }], source: '州政府通知' });
  t.same(await running(city, appealId), ['sign 2026-07-24T12:00:00+08:00', due[1]]);
  await change(city, { remove: [{ date: torches.date, scope: 'local' }], source: '撤销' });
  t.same(await running(city, appealId), due);
  t.equal((await changes(city, `appealId=${appealId}&calendarVersion=3`)).length, 2);
});

t.test('a ladder whose days change is climbed on the new ones, also where the due time stays', async (t) => {
  const city = await createCity(t, { at: '2026-03-12T11:00:00+08:00' });
  const { appealId } = await city.register('phone', { body: '路灯不亮' });
  await city.clock.set('2026-03-13T18:00:00+08:00');
  // Friday's sign is missed: step 2 comes a working day later, which is now Saturday.
  const saturday = { date: '2026-03-14', name: '调休', kind: 'workday', scope: 'local' };
  const seen = await change(city, { set: [saturday], source: '市政府' });
  t.same(
    seen.moves.items.map(({ name }) => name),
    ['resolve'],
  );
  await city.clock.set('2026-03-14T18:00:00+08:00');
  const steps = (await city.escalations(appealId)).filter(({ deadline }) => deadline === 'sign');
  t.same(
    steps.map(({ step, at }) => `${step} ${at}`),
    ['0 2026-03-13T15:00:00+08:00', '1 2026-03-13T17:00:00+08:00', '2 2026-03-14T17:00:00+08:00'],
  );
});
