import { bigint, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { bytea } from '../platform/access/keys.table.ts';

const instant = (name: string) => timestamp(name, { withTimezone: true });

/**
 * Receipt status (短信回执状态). `temporary-failure` is tried again; `unknown` waits for the gateway's word and is never
 * sent blindly a second time.
 */
export const receiptStatuses = [
  'created',
  'sending',
  'sent',
  'delivered',
  'temporary-failure',
  'permanent-failure',
  'technical-failure',
  'unknown',
  'cancelled',
] as const;
export type ReceiptStatus = (typeof receiptStatuses)[number];

export const receiptKinds = ['receipt', 'notice'] as const;
export type ReceiptKind = (typeof receiptKinds)[number];

export const receipts = pgTable('receipts', {
  id: uuid().primaryKey(),
  businessKey: text('business_key').notNull(),
  kind: text().$type<ReceiptKind>().notNull(),
  appealId: uuid('appeal_id').notNull(),
  messageId: uuid('message_id').notNull(),
  appellantId: uuid('appellant_id').notNull(),
  status: text().$type<ReceiptStatus>().notNull(),
  dueAt: instant('due_at').notNull(),
  subject: text(),
  text: text(),
  /** When the text was decided; null: nobody has, or what it says holds no longer and it is not to be sent again so. */
  frozenAt: instant('frozen_at'),
  attemptStartedAt: instant('attempt_started_at'),
  sentAt: instant('sent_at'),
  deliveredAt: instant('delivered_at'),
  gateway: text(),
  failure: text(),
});

/** What the sink gateway was asked to send. */
export const sinkOutbox = pgTable('sink_outbox', {
  id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  receiptId: uuid('receipt_id').notNull(),
  sealed: bytea().notNull(),
  sentAt: instant('sent_at').notNull(),
});
