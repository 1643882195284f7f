import { integer, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { bytea } from '../platform/access/keys.table.ts';
import type { CallBackStatus, CallStatus, Direction, Party } from './call-event.ts';

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const calls = pgTable('calls', {
  id: uuid().primaryKey(),
  provider: text().notNull(),
  callId: text('call_id').notNull(),
  receivedBy: text('received_by').notNull(),
  source: text().notNull(),
  direction: text().$type<Direction>().notNull(),
  status: text().$type<CallStatus>().notNull(),
  line: text(),
  agent: text(),
  seat: text(),
  shift: text(),
  partyIndex: bytea('party_index'),
  startedAt: instant('started_at').notNull(),
  queuedAt: instant('queued_at'),
  answeredAt: instant('answered_at'),
  endedAt: instant('ended_at'),
  durationSeconds: integer('duration_seconds'),
  talkSeconds: integer('talk_seconds'),
  hangupParty: text('hangup_party').$type<Party>(),
  callBack: uuid('call_back'),
  sealed: bytea().notNull(),
  recordedAt: instant('recorded_at').notNull(),
  updatedAt: instant('updated_at').notNull(),
});

export const callEvents = pgTable('call_events', {
  id: uuid().primaryKey(),
  call: uuid().notNull(),
  provider: text().notNull(),
  legId: text('leg_id').notNull(),
  linkedId: text('linked_id'),
  fingerprint: bytea().notNull(),
  sealed: bytea().notNull(),
  recordedAt: instant('recorded_at').notNull(),
});

export const callBacks = pgTable('call_backs', {
  id: uuid().primaryKey(),
  partyIndex: bytea('party_index').notNull(),
  status: text().$type<CallBackStatus>().notNull(),
  missedCalls: integer('missed_calls').notNull(),
  firstMissedAt: instant('first_missed_at').notNull(),
  lastMissedAt: instant('last_missed_at').notNull(),
  attempts: integer().notNull().default(0),
  lastAttemptAt: instant('last_attempt_at'),
  note: text(),
  closedAt: instant('closed_at'),
  closedBy: text('closed_by'),
});

export const callMessages = pgTable('call_messages', {
  messageId: uuid('message_id').primaryKey(),
  appealId: uuid('appeal_id').notNull(),
  source: text().notNull(),
  callId: text('call_id').notNull(),
  lineSource: text('line_source'),
});

export const recordings = pgTable('recordings', {
  attachmentId: uuid('attachment_id').primaryKey(),
  urlIndex: bytea('url_index').notNull(),
  call: uuid(),
  messageId: uuid('message_id'),
});
