import { createCity } from '../support/city.ts';
import { brisk, choose, hotline, storePolicy } from '../support/policies.ts';
import t from '../support/tap.ts';

const sender = { phone: '13800000001' };

t.test('another process sees a new version within the refresh, and at once when it meets one', async (t) => {
  const city = await createCity(t);
  const other = await city.start();
  await city.register('phone', {}, other);
  const next = { ...hotline(), version: 2, returns: { atMost: 0 } };
  await storePolicy(city, next);
  const here = await city.register('phone', { body: '路灯不亮' });
  t.match(await city.appeal(here.appealId), { policy: { version: 2 } }, 'at once where it was stored');
  // Whichever process routes it, it is held to the version it was registered under.
  await city.clock.settle();
  const appeal = await city.appeal(here.appealId);
  t.match(await city.assignment(appeal.assignment?.id ?? ''), { final: true });
  await other.instance.stopWorkers();
  await city.instance.stopWorkers();
  const signed = await city.call(
    'POST',
    `/v1/assignments/${appeal.assignment?.id}/return`,
    { reason: '非我单位' },
    { 'if-match': '"1"' },
    other,
  );
  t.match(signed, { status: 409 }, 'the other process knows the version as soon as it meets it');
  const until = Date.now() + 15_000;
  for (let version = 1; version < 2; ) {
    const there = await city.register('phone', { body: '自来水很浑' }, other);
    ({ version } = (await city.appeal(there.appealId)).policy);
    if (Date.now() > until) throw new Error('the other process never noticed');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
});

t.test('late by adapter, quiet hours and receipts that a policy does not promise', async (t) => {
  const city = await createCity(t, { at: '2026-03-10T22:00:00+08:00' });
  const silent = brisk({ code: 'silent' });
  silent.deadlines.receipt.due = [{ by: 'none', source: { kind: 'ours' } }];
  await storePolicy(city, brisk());
  await storePolicy(city, silent);
  await choose(city, [
    { policy: 'brisk', sources: ['12319'] },
    { policy: 'silent', natures: ['suggestion'] },
    { policy: 'silent', categories: ['parks'] },
  ]);
  const late = await city.register('phone', { source: '12319', receivedAt: '2026-03-09T20:00:00+08:00' });
  t.match(await city.appeal(late.appealId), { lateByAdapter: true }, 'more than a day is late here');
  const timely = await city.register('phone', { receivedAt: '2026-03-09T20:00:00+08:00' });
  t.match(await city.appeal(timely.appealId), { lateByAdapter: false });

  const awake = await city.register('phone', { source: '12319', body: '路灯不亮', sender });
  const asleep = await city.register('phone', { body: '路灯不亮', sender });
  await city.clock.settle();
  t.match(await city.receipts(awake.appealId), [{ status: 'delivered', sentAt: '2026-03-10T22:00:00+08:00' }]);
  t.match(await city.receipts(asleep.appealId), [{ status: 'created' }], 'quiet from nine in the other policy');

  for (const changes of [{ nature: 'suggestion' }, { category: 'parks' }]) {
    const quiet = await city.register('phone', { ...changes, body: '路灯不亮', sender: { phone: '13800000009' } });
    t.match(quiet, { receiptDueAt: null, noReceiptReason: 'not-in-policy' });
    await city.clock.settle();
    t.same(await city.receipts(quiet.appealId), []);
    t.match(await city.appeal(quiet.appealId), { status: 'assigned', policy: { code: 'silent' } });
  }
});
