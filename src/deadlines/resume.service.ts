import { sql } from 'drizzle-orm';
import { reopen } from '../platform/agenda/agenda.ts';
import type { Transaction } from '../platform/database/database.ts';
import { arrayOf } from '../platform/database/rows.ts';
import { newestCalendar } from './calendar/calendars.repo.ts';
import { watchOf } from './deadlines.service.ts';
import { bringToCalendar, type MoveDeadlines } from './recompute.service.ts';
import type { DeadlineName, TimeRules } from './time-rules.service.ts';

/**
 * Lets a locked appeal's deadlines that ended at `endedAt` by mistake go on as if they had not, of each name the newest: same
 * start, and the due time that the calendar in force gives them. A calendar that came meanwhile has moved only what ran
 * then, so it is brought to them now. Their watch looks at once for what fell due meanwhile.
 */
export async function resumeDeadlines(
  tx: Transaction,
  rules: TimeRules,
  { appealId, names, endedAt }: { appealId: string; names: DeadlineName[]; endedAt: Date },
  move: MoveDeadlines,
  now: Date,
): Promise<void> {
  const { rows } = await tx.execute<{
    id: string;
    name: DeadlineName;
    starts_at: string;
    due_at: string;
    calendar_version: number;
  }>(sql`
    update deadlines set state = 'running', met_at = null where id in (
      select distinct on (name) id from deadlines
      where appeal_id = ${appealId} and name = any(${arrayOf(names, 'text')}) order by name, id desc)
      and met_at = ${endedAt.toISOString()} returning id, name, starts_at, due_at, calendar_version`);
  await reopen(
    tx,
    rows.map(({ id, name, starts_at, due_at }) =>
      watchOf(rules, { id, name, startsAt: new Date(starts_at), dueAt: new Date(due_at) }),
    ),
  );
  const calendar = await newestCalendar(tx);
  if (rows.some((row) => row.calendar_version < calendar.version))
    await bringToCalendar(tx, calendar, [appealId], move, now);
}
