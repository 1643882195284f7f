import { bigint, integer, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { bytea } from '../../platform/access/keys.table.ts';

export const mailKinds = ['message', 'automatic', 'refused'] as const;

export const mails = pgTable('mails', {
  source: text().notNull(),
  externalId: text('external_id').notNull(),
  kind: text().$type<(typeof mailKinds)[number]>().notNull(),
  reason: text(),
  messageId: uuid('message_id'),
  reference: bytea(),
  recordedAt: timestamp('recorded_at', { withTimezone: true }).notNull(),
});

export const mailboxPositions = pgTable('mailbox_positions', {
  source: text().primaryKey(),
  place: bytea().notNull(),
  uidValidity: bigint('uid_validity', { mode: 'bigint' }).notNull(),
  lastUid: bigint('last_uid', { mode: 'number' }).notNull(),
  takenFrom: timestamp('taken_from', { withTimezone: true }),
  oldBelow: bigint('old_below', { mode: 'number' }).notNull(),
});

export const mailboxFailures = pgTable('mailbox_failures', {
  source: text().primaryKey(),
  failures: integer().notNull(),
  failure: text().notNull(),
});
