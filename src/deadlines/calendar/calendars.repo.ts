import { desc, eq, lt, type SQL } from 'drizzle-orm';
import { ConfigError } from '../../config.ts';
import type { Executor } from '../../platform/database/database.ts';
import { calendars } from '../deadlines.table.ts';
import { createCalendar, type WorkingCalendar } from './calendar.ts';

export type CalendarRow = typeof calendars.$inferSelect;

/** The version in force. @throws ConfigError when no city is loaded yet. */
export async function newestCalendar(db: Executor): Promise<CalendarRow> {
  const [row] = await db.select().from(calendars).orderBy(desc(calendars.version)).limit(1);
  if (!row) throw new ConfigError('No calendar is loaded: run `minsheng seed`.');
  return row;
}

/** The version in force, to reckon with. @throws ConfigError when no city is loaded yet. */
export async function loadCalendar(db: Executor): Promise<WorkingCalendar> {
  return createCalendar(await newestCalendar(db));
}

export async function findCalendar(db: Executor, version: number): Promise<CalendarRow | undefined> {
  const [row] = await db.select().from(calendars).where(eq(calendars.version, version));
  return row;
}

/** Newest first, without the days. */
export async function listCalendars(db: Executor, before: number | undefined, limit: number) {
  const older: SQL | undefined = before === undefined ? undefined : lt(calendars.version, before);
  const { version, source, actor, at } = calendars;
  return db
    .select({ version, source, actor, at })
    .from(calendars)
    .where(older)
    .orderBy(desc(calendars.version))
    .limit(limit);
}
