import { bigint, pgTable, smallint, text, timestamp, uuid } from 'drizzle-orm/pg-core';

export const agendaItems = pgTable('agenda', {
  id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  kind: text().notNull(),
  subjectId: uuid('subject_id').notNull(),
  businessKey: text('business_key').notNull(),
  payloadVersion: smallint('payload_version').notNull().default(1),
  runAt: timestamp('run_at', { withTimezone: true }).notNull(),
  dueAt: timestamp('due_at', { withTimezone: true }).notNull(),
  state: text().$type<AgendaState>().notNull().default('open'),
  attempts: smallint().notNull().default(0),
  leaseToken: uuid('lease_token'),
  leaseUntil: timestamp('lease_until', { withTimezone: true }),
  lastError: text('last_error'),
  settledAt: timestamp('settled_at', { withTimezone: true }),
});

export const agendaStates = ['open', 'leased', 'done', 'failed'] as const;
export type AgendaState = (typeof agendaStates)[number];
