import { boolean, integer, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { bytea } from '../platform/access/keys.table.ts';
import type { Complexity, Urgency } from './nature.ts';
import type { AppealStatus } from './states.ts';

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const appeals = pgTable('appeals', {
  id: uuid().primaryKey(),
  number: text().notNull(),
  status: text().$type<AppealStatus>().notNull(),
  source: text().notNull(),
  externalId: text('external_id').notNull(),
  channel: text().notNull(),
  title: text().notNull(),
  body: text().notNull(),
  address: text(),
  region: text(),
  nature: text(),
  category: text(),
  urgency: text().$type<Urgency>().notNull(),
  urgencyConfirmed: boolean('urgency_confirmed').notNull(),
  complexity: text().$type<Complexity>(),
  lateByAdapter: boolean('late_by_adapter').notNull(),
  historic: boolean().notNull(),
  publish: boolean().notNull(),
  policy: text().notNull(),
  policyVersion: integer('policy_version').notNull(),
  calendarVersion: integer('calendar_version').notNull(),
  receivedAt: instant('received_at').notNull(),
  recordedAt: instant('recorded_at').notNull(),
  updatedAt: instant('updated_at').notNull(),
  department: text(),
  assignmentId: uuid('assignment_id'),
  linkedTo: uuid('linked_to'),
  repeatOf: uuid('repeat_of'),
  outcome: text(),
  version: integer().notNull(),
});

export const appellants = pgTable('appellants', {
  id: uuid().primaryKey(),
  appealId: uuid('appeal_id').notNull(),
  phoneIndex: bytea('phone_index'),
  accountIndex: bytea('account_index'),
  phoneVerified: boolean('phone_verified').notNull(),
  accountVerified: boolean('account_verified').notNull(),
  anonymous: boolean().notNull(),
  confidential: boolean().notNull(),
  language: text().notNull(),
  /** The linked appeal that their message was meant for; null: this one. */
  through: uuid(),
  sealed: bytea().notNull(),
});

export const messages = pgTable('messages', {
  id: uuid().primaryKey(),
  appealId: uuid('appeal_id').notNull(),
  appellantId: uuid('appellant_id').notNull(),
  source: text().notNull(),
  externalId: text('external_id').notNull(),
  channel: text().notNull(),
  disposition: text().$type<'registered' | 'attached'>().notNull(),
  receivedAt: instant('received_at').notNull(),
  recordedAt: instant('recorded_at').notNull(),
  noReceiptReason: text('no_receipt_reason'),
  keyId: text('key_id').notNull(),
  fingerprint: bytea().notNull(),
  idempotencyOwner: text('idempotency_owner'),
  idempotencyKey: text('idempotency_key'),
  sealed: bytea().notNull(),
});

export const appealEvents = pgTable('appeal_events', {
  appealId: uuid('appeal_id').notNull(),
  seq: integer().notNull(),
  type: text().notNull(),
  actor: text().notNull(),
  at: instant('at').notNull(),
  data: jsonb().$type<Record<string, unknown>>().notNull(),
});
