import fc from 'fast-check';
import t from 'tap';
import type { DeadlineName } from '../../src/deadlines/deadline-names.ts';
import { dueOf } from '../../src/deadlines/due.ts';
import type { DueRule } from '../../src/deadlines/due-rule.schema.ts';
import type { Extension, LimitChanges, Pause } from '../../src/deadlines/limit-changes.ts';
import type { Policy } from '../../src/deadlines/policy.schema.ts';
import type { RuleSubject } from '../../src/deadlines/subject.ts';
import { createTimeRules } from '../../src/deadlines/time-rules.service.ts';
import { createZone } from '../../src/deadlines/zone.ts';
import { anyone, bundledPolicy, kunming, nationalCalendar } from './support.ts';

const calendar = nationalCalendar();
const simple: RuleSubject = { ...anyone, complexity: 'simple' };
const start = kunming('2026-11-24 10:00');

function rulesOf(code: string, edit: (policy: Policy) => void = () => {}) {
  const policy = structuredClone(bundledPolicy(code));
  edit(policy);
  return createTimeRules(policy, calendar);
}

const shown = (date: Date | undefined): string | undefined =>
  date && new Date(date.getTime() + 8 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ');
const pause = (from: string, to: string): Pause => ({ from: kunming(from), to: kunming(to) });
const extension = (askedAt: string, amount: number): Extension => ({ askedAt: kunming(askedAt), amount });

t.test('what is left when a pause begins is left when it ends, in the unit of the limit', async (t) => {
  const cases: [string, DeadlineName, Partial<RuleSubject>, string, Pause[], string, string][] = [
    [
      'yuanling',
      'resolve',
      {},
      '2026-11-24 10:00',
      [pause('2026-11-24 12:00', '2026-11-26 12:00')],
      '2026-11-27 10:00',
      '22 hours',
    ],
    [
      'gaoyou',
      'resolve',
      simple,
      '2026-09-29 10:00',
      [pause('2026-09-30 09:00', '2026-10-03 12:00')],
      '2026-10-08 17:30',
      'one working day',
    ],
    [
      'gaoyou',
      'resolve',
      simple,
      '2026-09-29 10:00',
      [pause('2026-09-29 15:00', '2026-10-03 12:00')],
      '2026-10-09 17:30',
      'two working days',
    ],
    [
      'gaoyou',
      'resolve',
      simple,
      '2026-11-23 10:00',
      [pause('2026-11-25 09:00', '2026-11-25 18:00')],
      '2026-11-26 17:30',
      'the day was over',
    ],
    [
      'gaoyou',
      'resolve',
      simple,
      '2026-11-24 10:00',
      [pause('2026-11-26 17:30', '2026-12-26 10:00')],
      '2026-11-26 17:30',
      'begun when it was due',
    ],
    [
      'gaoyou',
      'resolve',
      simple,
      '2026-11-24 10:00',
      [pause('2026-11-20 10:00', '2026-11-24 09:59')],
      '2026-11-26 17:30',
      'over before it started',
    ],
    [
      'gaoyou',
      'resolve',
      simple,
      '2026-11-24 10:00',
      [pause('2026-11-20 10:00', '2026-11-25 09:00')],
      '2026-11-27 17:30',
      'under way at the start',
    ],
    [
      'gaoyou',
      'sign',
      {},
      '2026-11-24 10:00',
      [pause('2026-11-24 11:00', '2026-11-30 11:00')],
      '2026-11-25 17:30',
      'signing is not suspended',
    ],
    [
      'beijing',
      'resolve',
      {},
      '2026-11-24 10:00',
      [pause('2026-11-26 10:00', '2026-12-06 10:00')],
      '2026-12-12 00:00',
      'five days',
    ],
    [
      'kunming-petition',
      'resolve',
      {},
      '2026-09-01 10:00',
      [pause('2026-10-03 10:00', '2026-10-04 10:00')],
      '2026-10-08 17:00',
      'rolled over a holiday, paused in it',
    ],
    [
      'kunming-petition',
      'resolve',
      {},
      '2026-11-24 10:00',
      [pause('2026-11-25 10:00', '2026-11-26 10:00'), pause('2026-12-01 10:00', '2026-12-03 10:00')],
      '2026-12-28 17:00',
      'two pauses, and the 27th is a Sunday',
    ],
  ];
  for (const [code, name, known, from, pauses, expected, why] of cases) {
    const due = rulesOf(code).dueOf(name, kunming(from), { ...anyone, ...known }, { pauses });
    t.equal(shown(due?.dueAt), expected, `${code} ${name}: ${why}`);
  }
  const baoshan = rulesOf('baoshan', (policy) => Object.assign(policy.deadlines.respond!, { suspendable: true }));
  const respond = baoshan.dueOf('respond', kunming('2026-11-24 11:50'), anyone, {
    pauses: [pause('2026-11-24 11:58', '2026-11-24 17:57')],
  });
  t.equal(shown(respond?.dueAt), '2026-11-25 08:34', 'seven working minutes, of which three before closing');
});

t.test('pauses that cannot be are refused', async (t) => {
  const rules = rulesOf('gaoyou');
  const due = (pauses: Pause[]) => rules.dueOf('resolve', start, simple, { pauses });
  t.throws(() => due([pause('2026-11-25 10:00', '2026-11-24 10:00')]), {
    name: 'RangeError',
    message: /before it begins/,
  });
  t.throws(
    () => due([pause('2026-11-25 09:00', '2026-11-25 11:00'), pause('2026-11-24 09:00', '2026-11-25 09:00:01')]),
    { name: 'RangeError', message: /overlap/ },
  );
});

t.test('extensions', async (t) => {
  const due = (code: string, subject: RuleSubject, changes: LimitChanges, edit?: (policy: Policy) => void) =>
    shown(rulesOf(code, edit).dueOf('resolve', start, subject, changes)?.dueAt);
  t.equal(due('gaoyou', simple, { extensions: [extension('2026-11-25 10:00', 5)] }), '2026-12-03 17:30');
  t.equal(due('kunming-petition', anyone, { extensions: [extension('2026-12-24 16:59', 30)] }), '2027-01-25 17:00');
  t.equal(
    shown(
      rulesOf('national-petition').dueOf('resolve', kunming('2026-07-01 10:00'), anyone, {
        extensions: [extension('2026-08-31 17:29', 30)],
      })?.dueAt,
    ),
    '2026-09-29 17:30',
    'the 30 days follow the sixtieth, a Sunday, not the Monday it gave way to',
  );
  t.equal(
    due('gaoyou', simple, {
      pauses: [pause('2026-11-24 11:00', '2026-12-01 11:00')],
      extensions: [extension('2026-12-02 10:00', 5)],
    }),
    '2026-12-10 17:30',
    'a suspension moves the cap as well',
  );
});

t.test('extensions that the policy does not allow are refused with the reason', async (t) => {
  const twice = (policy: Policy): void => {
    const [rule] = policy.deadlines.resolve.due;
    if (rule && 'extension' in rule && rule.extension) rule.extension.times = 2;
  };
  const cases: [string, RuleSubject, LimitChanges, Extension, RegExp | undefined, ((policy: Policy) => void)?][] = [
    ['gaoyou', simple, {}, extension('2026-11-26 17:29:59', 5), undefined],
    ['gaoyou', simple, {}, extension('2026-11-26 17:30:00', 5), /before the limit expires/],
    ['gaoyou', simple, {}, extension('2026-11-24 09:59', 5), /before the limit began/],
    ['gaoyou', simple, {}, extension('2026-11-25 10:00', 6), /by 1 to 5 units/],
    ['gaoyou', simple, {}, extension('2026-11-25 10:00', 0.5), /by 1 to 5 units/],
    [
      'gaoyou',
      simple,
      { extensions: [extension('2026-11-25 10:00', 1)] },
      extension('2026-11-25 11:00', 1),
      /extended 1 times already/,
    ],
    ['gaoyou', anyone, {}, extension('2026-11-25 10:00', 1), /knows no extension/],
    [
      'kunming-petition',
      anyone,
      { extensions: [extension('2026-11-25 10:00', 10)] },
      extension('2026-11-26 10:00', 20),
      undefined,
      twice,
    ],
    [
      'kunming-petition',
      anyone,
      { extensions: [extension('2026-11-25 10:00', 10)] },
      extension('2026-11-26 10:00', 21),
      /beyond 60 units/,
      twice,
    ],
  ];
  for (const [code, subject, changes, asked, reason, edit] of cases) {
    const rules = rulesOf(code, edit);
    const refusal = rules.extensionRefusal('resolve', start, subject, changes, asked);
    const all = { ...changes, extensions: [...(changes.extensions ?? []), asked] };
    if (reason === undefined) {
      t.equal(refusal, undefined, `${code} allows ${asked.amount}`);
      t.ok(rules.dueOf('resolve', start, subject, all));
    } else {
      t.match(refusal?.en, reason);
      t.match(refusal?.zh, /[一-龥]/);
      t.throws(() => rules.dueOf('resolve', start, subject, all), { name: 'RangeError', message: reason });
    }
  }
  t.match(
    rulesOf('gaoyou').extensionRefusal('on-site', start, anyone, {}, extension('2026-11-24 10:10', 1))?.en,
    /no such limit/,
  );
});

t.test('an extended limit is the longer limit', async () => {
  const gaoyou = bundledPolicy('gaoyou');
  const zone = createZone(gaoyou.zone);
  const amount = fc.integer({ min: 1, max: 20 });
  const unit = fc.constantFrom('hours', 'working-minutes', 'working-days', 'calendar-days');
  const anyStart = fc.integer({ min: Date.parse('2018-01-01'), max: Date.parse('2026-10-01') });
  fc.assert(
    fc.property(anyStart, unit, amount, amount, (ms, unit, first, more) => {
      const days = { countFrom: 'next-day', endsAt: 'close-of-business' };
      const form = {
        hours: { countFrom: 'moment' },
        'working-minutes': { countFrom: 'moment' },
        'working-days': days,
        'calendar-days': { ...days, roll: 'next-workday' },
      }[unit];
      const due = (amount: number, extensions: Extension[]): number | undefined => {
        const extension = { times: 1, amount: 20, cap: 40, approvedBy: 'mayor', source: { kind: 'ours' } };
        const rule = { by: 'duration', amount, unit, ...form, extension, source: { kind: 'ours' } } as DueRule;
        const resolve = { ...gaoyou.deadlines.resolve, due: [rule] };
        const policy = { ...gaoyou, deadlines: { ...gaoyou.deadlines, resolve } };
        return dueOf({ policy, calendar, zone }, 'resolve', new Date(ms), anyone, { extensions })?.dueAt.getTime();
      };
      return due(first, [{ askedAt: new Date(ms), amount: more }]) === due(first + more, []);
    }),
    { numRuns: 300 },
  );
});
