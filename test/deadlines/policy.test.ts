import t from 'tap';
import { bundledPolicies } from '../../src/deadlines/policies/bundled.ts';
import type { Policy } from '../../src/deadlines/policy.schema.ts';
import { checkPolicy, readPolicy } from '../../src/deadlines/policy-check.ts';
import { bundledPolicy } from './support.ts';

t.test('bundled policies can be run, and each has its own code', async (t) => {
  for (const policy of bundledPolicies()) t.same(checkPolicy(policy), [], policy.code);
  t.equal(new Set(bundledPolicies().map((policy) => policy.code)).size, bundledPolicies().length);
});

/** Mistakes of the Kunming policy after an edit. */
function mistakes(edit: (policy: Policy) => void): string[] {
  const policy = structuredClone(bundledPolicy('kunming-hotline'));
  edit(policy);
  return checkPolicy(policy).map(({ pointer, detail }) => `${pointer} ${detail}`);
}

const clock = (policy: Policy, name: 'forward' | 'receipt') => {
  const [due] = policy.deadlines[name].due;
  if (due?.by !== 'clock') throw new Error('not by the clock');
  return due;
};

t.test('a mistake in the form names its path', async (t) => {
  for (const document of [null, 'kunming', {}, []]) t.not(checkPolicy(document).length, 0);
  t.match(mistakes((policy) => Object.assign(policy, { lookBackDays: '7' })).join(), /^\/lookBackDays /);
  t.match(mistakes((policy) => Object.assign(policy.quietHours, { from: '25:00' })).join(), /^\/quietHours\/from /);
  t.match(mistakes((policy) => Object.assign(policy, { lookbackDays: 7 })).join(), /lookbackDays/);
  t.match(mistakes((policy) => Object.assign(policy.deadlines, { sign: undefined })).join(), /sign/);
});

t.test('a mistake in the meaning is a sentence with path and reason', async (t) => {
  const cases: [(policy: Policy) => void, RegExp][] = [
    [(policy) => Object.assign(policy, { zone: 'Asia/Kunming' }), /^\/zone 'Asia\/Kunming' is not a time zone/],
    [
      (policy) => policy.officeHours.reverse(),
      /^\/officeHours\/1 Begins at 09:00, before the hours above it have ended/,
    ],
    [(policy) => Object.assign(policy.officeHours[0]!, { to: '08:00' }), /^\/officeHours\/0 Ends at 08:00/],
    [(policy) => Object.assign(policy.quietHours, { to: '21:00' }), /^\/quietHours /],
    [(policy) => Object.assign(policy.deadlines.receipt, { assessAt: '07:30' }), /assessAt 07:30 lies in quiet hours/],
    [
      (policy) => Object.assign(policy.deadlines.receipt, { assessAt: '09:00' }),
      /assessAt 09:00 is before the last reminder at 09:30/,
    ],
    [(policy) => Object.assign(policy.deadlines.receipt, { assessAt: '10:00' }), /assessAt 10:00 is not before 10:00/],
    [
      (policy) => Object.assign(policy.deadlines.sign.ladder[2]!, { role: 'mayor' }),
      /^\/deadlines\/sign\/ladder\/2\/role 'mayor' is not one of \/roles/,
    ],
    [
      (policy) => Object.assign(policy.deadlines.sign.ladder[2]!, { step: 1 }),
      /^\/deadlines\/sign\/ladder\/2\/step 1 is not above/,
    ],
    [
      (policy) => Object.assign(policy.deadlines.sign.ladder[0]!.offset, { amount: 30 }),
      /^\/deadlines\/sign\/ladder\/0\/offset It does not fit step 0/,
    ],
    [
      (policy) => Object.assign(policy.deadlines.sign.ladder[1]!, { offset: { clock: '09:00' } }),
      /^\/deadlines\/sign\/ladder\/1\/offset It does not fit step 1/,
    ],
    [
      (policy) => clock(policy, 'forward').cases.pop(),
      /^\/deadlines\/forward\/due\/0\/cases\/0 The last case must take every start/,
    ],
    [
      (policy) => clock(policy, 'forward').cases.reverse(),
      /cases\/0 It has no startedBefore, so the cases below it are never reached/,
    ],
    [
      (policy) => Object.assign(clock(policy, 'forward').cases[0]!, { at: '16:00' }),
      /^\/deadlines\/forward\/due\/0\/cases\/0 It can be due before it starts/,
    ],
    [
      (policy) => Object.assign(clock(policy, 'receipt').cases[0]!, { dayOffset: 0 }),
      /^\/deadlines\/receipt\/due\/0\/cases\/0 It can be due before it starts/,
    ],
    [
      (policy) => Object.assign(clock(policy, 'forward').cases[0]!, { dayOffset: 2 }),
      /cases\/1 It is due before the case above, although it starts later/,
    ],
    [
      (policy) => clock(policy, 'forward').cases.unshift({ startedBefore: '17:00', dayOffset: 0, at: '24:00' }),
      /cases\/1 It covers no time/,
    ],
  ];
  for (const [edit, sentence] of cases)
    t.ok(
      mistakes(edit).some((each) => sentence.test(each)),
      `${sentence} in ${mistakes(edit).join(' ')}`,
    );
  t.throws(() => readPolicy({ ...bundledPolicy('kunming-hotline'), zone: 'Mars' }), {
    name: 'RangeError',
    message: /\/zone/,
  });
});
