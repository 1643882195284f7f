import { createCity } from '../support/city.ts';
import t from '../support/tap.ts';
import { change, notice2027 } from './support.ts';

t.test('the warning of an unknown year goes when its notice comes, in every process that runs', async (t) => {
  const city = await createCity(t, { at: '2026-11-30T10:00:00+08:00' });
  const [other, third] = [await city.start({ workers: false }), await city.start({ workers: false })];
  // Each process keeps its warnings for two seconds, so each is asked once.
  const warned = async (node?: typeof other): Promise<boolean> => {
    const { body } = await city.call<{ warnings: string[] }>('GET', '/readyz', undefined, {}, node);
    return body.warnings.some((warning) => /calendar of 2027/.test(warning));
  };
  t.equal(await warned(), false, 'before December nobody has to worry');
  await city.clock.set('2026-12-01T00:00:00+08:00');
  t.equal(await warned(other), true);
  await change(city, { notice: notice2027 });
  // What the seconds do for which a process keeps the rules.
  third.instance.book.forget();
  t.equal(await warned(third), false);
});
