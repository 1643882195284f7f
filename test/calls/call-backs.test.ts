import type { Call, CallBack } from '../../src/calls/calls.schema.ts';
import { createCity } from '../support/city.ts';
import t from '../support/tap.ts';
import { answered, callCentre, connect, missed } from './support.ts';

const city = await createCity(t);
await connect(city);
const { take, callOf, openTasks } = callCentre(city);
let numbers = 0;
const someone = () => {
  numbers += 1;
  return `1390000${String(numbers).padStart(4, '0')}`;
};

t.test('several missed calls of one caller are one task; its outcome is recorded', async (t) => {
  const caller = someone();
  const call = await callOf([
    missed({ caller }),
    missed({ caller: `+86 ${caller}`, endedAt: '2026-03-10T09:59:30+08:00' }),
  ]);
  t.match(call, { status: 'missed', callBack: { status: 'open' } });
  t.match(await openTasks(), [
    { missedCalls: 2, caller: '139****0001', lastMissedAt: '2026-03-10T09:59:30+08:00', callId: call.callId },
  ]);
  t.equal((await city.all<Call>('/v1/calls?status=missed&callBack=open')).length, 2);
  const back = (outcome: string, note?: string) =>
    city.call<CallBack>('POST', `/v1/calls/${call.id}/call-back`, { outcome, ...(note ? { note } : {}) });
  t.match(await back('no-answer'), { status: 200, body: { status: 'open', attempts: 1 } });
  t.match(await back('reached', '请拨13800001234'), {
    status: 200,
    body: { status: 'reached', attempts: 2, closedBy: 'key:admin', note: '请拨138****1234' },
  });
  t.equal((await back('reached')).status, 409);
  t.same(await openTasks(), []);
  await take(missed({ caller, startedAt: '2026-03-10T09:50:00+08:00', endedAt: '2026-03-10T09:51:00+08:00' }));
  t.same(await openTasks(), [], 'told late of a call from before: they were spoken to since');
  await city.clock.advance('PT10M');
  await take(missed({ caller, startedAt: '2026-03-10T10:05:00+08:00', endedAt: '2026-03-10T10:06:00+08:00' }));
  t.match(await openTasks(), [{ missedCalls: 1 }], 'a new try is a new task');
  await city.call('POST', `/v1/calls/${(await openTasks())[0]?.call}/call-back`, { outcome: 'given-up' });
});

t.test('an answered call of the number, theirs or ours, closes what was missed before it', async (t) => {
  const [one, two, three] = [someone(), someone(), someone()];
  await take([missed({ caller: one }), missed({ caller: two }), missed({ caller: three })]);
  t.equal((await openTasks()).length, 3);
  await take(
    answered({
      caller: one,
      startedAt: '2026-03-10T10:00:00+08:00',
      answeredAt: '2026-03-10T10:01:00+08:00',
      endedAt: '2026-03-10T10:02:00+08:00',
    }),
  );
  await take({
    callId: 'back-1',
    direction: 'outbound',
    caller: '8001',
    called: two,
    startedAt: '2026-03-10T10:00:00+08:00',
    answeredAt: '2026-03-10T10:01:00+08:00',
    endedAt: '2026-03-10T10:02:00+08:00',
  });
  await take(
    answered({
      caller: three,
      startedAt: '2026-03-10T09:00:00+08:00',
      answeredAt: '2026-03-10T09:01:00+08:00',
      endedAt: '2026-03-10T09:02:00+08:00',
    }),
  );
  t.match(await openTasks(), [{ caller: '139****0004' }], 'an earlier talk does not count');
  t.equal((await city.all<CallBack>('/v1/call-backs?status=answered')).length, 2);
  await take(missed({ caller: one, startedAt: '2026-03-10T09:40:00+08:00', endedAt: '2026-03-10T09:41:00+08:00' }));
  t.equal((await openTasks()).length, 1, 'a missed call from before the talk, told late');
});

t.test('missed after all, answered after all', async (t) => {
  const caller = someone();
  const before = (await openTasks()).length;
  const call = missed({ caller, callId: 'late-1' });
  await take(call);
  t.equal((await openTasks()).length, before + 1);
  t.match(await callOf({ ...call, answeredAt: '2026-03-10T09:58:30+08:00' }), { status: 'answered', callBack: null });
  t.equal((await openTasks()).length, before);
});

t.test(
  'nobody is called back whose number is withheld, who is an extension or whom we called, or after a week',
  async (t) => {
    const before = (await openTasks()).length;
    const old = { startedAt: '2026-03-01T09:00:00+08:00', endedAt: '2026-03-01T09:01:00+08:00' };
    const calls = await take([
      missed({ caller: '' }),
      missed({ caller: 'anonymous' }),
      missed({ direction: 'outbound', called: someone() }),
      missed({ direction: 'internal', caller: '8001', called: '8002' }),
      missed({ caller: someone(), ...old }),
    ]);
    t.equal((await openTasks()).length, before);
    t.match(await city.get(`/v1/calls/${calls.calls[2]?.id}`), { status: 'unanswered' });
    t.equal((await city.call('POST', `/v1/calls/${calls.calls[0]?.id}/call-back`, { outcome: 'reached' })).status, 404);
  },
);

t.test('many missed calls of one caller at once', async (t) => {
  const caller = someone();
  const before = (await openTasks()).length;
  await Promise.all(Array.from({ length: 10 }, () => take(missed({ caller }))));
  const open = await openTasks();
  t.equal(open.length, before + 1);
  t.equal(open.at(-1)?.missedCalls, 10);
});

t.test('a call whose end is never told counts as missed after two hours without a word', async (t) => {
  const before = (await openTasks()).length;
  const statusOf = async (id: string) => (await city.get<Call>(`/v1/calls/${id}`)).status;
  const [lost, alive, talking, ours] = ['lost', 'alive', 'talking', 'ours'].map((callId) => ({
    callId: `silent-${callId}`,
    caller: callId === 'ours' ? '8001' : someone(),
  }));
  const answeredAt = '2026-03-10T09:58:30+08:00';
  const one = await callOf(lost);
  const two = await callOf(alive);
  const three = await callOf({ ...talking, answeredAt });
  const four = await callOf({ ...ours, called: someone(), direction: 'outbound' });
  await city.clock.advance('PT1H59M');
  t.equal(await statusOf(one.id), 'under-way');
  await take({ ...alive, agent: 'E021' });
  await city.clock.advance('PT1M');
  t.match(await city.get<Call>(`/v1/calls/${one.id}`), {
    status: 'missed',
    endedAt: null,
    callBack: { status: 'open' },
  });
  t.match(await Promise.all([two, three, four].map(({ id }) => statusOf(id))), ['under-way', 'answered', 'unanswered']);
  t.equal((await openTasks()).length, before + 1);
  await take(lost);
  t.equal(await statusOf(one.id), 'missed', 'the same event again is no word of it');
  await city.clock.advance('PT1H59M');
  t.equal(await statusOf(two.id), 'missed', 'two hours after its last event');
  t.equal((await openTasks()).length, before + 2);

  t.match(await callOf({ ...lost, answeredAt }), { status: 'answered', callBack: null });
  t.match(await callOf({ ...alive, endedAt: '2026-03-10T10:05:00+08:00' }), { status: 'missed' });
  t.equal((await openTasks()).length, before + 1, 'what is told late corrects it');
  await city.clock.advance('P1D');
  t.equal((await openTasks()).length, before + 1);
  t.same(await city.rows(`select state, count(*)::int as n from agenda where kind = 'silent-call' group by state`), [
    { state: 'done', n: 3 },
  ]);
});
