import { Type } from 'typebox';
import { type Channel, textOf } from '../channel.ts';

/** Weibo, private messages and @mentions: the uid is proved by the platform. */
export const weibo: Channel = {
  name: 'weibo',
  zh: '微博',
  block: 'weibo',
  schema: Type.Object(
    {
      uid: Type.Optional(
        Type.String({ pattern: '^[0-9]{1,20}$', description: 'Weibo uid, as text: it does not fit a JSON number' }),
      ),
      statusId: Type.Optional(
        Type.String({ pattern: '^[0-9]{1,20}$', description: 'Id of the post that mentions us' }),
      ),
      url: Type.Optional(Type.String({ maxLength: 1000, description: 'Address of the post' })),
    },
    { additionalProperties: false },
  ),
  accountOf: (block) => textOf(block.uid),
  vouchesFor: 'account',
  example: { source: 'weibo-12345', body: '@12345 工地凌晨还在施工，噪音太大。', weibo: { uid: '1234567890' } },
};
