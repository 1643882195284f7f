import { type Static, Type } from 'typebox';
import { natures, urgencies } from '../appeals/nature.ts';
import { appealStatuses } from '../appeals/states.ts';
import type { Channel } from '../channels/channel.ts';
import { Choice, Instant } from '../platform/openapi.ts';

const SenderSchema = Type.Object(
  {
    name: Type.Optional(Type.String({ maxLength: 100, description: 'Name as given (姓名)' })),
    phone: Type.Optional(
      Type.String({ maxLength: 32, description: 'Number as given; receipts go to any well-formed mobile number' }),
    ),
    verified: Type.Optional(
      Type.Boolean({
        description:
          'Whether the identity is proved. Default: true for phone (the number), wechat and weibo (openid or uid, not a typed number), false for mailbox and portal. Said explicitly, it speaks of the number too.',
      }),
    ),
    language: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$',
        maxLength: 35,
        description: 'Language (BCP 47); default zh-CN',
      }),
    ),
    anonymous: Type.Optional(Type.Boolean({ description: 'Wishes to stay anonymous (匿名)' })),
    confidential: Type.Optional(Type.Boolean({ description: 'Contact data are to be kept secret (保密)' })),
  },
  { additionalProperties: false, description: 'Sender of the message (反映人)' },
);

const common = {
  source: Type.String({ minLength: 1, maxLength: 40, description: 'Registered source (来源) of this channel' }),
  externalId: Type.String({
    minLength: 1,
    maxLength: 200,
    description: 'Id at the source; a message is unique by source and externalId',
  }),
  body: Type.String({ minLength: 1, maxLength: 20_000, pattern: '\\S', description: 'Text of the message (内容)' }),
  receivedAt: Type.Optional(
    Type.String({ format: 'date-time', description: 'When the source received it, with offset; default: now' }),
  ),
  sender: Type.Optional(SenderSchema),
  title: Type.Optional(
    Type.String({ maxLength: 200, description: 'Title (标题); default: the beginning of the body' }),
  ),
  address: Type.Optional(Type.String({ maxLength: 300, description: 'Place of the matter (地点)' })),
  region: Type.Optional(Type.String({ pattern: '^[0-9]{6}$', description: 'Division code, GB/T 2260 (行政区划代码)' })),
  nature: Type.Optional(Choice(natures, { description: 'Nature of the appeal (诉求性质)' })),
  category: Type.Optional(
    Type.String({ minLength: 1, maxLength: 40, pattern: '\\S', description: 'Category code (类别) of the city' }),
  ),
  suggestedUrgency: Type.Optional(
    Choice(urgencies, {
      description:
        'Urgency as the call-taker or the citizen sees it (紧急程度); default normal. It counts at once, on every channel, until the desk confirms or changes it',
    }),
  ),
  answered: Type.Optional(
    Type.Union([
      Type.Object(
        { text: Type.String({ minLength: 1, maxLength: 2_000, pattern: '\\S' }) },
        { additionalProperties: false, description: 'Answered on the spot (直办)' },
      ),
      Type.Null(),
    ]),
  ),
  historic: Type.Optional(
    Type.Boolean({
      description: 'An old case: filed without routing, receipts or deadlines (历史件). Needs the scope `import`.',
    }),
  ),
};

const CommonSchema = Type.Object(common);
/** A message of any channel; the channel's own block stands under its own name. */
export type MessageBody = Static<typeof CommonSchema> & Record<string, unknown>;

/** Body of one channel: the same everywhere, plus the channel's own block. */
export function messageSchema(channel: Channel) {
  return Type.Object(
    { ...common, [channel.block]: Type.Optional(channel.schema) },
    {
      additionalProperties: false,
      $id: `${channel.name}Message`,
      description: `A message received by ${channel.name} (${channel.zh}来件)`,
      examples: [{ ...channel.example, externalId: `try-${channel.name}-1` }],
    },
  );
}

export const noReceiptReasons = ['no-number', 'not-a-mobile-number', 'historic', 'not-in-policy'] as const;
export type NoReceiptReason = (typeof noReceiptReasons)[number];

export const dispositions = ['registered', 'attached', 'replayed'] as const;

export const MessageAnswerSchema = Type.Object(
  {
    messageId: Type.String({ format: 'uuid' }),
    appealId: Type.String({ format: 'uuid' }),
    appealNumber: Type.String({ description: 'Number of the appeal (工单编号)' }),
    queryCode: Type.String({
      description: "Query code (查询码) of this message's sender; with the number it opens the citizen's view",
    }),
    disposition: Choice(dispositions, {
      description: '`registered`: a new appeal; `attached`: joined the same matter; `replayed`: known already',
    }),
    status: Choice(appealStatuses, { description: 'Status of the appeal (状态)' }),
    receivedAt: Instant('When the source received it'),
    forwardDueAt: Type.Union([Instant('Forwarded to a department by then (转办时限)'), Type.Null()]),
    receiptDueAt: Type.Union([Instant('SMS receipt before then (短信回执时限)'), Type.Null()]),
    noReceiptReason: Type.Union([Choice(noReceiptReasons), Type.Null()], {
      description: 'Why no SMS receipt is promised',
    }),
  },
  { $id: 'MessageAnswer', additionalProperties: false },
);
export type MessageAnswer = Static<typeof MessageAnswerSchema>;
