import type { Position } from '../../src/channels/mailbox/imap/positions.ts';
import { countFailure, countTry, forgetTries, triesOf } from '../../src/channels/mailbox/imap/tries.ts';
import { createCity } from '../support/city.ts';
import t from '../support/tap.ts';

t.test('several mails that cannot be taken are each counted by themselves', async (t) => {
  const { db } = (await createCity(t, { workers: false })).instance;
  const position = { source: 'mayor-mailbox', uidValidity: '7' } as unknown as Position;
  for (const uid of [1, 2, 1, 2, 1]) {
    await countTry(db, position, uid);
    await countFailure(db, position, uid);
  }
  const both = await triesOf(db, position);
  t.same(both.get(1), { failures: 3, crashes: 0 });
  t.same(both.get(2), { failures: 2, crashes: 0 });
  await forgetTries(db, position, 1);
  t.same([...(await triesOf(db, position)).keys()], [2], 'the later one is still counted');
});
