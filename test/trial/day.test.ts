import { findDovecot } from '../support/dovecot.ts';
import t from '../support/tap.ts';
import { runDay } from './day/day.ts';

t.test('a small day of mixed traffic, with a kill in it: no message twice, none missing', async (t) => {
  if (!findDovecot()) t.comment('dovecot was not found: the mail of the day is posted');
  const { deviations, protocols, kills } = await runDay({ count: 60, kills: 1, seed: 7 });
  t.same(deviations, []);
  t.equal(kills, 1);
  for (const [name, { sent, deliveries }] of Object.entries(protocols)) t.ok(sent > 0 && deliveries >= sent, name);
});
