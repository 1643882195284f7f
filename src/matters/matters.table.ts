import { integer, jsonb, pgTable, real, smallint, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import type { Reason } from './score.ts';

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const suggestionStatuses = ['open', 'accepted', 'dismissed'] as const;
export type SuggestionStatus = (typeof suggestionStatuses)[number];

export const suggestions = pgTable('suggestions', {
  id: uuid().primaryKey(),
  appealId: uuid('appeal_id').notNull(),
  targetId: uuid('target_id').notNull(),
  score: real().notNull(),
  reasons: jsonb().$type<Reason[]>().notNull(),
  status: text().$type<SuggestionStatus>().notNull(),
  createdAt: instant('created_at').notNull(),
  decidedAt: instant('decided_at'),
  decidedBy: text('decided_by'),
});

export const bigramFrequencies = pgTable('bigram_frequencies', {
  bigram: integer().primaryKey(),
  texts: integer().notNull(),
});

export const representatives = pgTable('representatives', {
  appealId: uuid('appeal_id').notNull(),
  position: smallint().notNull(),
  appellantId: uuid('appellant_id').notNull(),
  namedAt: instant('named_at').notNull(),
  namedBy: text('named_by').notNull(),
});
