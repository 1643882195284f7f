import { Type } from 'typebox';
import { type Channel, textOf } from '../channel.ts';

/** Leaders' and bureaus' mailboxes: a sender address proves nothing. */
export const mailbox: Channel = {
  name: 'mailbox',
  zh: '信箱',
  block: 'mail',
  schema: Type.Object(
    {
      from: Type.Optional(Type.String({ format: 'email', maxLength: 254, description: 'Sender address' })),
      messageId: Type.Optional(Type.String({ maxLength: 998, description: 'Message-ID of the mail' })),
      inReplyTo: Type.Optional(Type.String({ maxLength: 998, description: 'In-Reply-To of the mail' })),
    },
    { additionalProperties: false },
  ),
  accountOf: (block) => textOf(block.from)?.toLowerCase(),
  vouchesFor: 'nobody',
  example: {
    source: 'mayor-mailbox',
    title: '公交线路建议',
    body: '建议增加早高峰公交班次。',
    mail: { from: 'wang@example.com' },
  },
};
