import { pgTable, timestamp, uuid } from 'drizzle-orm/pg-core';
import { bytea } from '../../platform/access/keys.table.ts';

export const portalProofs = pgTable('portal_proofs', {
  digest: bytea().primaryKey(),
  form: uuid().notNull(),
  expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
});
