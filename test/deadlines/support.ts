import { createCalendar, type WorkingCalendar } from '../../src/deadlines/calendar/calendar.ts';
import { stateCouncilDays } from '../../src/deadlines/calendar/state-council.ts';
import { bundledPolicies } from '../../src/deadlines/policies/bundled.ts';
import type { Policy } from '../../src/deadlines/policy.schema.ts';
import type { RuleSubject } from '../../src/deadlines/subject.ts';

export const nationalCalendar = (): WorkingCalendar => createCalendar({ version: 1, days: stateCouncilDays().days });

export function bundledPolicy(code: string): Policy {
  const policy = bundledPolicies().find((candidate) => candidate.code === code);
  if (!policy) throw new Error(`no policy ${code}`);
  return policy;
}

/** `2026-09-30 17:00:00.000` in Kunming. */
export const kunming = (text: string): Date => new Date(`${text.replace(' ', 'T')}+08:00`);

/** An appeal of which nothing is known but where it came from. */
export const anyone: RuleSubject = {
  source: '12345',
  nature: null,
  category: null,
  urgency: 'normal',
  complexity: null,
};
