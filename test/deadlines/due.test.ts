import fc from 'fast-check';
import t from 'tap';
import { type DeadlineName, mainDeadlines } from '../../src/deadlines/deadline-names.ts';
import type { Policy } from '../../src/deadlines/policy.schema.ts';
import { assessAt, sendAt } from '../../src/deadlines/quiet-hours.ts';
import { createTimeRules } from '../../src/deadlines/time-rules.service.ts';
import { createZone } from '../../src/deadlines/zone.ts';
import { anyone, bundledPolicy, kunming, nationalCalendar } from './support.ts';

const calendar = nationalCalendar();
const policy = bundledPolicy('kunming-hotline');
const zone = createZone(policy.zone);
const MINUTE = 60_000;

const rules = createTimeRules(policy, calendar);
const due = (name: DeadlineName, start: Date) => {
  const found = rules.dueOf(name, start, anyone);
  if (!found) throw new Error(`no ${name}`);
  return found;
};
const ladder = (name: DeadlineName, startsAt: Date, dueAt = due(name, startsAt).dueAt) =>
  rules.ladderOf(name, { startsAt, dueAt });
const local = (date: Date): string => zone.formatInstant(date).replace('T', ' ').replace('+08:00', '');

t.test('due times of Kunming', async (t) => {
  const cases: [DeadlineName, string, string][] = [
    ['forward', '2026-09-29 16:59:59.999', '2026-09-30 00:00:00'],
    ['forward', '2026-09-29 17:00:00.000', '2026-09-30 10:00:00'],
    ['forward', '2026-09-29 00:00:00', '2026-09-30 00:00:00'],
    ['forward', '2026-09-29 23:59:59.999', '2026-09-30 10:00:00'],
    ['forward', '2026-09-30 17:00:00', '2026-10-01 10:00:00'],
    ['forward', '2026-10-03 09:00:00', '2026-10-04 00:00:00'],
    ['forward', '2026-12-31 17:00:00', '2027-01-01 10:00:00'],
    ['forward', '2024-02-28 17:00:00', '2024-02-29 10:00:00'],
    ['receipt', '2026-09-30 00:00:00', '2026-10-01 10:00:00'],
    ['receipt', '2026-09-30 16:59:59.999', '2026-10-01 10:00:00'],
    ['receipt', '2026-10-01 23:59:59.999', '2026-10-02 10:00:00'],
    ['sign', '2026-09-30 08:00:00', '2026-10-08 17:00:00'],
    ['sign', '2026-09-30 23:00:00', '2026-10-08 17:00:00'],
    ['sign', '2026-10-03 12:00:00', '2026-10-08 17:00:00'],
    ['sign', '2026-10-09 10:00:00', '2026-10-10 17:00:00'],
    ['sign', '2020-01-31 10:00:00', '2020-02-03 17:00:00'],
    ['sign', '2020-02-01 10:00:00', '2020-02-03 17:00:00'],
    ['resolve', '2026-09-30 10:00:00', '2026-10-13 17:00:00'],
    ['resolve', '2026-11-23 10:00:00', '2026-11-30 17:00:00'],
  ];
  for (const [name, start, dueAt] of cases) {
    t.same(
      [local(due(name, kunming(start)).dueAt), due(name, kunming(start)).provisional],
      [dueAt, false],
      `${name} from ${start}`,
    );
  }
});

t.test('due times that count through a year without data are provisional', async (t) => {
  t.same(due('sign', kunming('2026-12-31 10:00:00')), { dueAt: kunming('2027-01-01 17:00:00'), provisional: true });
  t.same(due('resolve', kunming('2026-12-24 10:00:00')), { dueAt: kunming('2026-12-31 17:00:00'), provisional: false });
  t.equal(due('resolve', kunming('2026-12-25 10:00:00')).provisional, true);
  t.equal(due('forward', kunming('2026-12-31 18:00:00')).provisional, false, 'every day of the year is no guess');
});

/** 2018 to 2026, to the millisecond. */
const anyStart = fc
  .integer({ min: Date.parse('2018-01-01T00:00:00+08:00'), max: Date.parse('2026-12-20T00:00:00+08:00') })
  .map((ms) => new Date(ms));

t.test('agrees with looking at one minute after the other', async () => {
  /** Walks on from the start until `holds` of what the clock shows, counting the days that have begun. */
  function walk(start: Date, holds: (shown: string, workdaysBegun: number) => boolean): Date {
    let begun = 0;
    for (let ms = (Math.floor(start.getTime() / MINUTE) + 1) * MINUTE; ; ms += MINUTE) {
      const shown = new Date(ms + 8 * 60 * MINUTE).toISOString().slice(11, 16);
      if (shown === '00:00' && calendar.isWorkday(zone.epochDay(new Date(ms)))) begun++;
      if (holds(shown, begun)) return new Date(ms);
    }
  }
  fc.assert(
    fc.property(anyStart, (start) => {
      const late = local(start).slice(11, 13) >= '17';
      let midnights = 0;
      const receipt = walk(start, (shown) => {
        if (shown === '00:00') midnights++;
        return midnights === 1 && shown === '10:00';
      });
      const expected = {
        forward: late ? receipt : walk(start, (shown) => shown === '00:00'),
        receipt,
        sign: walk(start, (shown, begun) => begun === 1 && shown === '17:00'),
        resolve: walk(start, (shown, begun) => begun === 5 && shown === '17:00'),
      };
      return mainDeadlines.every((name) => due(name, start).dueAt.getTime() === expected[name].getTime());
    }),
    { numRuns: 60 },
  );
});

t.test(
  'what starts later is never due earlier, and nothing is due before it starts, in zones that change their clocks too',
  async () => {
    const zones = ['Asia/Shanghai', 'America/New_York', 'Europe/London', 'America/Sao_Paulo'].map((name) =>
      createTimeRules({ ...policy, zone: name }, calendar),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom(...mainDeadlines),
        anyStart,
        fc.nat(3 * 24 * 60 * MINUTE),
        (of, name, start, later) => {
          const one = of.dueOf(name, start, anyone)!.dueAt;
          const other = of.dueOf(name, new Date(start.getTime() + later), anyone)!.dueAt;
          return one > start && other >= one;
        },
      ),
      { numRuns: 3000 },
    );
  },
);

const told = (moments: ReturnType<typeof ladder>): string[] =>
  moments.map(({ step, role, at }) => `${step} ${role} ${local(at)}`);

t.test('ladders of Kunming', async (t) => {
  t.same(told(ladder('forward', kunming('2026-09-30 17:00:00'))), [
    '0 desk-lead 2026-10-01 09:30:00',
    '1 desk-lead 2026-10-01 10:00:00',
    '2 desk-director 2026-10-08 10:00:00',
    '3 city-office 2026-10-09 10:00:00',
  ]);
  t.same(
    told(ladder('forward', kunming('2026-11-27 12:00:00'))),
    [
      '0 desk-lead 2026-11-27 23:30:00',
      '1 desk-lead 2026-11-28 00:00:00',
      '2 desk-director 2026-12-01 00:00:00',
      '3 city-office 2026-12-02 00:00:00',
    ],
    'Friday 24:00 and a working day is Monday 24:00',
  );
  t.same(told(ladder('receipt', kunming('2026-09-29 08:00:00'))).slice(0, 2), [
    '0 desk-lead 2026-09-30 09:30:00',
    '1 desk-lead 2026-09-30 10:00:00',
  ]);
  t.same(told(ladder('sign', kunming('2026-09-30 10:00:00'))), [
    '0 department-clerk 2026-10-08 15:00:00',
    '1 department-head 2026-10-08 17:00:00',
    '2 department-leader 2026-10-09 17:00:00',
    '3 city-office 2026-10-10 17:00:00',
  ]);
  t.same(told(ladder('resolve', kunming('2026-09-30 10:00:00')))[0], '0 department-clerk 2026-10-12 17:00:00');
});

t.test('steps outside office hours wait for the opening, and those of the desk do not', async (t) => {
  const start = kunming('2026-09-30 09:00:00');
  const at = (dueAt: string): string[] => told(ladder('sign', start, kunming(dueAt))).slice(0, 2);
  t.same(
    at('2026-10-08 14:30:00'),
    ['0 department-clerk 2026-10-08 13:00:00', '1 department-head 2026-10-08 14:30:00'],
    'lunch',
  );
  t.same(at('2026-10-08 17:00:00.001')[1], '1 department-head 2026-10-09 09:00:00', 'just after close');
  t.same(
    at('2026-10-03 10:00:00'),
    ['0 department-clerk 2026-10-03 10:00:00', '1 department-head 2026-10-08 09:00:00'],
    'a holiday; the reminder stays before dueAt',
  );
  t.same(told(ladder('forward', start, kunming('2026-10-03 03:00:00')))[0], '0 desk-lead 2026-10-03 02:30:00');
});

t.test('a reminder whose time has passed comes at the start', async (t) => {
  const late = { start: kunming('2026-09-30 09:50:00'), dueAt: kunming('2026-09-30 10:00:00') };
  t.equal(told(ladder('receipt', late.start, late.dueAt))[0], '0 desk-lead 2026-09-30 09:50:00');
  t.equal(
    told(ladder('receipt', kunming('2026-09-30 11:00:00'), late.dueAt))[0],
    '0 desk-lead 2026-09-30 10:00:00',
    'never after dueAt',
  );
});

t.test('every ladder climbs in order: the reminder between start and dueAt, the rest from dueAt on', async () => {
  fc.assert(
    fc.property(fc.constantFrom(...mainDeadlines), anyStart, (name, start) => {
      const { dueAt } = due(name, start);
      const steps = ladder(name, start);
      const inOrder = steps.every(
        (moment, at) => at === 0 || (moment.at > steps[at - 1]!.at && moment.step === steps[at - 1]!.step + 1),
      );
      return inOrder && steps[0]!.at >= start && steps[0]!.at < dueAt && steps[1]!.at.getTime() === dueAt.getTime();
    }),
    { numRuns: 2000 },
  );
});

t.test('when a message to a citizen may go', async (t) => {
  const cases: [string, string, string, string][] = [
    ['2026-09-29 20:59:59.999', '2026-09-30 10:00:00', '2026-09-29 20:59:59.999', 'before quiet hours: at once'],
    ['2026-09-29 21:00:00', '2026-09-30 10:00:00', '2026-09-30 08:00:00', 'in the evening: next morning'],
    ['2026-09-30 07:59:59.999', '2026-09-30 10:00:00', '2026-09-30 08:00:00', 'in the early morning: the same morning'],
    ['2026-09-30 08:00:00', '2026-09-30 10:00:00', '2026-09-30 08:00:00', 'quiet hours end at 08:00 sharp'],
    [
      '2026-09-30 05:00:00',
      '2026-09-30 07:00:00',
      '2026-09-30 06:59:00',
      'due in the night: held as long as the promise allows',
    ],
    ['2026-09-30 06:59:30', '2026-09-30 07:00:00', '2026-09-30 06:59:30', 'due within the minute: at once'],
    ['2026-09-30 07:00:30', '2026-09-30 07:00:00', '2026-09-30 07:00:30', 'overdue in the night: at once'],
    ['2026-09-30 12:00:00', '2026-09-30 10:00:00', '2026-09-30 12:00:00', 'overdue by day: at once'],
    ['2026-09-30 05:00:00', '2026-09-30 08:00:30', '2026-09-30 07:59:30', 'due just after the night'],
  ];
  for (const [earliest, dueAt, expected, why] of cases)
    t.equal(local(sendAt(policy, zone, kunming(earliest), kunming(dueAt))), expected, why);
  const siesta: Policy = { ...policy, quietHours: { from: '12:00', to: '14:00' } };
  t.equal(
    local(sendAt(siesta, zone, kunming('2026-09-30 13:00:00'), kunming('2026-09-30 18:00:00'))),
    '2026-09-30 14:00:00',
  );
  t.equal(
    local(sendAt(siesta, zone, kunming('2026-09-30 23:00:00'), kunming('2026-10-01 18:00:00'))),
    '2026-09-30 23:00:00',
  );
});

t.test('a message never goes before it can, and never because of quiet hours too late', async () => {
  fc.assert(
    fc.property(anyStart, fc.integer({ min: -600, max: 1800 }), (earliest, minutes) => {
      const dueAt = new Date(earliest.getTime() + minutes * MINUTE);
      const at = sendAt(policy, zone, earliest, dueAt);
      return at >= earliest && (at < dueAt || at.getTime() === earliest.getTime());
    }),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(anyStart, (received) => {
      const at = local(sendAt(policy, zone, received, due('receipt', received).dueAt)).slice(11);
      return at >= '08:00:00' && at < '21:00:00';
    }),
    { numRuns: 2000 },
  );
});

t.test('a receipt still undecided says so at 09:30 of the day it is due', async (t) => {
  const received = kunming('2026-09-29 18:00:00');
  t.equal(local(assessAt(policy, zone, received, due('receipt', received).dueAt)), '2026-09-30 09:30:00');
  t.equal(
    local(assessAt(policy, zone, kunming('2026-09-30 09:40:00'), kunming('2026-09-30 10:00:00'))),
    '2026-09-30 09:40:00',
    'sent back after 09:30: now',
  );
  t.equal(
    local(assessAt(policy, zone, received, kunming('2026-09-30 09:00:00'))),
    '2026-09-30 08:59:00',
    'due earlier than that',
  );
  t.equal(
    local(assessAt(policy, zone, received, kunming('2026-10-01 00:00:00'))),
    '2026-09-30 09:30:00',
    '24:00 belongs to the day before',
  );
});
