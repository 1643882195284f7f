import { pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

export const revealFields = ['name', 'phone', 'email', 'address'] as const;
export type RevealField = (typeof revealFields)[number];

export const revealReasons = ['call-back', 'clarify', 'on-site', 'other'] as const;
export type RevealReason = (typeof revealReasons)[number];

export const reveals = pgTable('reveals', {
  id: uuid().primaryKey(),
  at: timestamp({ withTimezone: true }).notNull(),
  actor: text().notNull(),
  appealId: uuid('appeal_id'),
  messageId: uuid('message_id'),
  appellantId: uuid('appellant_id'),
  callBackId: uuid('call_back_id'),
  fields: text().array().$type<RevealField[]>().notNull(),
  reason: text().$type<RevealReason>().notNull(),
  note: text(),
});
