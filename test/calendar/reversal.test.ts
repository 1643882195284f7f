import fc from 'fast-check';
import { createCity } from '../support/city.ts';
import t from '../support/tap.ts';
import { change, changes, preview, running } from './support.ts';

t.test('any edit and its reverse restore all due times; a second recompute finds nothing to do', async (t) => {
  const city = await createCity(t);
  const appeals: string[] = [];
  for (const at of ['09:00', '16:59']) {
    await city.clock.set(`2026-03-11T${at}:00+08:00`);
    appeals.push(
      (await city.register('phone', { body: '路灯不亮', sender: { phone: '13800000001' }, title: at })).appealId,
    );
  }
  await city.clock.settle();
  const dueTimes = async (): Promise<string[]> => (await Promise.all(appeals.map((id) => running(city, id)))).flat();
  const before = await dueTimes();
  t.ok(before.length >= 3);
  const anyDay = fc.record({
    day: fc.integer({ min: 11, max: 28 }),
    kind: fc.constantFrom('workday', 'day-off'),
    scope: fc.constantFrom('national', 'local'),
  });
  const anyEdit = fc.uniqueArray(anyDay, {
    minLength: 1,
    maxLength: 4,
    selector: ({ day, scope }) => `${day} ${scope}`,
  });
  await fc.assert(
    fc.asyncProperty(anyEdit, async (edit) => {
      const set = edit.map(({ day, kind, scope }) => ({ date: `2026-03-${day}`, name: '某日', kind, scope }));
      const seen = await preview(city, { set, source: '一' });
      if (seen.differences.length === 0) return true;
      await change(city, { set, source: '一' });
      const moved = (await dueTimes()).filter((due) => !before.includes(due)).length;
      const recorded = (await changes(city)).length;
      await city.clock.settle();
      if ((await changes(city)).length !== recorded || moved > seen.moves.count) return false;
      const remove = seen.differences.map(({ date, scope }) => ({ date, scope }));
      await change(city, { remove, source: '二' });
      return (await dueTimes()).join() === before.join();
    }),
    { numRuns: 4 },
  );
});
