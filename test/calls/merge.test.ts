import fc from 'fast-check';
import type { CallEvent } from '../../src/calls/call-event.ts';
import type { Call } from '../../src/calls/calls.schema.ts';
import { type MergedCall, mergeEvents } from '../../src/calls/merge.ts';
import { fromAsterisk } from '../../src/channels/phone/asterisk.ts';
import { createZone } from '../../src/deadlines/zone.ts';
import { createCity } from '../support/city.ts';
import t from '../support/tap.ts';
import { answered, callCentre, connect } from './support.ts';

const city = await createCity(t);
await connect(city);
const { take, callOf } = callCentre(city);

t.test('what is told later corrects what was told, whatever its length and its moment', async (t) => {
  const call = await callOf(answered({ callId: 'mend-1' }));
  t.match(await callOf({ callId: 'mend-1', endedAt: '2026-03-10T09:58:50+08:00' }), {
    endedAt: '2026-03-10T09:58:50+08:00',
    talkSeconds: 30,
  });
  t.match(await callOf({ callId: 'mend-1', agent: 'E022' }), { id: call.id, agent: 'E022' });
  for (const agent of ['E9', 'Examined by somebody', 'E1'])
    t.match(await callOf(answered({ callId: 'mend-1', agent })), { agent, endedAt: call.endedAt });
  const fields = { answeredAt: '2026-03-10T09:58:30+08:00', endedAt: '2026-03-10T09:58:55+08:00' };
  t.match(await callOf({ callId: 'mend-1', ...fields }), { ...fields, agent: 'E1', talkSeconds: 25 });
});

t.test('progress that is delivered late undoes nothing, and adds what was not known', async (t) => {
  const startedAt = '2026-03-10T09:58:00+08:00';
  await take(answered({ callId: 'late-1' }));
  const rang = { callId: 'late-1', agent: 'E007', seat: 'S07', startedAt };
  t.match(await callOf(rang), { status: 'answered', agent: 'E021', seat: 'S07' });
  await take({ callId: 'late-1', agent: 'E022' });
  const taken = { ...rang, seat: 'S08', answeredAt: '2026-03-10T09:58:25+08:00' };
  t.match(await callOf(taken), { agent: 'E022', seat: 'S08', answeredAt: '2026-03-10T09:58:20+08:00' });
  t.match(await callOf(rang), { agent: 'E022', seat: 'S08' }, 'the same once more');
});

t.test('`sentAt` says which word is the later one, and lets the beginning be corrected', async (t) => {
  const at = (minute: number) => `2026-03-10T09:5${minute}:00+08:00`;
  const begun = { callId: 'sent-1', startedAt: at(1), agent: 'E1', sentAt: at(1) };
  const ended = { callId: 'sent-1', startedAt: at(1), endedAt: at(4), agent: 'E2', sentAt: at(4) };
  const mended = { callId: 'sent-1', startedAt: at(0), agent: 'E3', sentAt: at(6) };
  t.match(await callOf([mended, ended, begun]), {
    startedAt: at(0),
    endedAt: at(4),
    agent: 'E3',
    durationSeconds: 240,
  });
  t.match(await callOf({ callId: 'sent-1', agent: 'E4', sentAt: at(5) }), { agent: 'E3' });
  t.match(await callOf({ callId: 'sent-1', agent: 'E2', sentAt: at(7) }), { agent: 'E2' });
  const early = await city.rows(`select count(*)::int as n from call_events where leg_id = 'sent-1'`);
  t.same(early, [{ n: 5 }]);
  await take([begun, ended, mended]);
  t.match(await city.get<Call>(`/v1/calls/${(await callOf(begun)).id}`), { agent: 'E2' }, 'again changes nothing');
  t.same(await city.rows(`select count(*)::int as n from call_events where leg_id = 'sent-1'`), early);
});

const second = (from: number, to: number) =>
  fc.integer({ min: from, max: to }).map((s) => new Date(Date.UTC(2026, 2, 10) + s * 1000).toISOString());
const time = second(0, 3_600);
const anyEvent: fc.Arbitrary<CallEvent> = fc.record(
  {
    callId: fc.constantFrom('a', 'b', 'c'),
    linkedId: fc.constantFrom('a', 'b'),
    direction: fc.constantFrom('inbound' as const, 'internal' as const),
    party: fc.constantFrom('caller' as const, 'agent' as const),
    caller: fc.constantFrom('1', '2'),
    agent: fc.constantFrom('E1', 'E2', 'E3'),
    row: fc.constantFrom('6', '7', '10'),
    startedAt: time,
    queuedAt: time,
    answeredAt: time,
    endedAt: time,
    durationSeconds: fc.integer({ min: 0, max: 900 }),
    talkSeconds: fc.integer({ min: 0, max: 900 }),
    answeredBySwitch: fc.constant(true),
    sentAt: time,
  },
  { requiredKeys: ['callId'] },
);
const arrivedAt = new Date(Date.UTC(2026, 2, 10, 2));
const merged = (events: readonly CallEvent[]): MergedCall => mergeEvents(events.map((event) => ({ event, arrivedAt })));
const shuffled = <T>(values: T[]) => fc.shuffledSubarray(values, { minLength: values.length });

function isPossible({ startedAt, answeredAt, endedAt, durationSeconds, talkSeconds }: MergedCall): boolean {
  const known = [startedAt, answeredAt, endedAt].flatMap((at) => (at ? [at.getTime()] : []));
  return (
    known.every((at, index) => index === 0 || at >= (known[index - 1] ?? at)) &&
    (durationSeconds === null || durationSeconds >= 0) &&
    (talkSeconds === null || (talkSeconds >= 0 && talkSeconds <= (durationSeconds ?? talkSeconds)))
  );
}

t.test('whatever is told, a call is possible, and taken by somebody who answered', async () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { minLength: 1, maxLength: 10 }), (events) => {
      const call = merged(events);
      // Words of one id may be of one leg: who is named in one may have answered by another.
      const takers = new Set(events.filter(({ answeredAt }) => answeredAt).map(({ callId }) => callId));
      const theirs = events.filter(({ callId }) => takers.has(callId)).map(({ agent }) => agent);
      return isPossible(call) && (call.answeredAt === null || call.agent === null || theirs.includes(call.agent));
    }),
    { numRuns: 2_000 },
  );
});

t.test('words with `sentAt` make the same call in whatever order and however often they come', async () => {
  const events = fc
    .uniqueArray(anyEvent, { minLength: 1, maxLength: 6, selector: ({ sentAt }) => sentAt })
    .map((all) => all.map((event) => ({ ...event, sentAt: event.sentAt ?? new Date(0).toISOString() })));
  fc.assert(
    fc.property(
      events.chain((all) => fc.tuple(fc.constant(all), shuffled([...all, ...all]))),
      ([all, mixed]) => JSON.stringify(merged(all)) === JSON.stringify(merged(mixed)),
    ),
  );
});

t.test('without it, a call that is told as it goes on is the same in whatever order its progress comes', async () => {
  const stages = ['startedAt', 'queuedAt', 'answeredAt', 'endedAt'] as const;
  const story = fc.tuple(
    fc.tuple(second(0, 9), second(10, 19), second(20, 29), second(30, 39)),
    fc.array(
      fc.record({ agent: fc.constantFrom('E1', 'E2'), seat: fc.constantFrom('S1', 'S2') }, { requiredKeys: [] }),
      {
        minLength: 4,
        maxLength: 4,
      },
    ),
  );
  const progress = story.map(([times, more]) =>
    stages.map((_stage, at): CallEvent => {
      const told = Object.fromEntries(stages.slice(0, at + 1).map((name, index) => [name, times[index]]));
      return { callId: 'a', ...told, ...more[at] };
    }),
  );
  fc.assert(
    fc.property(
      progress.chain((all) => fc.tuple(fc.constant(all), shuffled(all))),
      fc.integer({ min: 0, max: 4 }),
      ([all, mixed], at) => {
        const same = JSON.stringify(merged(all)) === JSON.stringify(merged(mixed));
        // Once its end is known, a correction stands against every word of it that is delivered late.
        const end = mixed.findIndex(({ endedAt }) => endedAt !== undefined);
        const place = Math.max(at, end + 1);
        const mended = merged([...mixed.slice(0, place), { callId: 'a', agent: 'mended' }, ...mixed.slice(place)]);
        return same && mended.agent === 'mended';
      },
    ),
  );
});

t.test('the rows of an Asterisk call make one possible call, each row a leg of its own', async () => {
  const reading = { source: '12345', zone: createZone('Asia/Shanghai'), settings: { secret: 'x'.repeat(16) } };
  const clock = (s: number): string =>
    new Date(Date.UTC(2026, 2, 10) + s * 1000).toISOString().slice(0, 19).replace('T', ' ');
  const rows = fc
    .array(
      fc.record({
        agent: fc.constantFrom('8001', '8002', '8003'),
        rang: fc.integer({ min: 0, max: 60 }),
        talked: fc.option(fc.integer({ min: 1, max: 300 }), { nil: undefined }),
      }),
      { minLength: 1, maxLength: 5 },
    )
    .map((spells) => {
      let from = 0;
      return spells.map(({ agent, rang, talked }, sequence) => {
        const start = from;
        from += rang + (talked ?? 0);
        return {
          agent,
          talked: talked ?? 0,
          record: {
            uniqueid: 'u',
            sequence: sequence + 8,
            src: '13800001234',
            dst: '12345',
            channel: 'PJSIP/trunk-00000001',
            dstchannel: `PJSIP/${agent}-0000001${sequence}`,
            start: clock(start),
            answer: talked === undefined ? '' : clock(start + rang),
            end: clock(from),
            duration: from - start,
            billsec: talked ?? 0,
            disposition: talked === undefined ? 'NO ANSWER' : 'ANSWERED',
          },
        };
      });
    });
  fc.assert(
    fc.property(
      rows.chain((all) => fc.tuple(fc.constant(all), shuffled([...all, ...all]))),
      ([all, mixed]) => {
        const call = merged(mixed.map(({ record }) => fromAsterisk(reading, record)));
        const takers = all.filter(({ talked }) => talked > 0);
        const total = takers.reduce((sum, { talked }) => sum + talked, 0);
        const length = all.reduce((sum, { record }) => sum + record.duration, 0);
        return (
          isPossible(call) &&
          call.durationSeconds === length &&
          call.talkSeconds === (takers.length > 0 ? total : null) &&
          call.agent === (takers[0] ?? all[0])?.agent &&
          (all.length === 1 || call.parties.length === all.length + 1)
        );
      },
    ),
  );
});
