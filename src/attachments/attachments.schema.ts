import { Type } from 'typebox';
import { Choice, Instant, Nullable } from '../platform/openapi.ts';
import { attachmentKinds, attachmentStates } from './attachments.table.ts';

export const AttachmentSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    messageId: Type.String({ format: 'uuid', description: 'The message it came with (来件)' }),
    kind: Choice(attachmentKinds, { description: '附件类别' }),
    state: Choice(attachmentStates, {
      description:
        '`pending`: still to be fetched from its platform; `failed`: it could not be had, or may not be kept',
    }),
    name: Type.String({ description: 'Name as given, numbers masked (文件名)' }),
    mediaType: Nullable(Type.String({ description: 'By the content, not by what the sender said' })),
    size: Nullable(Type.Integer({ description: 'Bytes' })),
    sha256: Nullable(Type.String({ description: 'SHA-256 of the content, hexadecimal' })),
    storedAt: Nullable(Instant('Kept since')),
    expiresAt: Nullable(Instant('While pending: its platform deletes it then')),
    failure: Nullable(Type.String({ description: 'Why it failed' })),
  },
  { $id: 'Attachment', additionalProperties: false, description: 'A file that came with a message (附件)' },
);
