import { boolean, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

/** The one row of facts that belong to the data and must not change under it. */
export const instance = pgTable('instance', {
  id: boolean().primaryKey(),
  clockMode: text('clock_mode').notNull(),
  simulatedNow: timestamp('simulated_now', { withTimezone: true }),
  keyCheck: text('key_check').notNull(),
});
