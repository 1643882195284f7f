import { createCity } from '../support/city.ts';
import t from '../support/tap.ts';
import { apply, preview } from './support.ts';

t.test('a recompute that breaks in the middle ends complete', async (t) => {
  const city = await createCity(t, { workers: false, at: '2026-07-23T10:00:00+08:00' });
  const { appealId } = await city.register('phone', { body: '路灯不亮' });
  const first = await city.start();
  await city.clock.settle();
  await first.close();
  // 1,200 more of its kind, so that the work takes several batches; the last of them cannot be written at first.
  await city.rows(
    `with more as (select gen_random_uuid() as id from generate_series(1, 1200)),
      copied as (insert into appeals select (jsonb_populate_record(a, jsonb_build_object('id', more.id, 'number', more.id, 'assignment_id', null))).*
        from appeals a, more where a.id = $1 returning id)
    insert into deadlines select (jsonb_populate_record(d, jsonb_build_object('id', gen_random_uuid(), 'appeal_id', copied.id))).*
      from deadlines d, copied where d.appeal_id = $1 and d.name = 'resolve'`,
    [appealId],
  );
  const [last] = await city.rows<{ id: string }>(
    "select id from deadlines where state = 'running' order by calendar_version, id offset 1000 limit 1",
  );
  await city.rows(`create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$`);
  await city.rows(
    `create trigger refuse before update on deadlines for each row when (old.id = '${last?.id}') execute function refuse()`,
  );
  const input = { set: [{ date: '2026-07-24', name: '火把节', kind: 'day-off', scope: 'local' }], source: '州政府' };
  const seen = await preview(city, input, '?limit=100');
  t.equal(seen.moves.count, 1202);
  const second = await preview(city, input, `?limit=100&after=${seen.moves.next}`);
  t.equal(new Set([...seen.moves.items, ...second.moves.items].map((move) => move.appealId)).size >= 199, true);
  await apply(city, input, seen.fingerprint);
  const node = await city.start();
  const pending = async (): Promise<number> => (await city.get<{ pending: number }>('/v1/calendar/versions/2')).pending;
  await node.instance.worker.drain('recompute');
  t.ok((await pending()) > 0, 'the batch that cannot be written is rolled back as a whole');
  t.ok((await pending()) < 1202, 'those before it stay done');
  await node.close();

  await city.rows('drop trigger refuse on deadlines');
  await city.start();
  await city.clock.advance('PT1M');
  t.equal(await pending(), 0);
  t.same(await city.rows("select due_at::text, count(*)::int as n from deadlines where name = 'resolve' group by 1"), [
    { due_at: '2026-07-31 09:00:00+00', n: 1201 },
  ]);
  t.same(await city.rows('select count(*)::int as n from deadline_changes'), [{ n: 1202 }], 'one record each');
});
