import { Type } from 'typebox';
import { Choice, Instant, Nullable } from '../platform/openapi.ts';
import { receiptKinds, receiptStatuses } from './receipts.table.ts';

export const ReceiptSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    appealId: Type.String({ format: 'uuid' }),
    messageId: Type.String({ format: 'uuid' }),
    kind: Choice(receiptKinds, {
      description: '`receipt` the one promised for the message, `notice` of what happened after it',
    }),
    status: Choice(receiptStatuses, { description: '短信回执状态' }),
    dueAt: Instant('Promised by (时限)'),
    sentAt: Nullable(Instant('Accepted by the gateway (发送时间)')),
    deliveredAt: Nullable(Instant('Reported as delivered (送达时间)')),
    text: Nullable(
      Type.String({
        description: 'Text, frozen from the event; the query code is left out. Null while nothing can be said yet',
      }),
    ),
    to: Type.String({ description: 'Number, masked' }),
    failure: Nullable(Type.String({ description: 'Why it failed' })),
  },
  { $id: 'Receipt', additionalProperties: false, description: 'SMS to a citizen (短信回执)' },
);

export const OutboxEntrySchema = Type.Object(
  {
    id: Type.Integer(),
    receiptId: Type.String({ format: 'uuid' }),
    to: Type.String({ description: 'Number, masked' }),
    text: Type.String({ description: 'Text as sent' }),
    sentAt: Instant('Accepted by the sink'),
  },
  { $id: 'OutboxEntry', additionalProperties: false, description: 'One accepted send of the sink gateway' },
);
