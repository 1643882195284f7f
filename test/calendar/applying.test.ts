import { createCity } from '../support/city.ts';
import t from '../support/tap.ts';
import { apply, change, preview } from './support.ts';

t.test('what is applied is what was seen', async (t) => {
  const city = await createCity(t);
  const input = (date: string) => ({
    set: [{ date, name: '州庆', kind: 'day-off', scope: 'local' }],
    source: '州政府',
  });
  const seen = await preview(city, input('2026-04-15'));
  t.equal((await apply(city, input('2026-04-16'), seen.fingerprint)).status, 412, 'another import');
  t.equal((await city.call('POST', '/v1/calendar/versions', input('2026-04-15'))).status, 428);
  await change(city, input('2026-04-20'));
  t.equal((await apply(city, input('2026-04-15'), seen.fingerprint)).status, 412, 'another calendar');
  const again = await preview(city, input('2026-04-20'));
  t.same([again.differences, again.moves.count], [[], 0]);
  t.equal((await apply(city, input('2026-04-20'), again.fingerprint)).status, 409);
  const versions = await city.all<{ version: number }>('/v1/calendar/versions?limit=1');
  t.same(
    versions.map(({ version }) => version),
    [2, 1],
  );
  // Two at once: one is in force, the other has to look again.
  const both = [input('2026-05-06'), input('2026-05-07')];
  const prints = await Promise.all(both.map((one) => preview(city, one)));
  const replies = await Promise.all(both.map((one, at) => apply(city, one, prints[at]?.fingerprint ?? '')));
  t.same(replies.map(({ status }) => status).sort(), [201, 412]);
});

t.test(
  'processes that run reckon with the new calendar; what one began with the old is found afterwards',
  async (t) => {
    const city = await createCity(t, { at: '2026-07-23T10:00:00+08:00' });
    const other = await city.start({ workers: false });
    const versions = async (id: string): Promise<number[]> =>
      (await city.all<{ policy: { calendarVersion: number } }>(`/v1/appeals/${id}/deadlines`)).map(
        ({ policy }) => policy.calendarVersion,
      );
    await other.instance.book.current();
    await change(city, {
      set: [{ date: '2026-07-24', name: '火把节', kind: 'day-off', scope: 'local' }],
      source: '州政府',
    });
    const stale = await city.register('phone', { body: '一言难尽' }, other);
    other.instance.book.forget();
    const fresh = await city.register('phone', { body: '不知所云' }, other);
    t.same(await versions(fresh.appealId), [2]);
    await city.clock.advance('PT1M');
    t.same(await versions(stale.appealId), [2]);
    t.match(await city.get('/v1/calendar/versions/2'), { pending: 0 });
  },
);
