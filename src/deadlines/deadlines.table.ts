import { boolean, integer, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import type { CalendarInput } from './calendar/calendar.schema.ts';
import type { CalendarDay } from './calendar/calendar.ts';
import type { ChangeCause, DeadlineState } from './deadlines.schema.ts';
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

/** Versions of the day table; the newest is in force. Immutable. */
export const calendars = pgTable('calendars', {
  version: integer().primaryKey(),
  id: uuid().notNull(),
  source: text().notNull(),
  days: jsonb().$type<CalendarDay[]>().notNull(),
  actor: text().notNull(),
  at: instant('at'),
  input: jsonb().$type<CalendarInput>(),
});

/** Record of each deadline that moved, or whose due time became certain or uncertain. Append-only. */
export const deadlineChanges = pgTable('deadline_changes', {
  id: uuid().primaryKey(),
  deadlineId: uuid('deadline_id').notNull(),
  appealId: uuid('appeal_id').notNull(),
  name: text().notNull(),
  cause: text().$type<ChangeCause>().notNull(),
  fromDueAt: instant('from_due_at').notNull(),
  toDueAt: instant('to_due_at').notNull(),
  fromProvisional: boolean('from_provisional').notNull(),
  toProvisional: boolean('to_provisional').notNull(),
  fromPolicy: text('from_policy').notNull(),
  toPolicy: text('to_policy').notNull(),
  fromPolicyVersion: integer('from_policy_version').notNull(),
  toPolicyVersion: integer('to_policy_version').notNull(),
  fromCalendarVersion: integer('from_calendar_version').notNull(),
  toCalendarVersion: integer('to_calendar_version').notNull(),
  actor: text().notNull(),
  at: instant('at').notNull(),
});
