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
function mistakes(edit: (policy: Policy) => unknown): string[] {
  const policy = structuredClone(bundledPolicy('kunming-hotline'));
  edit(policy);
  return checkPolicy(policy).map(({ pointer, detail }) => `${pointer} ${detail}`);
}

/** Replaces fields of the rule for resolving: 5 working days. */
const rule = (policy: Policy, fields: object): unknown =>
  policy.deadlines.resolve.due.splice(
    0,
    1,
    JSON.parse(JSON.stringify({ ...policy.deadlines.resolve.due[0], ...fields })),
  );

const clock = (policy: Policy, name: 'forward' | 'receipt') => {
  const [due] = policy.deadlines[name].due;
  if (due?.by !== 'clock') throw new Error('not by the clock');
  return due;
};

t.test('a mistake in the form names its path', async (t) => {
  for (const document of [null, 'kunming', {}, []]) t.not(checkPolicy(document).length, 0);
  const cases: [(policy: Policy) => unknown, string][] = [
    [(policy) => Object.assign(policy, { lookBackDays: '7' }), '/lookBackDays Must be integer.'],
    [
      (policy) => Object.assign(policy.quietHours, { from: '25:00' }),
      '/quietHours/from Must be a time of day, HH:MM; 24:00 is the end of the day.',
    ],
    [(policy) => Object.assign(policy, { lookbackDays: 7 }), '/lookbackDays Is not known here.'],
    [(policy) => Reflect.deleteProperty(policy.deadlines, 'sign'), '/deadlines/sign Is missing.'],
    [(policy) => Reflect.deleteProperty(policy.texts, 'joined'), '/texts/joined Is missing.'],
    [(policy) => Object.assign(policy.followUp, { percent: 101 }), '/followUp/percent Must be <= 100.'],
    [
      (policy) => Object.assign(policy.deadlines.sign, { starts: 'received' }),
      '/deadlines/sign/starts Must be one of assigned.',
    ],
    [
      (policy) => Object.assign(policy.deadlines.sign, { due: [] }),
      '/deadlines/sign/due Must not have fewer than 1 items.',
    ],
    [(policy) => rule(policy, { by: 'sundial' }), '/deadlines/resolve/due/0/by Must be one of clock, duration, none.'],
    [
      (policy) => rule(policy, { unit: 'weeks' }),
      '/deadlines/resolve/due/0/unit Must be one of minutes, hours, working-minutes, working-days, calendar-days.',
    ],
    [(policy) => rule(policy, { unit: 'calendar-days' }), '/deadlines/resolve/due/0/roll Is missing.'],
    [(policy) => rule(policy, { amount: 0 }), '/deadlines/resolve/due/0/amount Must be >= 1.'],
    [(policy) => rule(policy, { when: {} }), '/deadlines/resolve/due/0/when Must not have fewer than 1 properties.'],
    [
      (policy) => rule(policy, { when: { urgency: ['hasty'] } }),
      '/deadlines/resolve/due/0/when/urgency/0 Must be one of normal, urgent, critical.',
    ],
    [(policy) => rule(policy, { source: undefined }), '/deadlines/resolve/due/0/source Is missing.'],
    [
      (policy) => policy.deadlines.resolve.due.splice(0, 1, 'soon' as never),
      '/deadlines/resolve/due/0 Must be an object.',
    ],
    [
      (policy) => Object.assign(policy.deadlines.sign.ladder[0]!, { offset: { amount: -1, unit: 'hours' } }),
      '/deadlines/sign/ladder/0/offset/unit Must be one of minutes, working-days.',
    ],
    [
      (policy) => Object.assign(policy.deadlines.sign.ladder[0]!, { offset: { clock: '9:00' } }),
      '/deadlines/sign/ladder/0/offset/clock Must be a time of day, HH:MM; 24:00 is the end of the day.',
    ],
  ];
  for (const [edit, expected] of cases) t.same(mistakes(edit), [expected]);
});

const extension = { times: 1, amount: 5, cap: 10, approvedBy: 'desk-lead', source: { kind: 'ours' } };

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
    [
      (policy) => Object.assign(clock(policy, 'forward').cases[1]!, { dayOffset: 3 }),
      /cases\/1 What starts just before midnight would be due later than what starts just after it/,
    ],
    [(policy) => policy.signOff.push({ role: 'mayor' }), /^\/signOff\/0\/role 'mayor' is not one of \/roles/],
    [
      (policy) => Object.assign(policy.deadlines, { 'sign-off': { ...policy.deadlines.sign, starts: 'submitted' } }),
      /^\/deadlines\/sign-off There is no level of \/signOff/,
    ],
    [
      (policy) => Object.assign(policy.texts, { forwarded: '已转办至{department}。' }),
      /^\/texts\/forwarded The place \{dueAt\} is missing/,
    ],
    [
      (policy) => Object.assign(policy.texts, { joined: '{department}、{department}' }),
      /^\/texts\/joined The place \{department\} stands there twice/,
    ],
    [
      (policy) => Object.assign(policy.texts, { linked: '{target}，联系{phone}' }),
      /^\/texts\/linked There is nothing to put into \{phone\}: its places are \{target\}/,
    ],
    [
      (policy) => Object.assign(policy.texts, { assessing: '{number}研判中' }),
      /^\/texts\/assessing There is nothing to put into \{number\}: this text has no places/,
    ],
    [
      (policy) => policy.deadlines.resolve.due.unshift({ by: 'none', source: { kind: 'ours' } }),
      /^\/deadlines\/resolve\/due\/0 It has no when, so the rules below it are never reached/,
    ],
    [
      (policy) => rule(policy, { when: { complexity: ['simple'] } }),
      /^\/deadlines\/resolve\/due\/0\/when The last rule must take every other appeal/,
    ],
    [
      (policy) => rule(policy, { source: { kind: 'law' } }),
      /^\/deadlines\/resolve\/due\/0\/source\/text Which law it is must be said/,
    ],
    [
      (policy) => rule(policy, { countFrom: 'same-day', endsAt: 'same-time' }),
      /^\/deadlines\/resolve\/due\/0\/endsAt same-time needs countFrom next-day/,
    ],
    [
      (policy) => rule(policy, { unit: 'calendar-days', endsAt: 'same-time', roll: 'next-workday' }),
      /^\/deadlines\/resolve\/due\/0\/roll A last day that ends at a time of its own cannot give way/,
    ],
    [
      (policy) => rule(policy, { extension: { ...extension, approvedBy: 'mayor' } }),
      /^\/deadlines\/resolve\/due\/0\/extension\/approvedBy 'mayor' is not one of \/roles/,
    ],
    [
      (policy) => rule(policy, { extension: { ...extension, cap: 5 } }),
      /^\/deadlines\/resolve\/due\/0\/extension\/cap 5 leaves no room beyond the limit of 5/,
    ],
    [
      (policy) => rule(policy, { extension: { ...extension, source: { kind: 'city' } } }),
      /^\/deadlines\/resolve\/due\/0\/extension\/source\/text Which rule of the city it is must be said/,
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
