import { bundledPolicies } from '../../src/deadlines/policies/bundled.ts';
import type { Policy } from '../../src/deadlines/policy.schema.ts';
import type { City, Problem, Reply } from './city.ts';

/** The bundled hotline policy, to be changed. */
export function hotline(): Policy {
  const policy = bundledPolicies().find(({ code }) => code === 'kunming-hotline');
  if (!policy) throw new Error('kunming-hotline is not bundled');
  return structuredClone(policy);
}

const ours = { source: { kind: 'ours' as const } };
const hours = (amount: number) => ({
  ...ours,
  by: 'duration' as const,
  amount,
  unit: 'hours' as const,
  countFrom: 'moment' as const,
});

/**
 * Another city's rules, different in all that the main line reads: forwarded in 2 hours, the receipt in 4, signed in 1;
 * solved in 24 hours, 6 when urgent, 48 when complex, and inquiries without a limit; nothing may be returned.
 */
export function brisk(changes: Partial<Policy> = {}): Policy {
  const policy = hotline();
  const { forward, receipt, sign, resolve } = policy.deadlines;
  const [atDue] = resolve.ladder.filter(({ step }) => step === 1);
  return {
    ...policy,
    code: 'brisk',
    names: { en: 'Brisk', zh: '快办' },
    lookBackDays: 1,
    quietHours: { from: '23:00', to: '06:00' },
    returns: { atMost: 0 },
    roles: { ...policy.roles, chief: { en: 'Chief', zh: '负责人' } },
    texts: {
      ...policy.texts,
      prefix: '【快办】{number}号：',
      forwarded: '已交{department}，{dueAt}前答复。',
      forwardedUndated: '已交{department}。',
      assessing: '正在分派。',
      closing: '查询码{code}。',
    },
    deadlines: {
      ...policy.deadlines,
      forward: { ...forward, due: [hours(2)], ladder: [{ ...atDue!, role: 'chief', hours: 'always' }] },
      receipt: { ...receipt, due: [hours(4)], ladder: [] },
      sign: { ...sign, due: [hours(1)], ladder: [] },
      resolve: {
        ...resolve,
        due: [
          { ...hours(6), when: { urgency: ['urgent', 'critical'] } },
          { ...hours(48), when: { complexity: ['complex'] } },
          { ...ours, by: 'none', when: { nature: ['inquiry'] } },
          hours(24),
        ],
        ladder: [{ ...atDue!, role: 'chief', hours: 'always' }],
      },
      'on-site': { starts: 'assigned', due: [hours(1)], suspendable: false, ladder: [] },
    },
    ...changes,
  };
}

/** Stores a policy's next version. */
export async function storePolicy(city: City, policy: Policy): Promise<void> {
  const reply = await city.call('POST', '/v1/policies', policy);
  if (reply.status !== 201) throw new Error(`${reply.status} ${JSON.stringify(reply.body)}`);
}

/** Replaces the choices, on top of the version they have now. */
export async function choose<T = Problem>(city: City, choices: object[]): Promise<Reply<T>> {
  const { version } = await city.get<{ version: number }>('/v1/policy-choices');
  return city.call<T>('PUT', '/v1/policy-choices', { choices }, { 'if-match': `"${version}"` });
}
