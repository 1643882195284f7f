import { bigint, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { bytea } from '../platform/access/keys.table.ts';

const instant = (name: string) => timestamp(name, { withTimezone: true });

export const attachmentKinds = ['file', 'image', 'voice', 'video', 'recording'] as const;
export type ShownKind = (typeof attachmentKinds)[number];
/** `original`: what a masked file was made of. No list and no address shows it, as none shows a message as it came. */
export type AttachmentKind = ShownKind | 'original';

/** `pending`: still to be fetched; `failed`: its platform no longer has it, or it may not be kept. */
export const attachmentStates = ['pending', 'stored', 'failed'] as const;
export type AttachmentState = (typeof attachmentStates)[number];

export const attachments = pgTable('attachments', {
  id: uuid().primaryKey(),
  /** Null while a recording's call has no message yet. */
  appealId: uuid('appeal_id'),
  messageId: uuid('message_id'),
  kind: text().$type<AttachmentKind>().notNull(),
  state: text().$type<AttachmentState>().notNull(),
  mediaType: text('media_type'),
  size: bigint({ mode: 'number' }),
  sha256: bytea(),
  sealed: bytea().notNull(),
  expiresAt: instant('expires_at'),
  storedAt: instant('stored_at'),
  failure: text(),
});
