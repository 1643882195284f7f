import { createCity } from '../support/city.ts';
import t from '../support/tap.ts';

t.test('each filter of a list is read in the order of an index, however few rows have the value', async (t) => {
  const city = await createCity(t, { workers: false });
  const client = await city.instance.db.$client.connect();
  t.teardown(() => client.release());
  await client.query('set enable_seqscan = off; set enable_bitmapscan = off');
  const lists: [table: string, filter: string, value: string, order: 'asc' | 'desc'][] = [
    ['appeals', 'source', '12318', 'desc'],
    ['appeals', 'nature', 'commendation', 'desc'],
    ['appeals', 'category', 'A01', 'desc'],
    ['appeals', 'urgency', 'critical', 'desc'],
    ['appeals', 'status', 'triage', 'desc'],
    ['appeals', 'department', 'housing', 'desc'],
    ['escalations', 'department', 'housing', 'asc'],
    ['escalations', 'deadline', 'on-site', 'asc'],
    ['escalations', 'role', 'desk-lead', 'asc'],
    ['agenda', 'kind', 'recompute', 'asc'],
  ];
  for (const [table, filter, value, order] of lists) {
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(
      `explain select * from ${table} where ${filter} = $1 order by id ${order} limit 50`.replace('$1', `'${value}'`),
    );
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    t.match(plan, new RegExp(`Index Cond: \\(${filter} = '${value}'`), `${table} by ${filter}`);
    t.notMatch(plan, /Sort|Filter/, `${table} by ${filter}`);
  }
});
