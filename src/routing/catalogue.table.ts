import { integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';

export const catalogueRules = pgTable('catalogue_rules', {
  id: uuid().primaryKey(),
  position: integer().notNull(),
  sources: text().array().notNull(),
  natures: text().array().notNull(),
  words: text().array().notNull(),
  regions: text().array().notNull(),
  department: text().notNull(),
});
