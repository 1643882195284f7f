import { type Static, Type } from 'typebox';
import { Choice, Instant, Nullable } from '../platform/openapi.ts';
import { revealFields, revealReasons } from './reveals.table.ts';

const strict = { additionalProperties: false };
const Id = (description: string) => Type.String({ format: 'uuid', description });

const why = {
  reason: Choice(revealReasons, {
    description: 'What it is needed for (事由): call back, clarify, visit the place, or other, which `note` must tell',
  }),
  note: Type.Optional(
    Type.String({ minLength: 1, maxLength: 500, pattern: '\\S', description: 'More of it (说明); numbers are masked' }),
  ),
};

export const RevealBody = Type.Object(
  {
    messageId: Type.Optional(Id('Whose: the sender of this message')),
    appellantId: Type.Optional(
      Id(
        'Whose: this appellant, or this representative of a group from a linked appeal; neither: who raised the appeal',
      ),
    ),
    fields: Type.Array(Choice(revealFields), {
      minItems: 1,
      uniqueItems: true,
      description: 'What is needed of it, and no more (所需字段)',
    }),
    ...why,
  },
  strict,
);
export const CallBackRevealBody = Type.Object(why, strict);

const asked = (description: string) =>
  Type.Optional(Nullable(Type.String({ description: `${description}; absent: not asked for, null: not known` })));

export const ContactSchema = Type.Object(
  {
    revealId: Id('The record of this look'),
    messageId: Nullable(Id('Message they sent')),
    appellantId: Nullable(Id('Appellant')),
    name: asked('Name as given (姓名)'),
    phone: asked('Number, E.164 where it could be understood (电话)'),
    email: asked('Address they wrote from, or gave in Open311 (邮箱)'),
    address: asked('Place of the matter as told (地址)'),
  },
  { $id: 'Contact', ...strict, description: 'Contact data in clear (联系方式); every answer is on record' },
);
export type Contact = Static<typeof ContactSchema>;

export const RevealSchema = Type.Object(
  {
    id: Id('Reveal'),
    at: Instant('When (时间)'),
    actor: Type.String({ description: 'Who was shown it (查看人)' }),
    appealId: Nullable(Id('Of which appeal, their own; null: of a call-back')),
    messageId: Nullable(Id('Message')),
    appellantId: Nullable(Id('Of whom')),
    callBackId: Nullable(Id('Of which call-back task')),
    fields: Type.Array(Choice(revealFields), { description: 'What was shown (字段)' }),
    reason: Choice(revealReasons, { description: '事由' }),
    note: Nullable(Type.String({ description: '说明' })),
  },
  { $id: 'Reveal', ...strict, description: 'Who was shown whose contact data, and why (查看记录); never the data' },
);
