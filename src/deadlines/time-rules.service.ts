import { desc, eq } from 'drizzle-orm';
import { ConfigError } from '../config.ts';
import type { Database } from '../platform/database/database.ts';
import type { WorkingCalendar } from './calendar/calendar.ts';
import { loadCalendar } from './calendar/calendars.repo.ts';
import { policies } from './deadlines.table.ts';
import { dueOf, type LadderMoment, ladderOf } from './due.ts';
import type { DeadlineName, Policy } from './policy.schema.ts';
import { assessAt, sendAt } from './quiet-hours.ts';
import { createZone, type Zone } from './zone.ts';

export type { DeadlineName } from './policy.schema.ts';

/** A policy version on a calendar version, as functions: all that the rooms above need to know about time. */
export interface TimeRules {
  policy: Policy;
  calendar: WorkingCalendar;
  zone: Zone;
  dueOf(name: DeadlineName, start: Date): { dueAt: Date; provisional: boolean };
  ladderOf(name: DeadlineName, deadline: { startsAt: Date; dueAt: Date }): LadderMoment[];
  sendAt(earliest: Date, dueAt: Date): Date;
  assessAt(receivedAt: Date, dueAt: Date): Date;
}

export function createTimeRules(policy: Policy, calendar: WorkingCalendar): TimeRules {
  const zone = createZone(policy.zone);
  return {
    policy,
    calendar,
    zone,
    dueOf: (name, start) => dueOf(policy, name, start, calendar, zone),
    ladderOf: (name, { startsAt, dueAt }) => ladderOf(policy, name, { start: startsAt, dueAt }, calendar, zone),
    sendAt: (earliest, dueAt) => sendAt(policy, zone, earliest, dueAt),
    assessAt: (receivedAt, dueAt) => assessAt(policy, zone, receivedAt, dueAt),
  };
}

/** The newest version of the policy and of the calendar. @throws ConfigError when POLICY names none that is known. */
export async function loadTimeRules(db: Database, policyCode: string): Promise<TimeRules> {
  const [policy] = await db
    .select()
    .from(policies)
    .where(eq(policies.code, policyCode))
    .orderBy(desc(policies.version))
    .limit(1);
  if (!policy) {
    const known = await db.selectDistinct({ code: policies.code }).from(policies).orderBy(policies.code);
    if (known.length === 0) throw new ConfigError('No city is loaded yet: run `minsheng seed FILE` first.');
    throw new ConfigError(
      `POLICY=${policyCode} is not known: set POLICY to one of ${known.map((row) => row.code).join(', ')}.`,
    );
  }
  return createTimeRules(policy.document, await loadCalendar(db));
}
