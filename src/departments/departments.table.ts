import { bigint, boolean, integer, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const departments = pgTable('departments', {
  code: text().primaryKey(),
  name: text().notNull(),
  feedHead: bigint('feed_head', { mode: 'number' }).notNull().default(0),
});

export const assignmentStatuses = ['pending', 'signed', 'returned', 'submitted', 'withdrawn'] as const;
export type AssignmentStatus = (typeof assignmentStatuses)[number];

/** Why a case went to a department: the rule with the words it found, or the dispatcher's own words. */
export type AssignmentReason =
  | { by: 'rule'; rule: string; position: number; words: string[] }
  | { by: 'dispatcher'; note: string | null };

export const assignments = pgTable('assignments', {
  id: uuid().primaryKey(),
  appealId: uuid('appeal_id').notNull(),
  department: text().notNull(),
  role: text().$type<'lead'>().notNull(),
  status: text().$type<AssignmentStatus>().notNull(),
  reason: jsonb().$type<AssignmentReason>().notNull(),
  assignedAt: instant('assigned_at').notNull(),
  assignedBy: text('assigned_by').notNull(),
  signedAt: instant('signed_at'),
  returnedAt: instant('returned_at'),
  returnReason: text('return_reason'),
  submittedAt: instant('submitted_at'),
  result: text(),
  dueAt: instant('due_at'),
  final: boolean().notNull(),
  version: integer().notNull(),
});

export const feedKinds = ['assigned', 'changed', 'removed'] as const;
export type FeedKind = (typeof feedKinds)[number];

export const departmentFeed = pgTable('department_feed', {
  department: text().notNull(),
  seq: bigint({ mode: 'number' }).notNull(),
  kind: text().$type<FeedKind>().notNull(),
  assignmentId: uuid('assignment_id').notNull(),
  appealId: uuid('appeal_id').notNull(),
  at: instant('at').notNull(),
});
