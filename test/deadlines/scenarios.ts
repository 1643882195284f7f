import t from 'tap';
import type { DeadlineName } from '../../src/deadlines/deadline-names.ts';
import type { RuleSubject } from '../../src/deadlines/subject.ts';
import { createTimeRules } from '../../src/deadlines/time-rules.service.ts';
import { anyone, bundledPolicy, kunming, nationalCalendar } from './support.ts';

/** Which deadline, of what appeal, from when, and when it is due (null: there is none; a star: provisional). */
export type Scenario = [DeadlineName, Partial<RuleSubject>, string, string | null];

/** Runs a policy's table. Times are `YYYY-MM-DD HH:MM[:SS]` in China; 24:00 stands for the end of a day. */
export function scenariosOf(code: string, scenarios: readonly Scenario[]): void {
  const rules = createTimeRules(bundledPolicy(code), nationalCalendar());
  t.test(`due times of ${code}`, async (t) => {
    for (const [name, known, start, expected] of scenarios) {
      const due = rules.dueOf(name, at(start), { ...anyone, ...known });
      const seen = due && { at: due.dueAt.toISOString(), provisional: due.provisional };
      const wanted =
        expected === null
          ? undefined
          : { at: at(expected.replace(' *', '')).toISOString(), provisional: expected.endsWith('*') };
      t.same(seen, wanted, `${name} ${JSON.stringify(known)} from ${start} is due ${expected}`);
    }
  });
}

/** The ladder of a deadline from its start, as `step role YYYY-MM-DD HH:MM`. */
export function ladderTold(code: string, name: DeadlineName, known: Partial<RuleSubject>, start: string): string[] {
  const rules = createTimeRules(bundledPolicy(code), nationalCalendar());
  const due = rules.dueOf(name, at(start), { ...anyone, ...known });
  if (!due) throw new Error(`no ${name}`);
  return rules
    .ladderOf(name, { startsAt: at(start), dueAt: due.dueAt })
    .map(
      (moment) => `${moment.step} ${moment.role} ${rules.zone.formatInstant(moment.at).slice(0, 16).replace('T', ' ')}`,
    );
}

function at(text: string): Date {
  if (!text.endsWith('24:00')) return kunming(text);
  return new Date(kunming(text.replace('24:00', '00:00')).getTime() + 86_400_000);
}
