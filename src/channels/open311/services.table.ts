import { boolean, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import type { Service } from './service.schema.ts';

export const services = pgTable('services', {
  code: text().primaryKey(),
  position: integer().notNull(),
  offered: boolean().notNull(),
  definition: jsonb().$type<Service>().notNull(),
});
