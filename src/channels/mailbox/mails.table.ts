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

/**
 * `temporary-failure` is tried again; `technical-failure`: for a business day in vain; `unknown`: the call broke off, it may
 * have left and is never sent again; `limited`, `unwanted`: not sent, the address had its share or belongs to nobody.
 */
export const mailReplyStates = [
  'sending',
  'sent',
  'temporary-failure',
  'permanent-failure',
  'technical-failure',
  'unknown',
  'limited',
  'unwanted',
] as const;
export type MailReplyState = (typeof mailReplyStates)[number];

export const mailReplies = pgTable('mail_replies', {
  messageId: uuid('message_id').primaryKey(),
  source: text().notNull(),
  accountIndex: bytea('account_index').notNull(),
  state: text().$type<MailReplyState>().notNull(),
  attempts: integer().notNull(),
  failure: text(),
  attemptStartedAt: timestamp('attempt_started_at', { withTimezone: true }).notNull(),
  sentAt: timestamp('sent_at', { withTimezone: true }),
});
