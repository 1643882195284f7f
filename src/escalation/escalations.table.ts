import { pgTable, smallint, text, timestamp, uuid } from 'drizzle-orm/pg-core';

const instant = (name: string) => timestamp(name, { withTimezone: true });

/** One step of a ladder that was taken: unique by (deadline, dueAt, step). */
export const escalations = pgTable('escalations', {
  id: uuid().primaryKey(),
  deadlineId: uuid('deadline_id').notNull(),
  appealId: uuid('appeal_id').notNull(),
  deadline: text().notNull(),
  dueAt: instant('due_at').notNull(),
  step: smallint().notNull(),
  role: text().notNull(),
  department: text(),
  at: instant('at').notNull(),
});
