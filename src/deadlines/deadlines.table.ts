import { boolean, integer, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import type { DeadlineState } from './deadlines.schema.ts';
import type { Policy } from './policy.schema.ts';
import type { PolicyChoice } from './policy-choices.ts';

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const deadlines = pgTable('deadlines', {
  id: uuid().primaryKey(),
  appealId: uuid('appeal_id').notNull(),
  messageId: uuid('message_id'),
  assignmentId: uuid('assignment_id'),
  name: text().notNull(),
  startsAt: instant('starts_at').notNull(),
  dueAt: instant('due_at').notNull(),
  metAt: instant('met_at'),
  state: text().$type<DeadlineState>().notNull(),
  provisional: boolean().notNull(),
  lateByAdapter: boolean('late_by_adapter').notNull(),
  policy: text().notNull(),
  policyVersion: integer('policy_version').notNull(),
  calendarVersion: integer('calendar_version').notNull(),
});

export const policies = pgTable('policies', {
  code: text().notNull(),
  version: integer().notNull(),
  document: jsonb().$type<Policy>().notNull(),
});

/** Immutable versions of the whole ordered list; the newest is in force. */
export const policyChoices = pgTable('policy_choices', {
  version: integer().primaryKey(),
  choices: jsonb().$type<PolicyChoice[]>().notNull(),
});

export const calendars = pgTable('calendars', {
  version: integer().primaryKey(),
  source: text().notNull(),
  days: jsonb().$type<{ date: string; name: string; workday: boolean }[]>().notNull(),
});
