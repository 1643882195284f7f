import { Type } from 'typebox';
import { type Channel, textOf } from '../channel.ts';

/** WeChat official account: the openid is proved by the platform, a number typed into the text is not. */
export const wechat: Channel = {
  name: 'wechat',
  zh: '微信',
  block: 'wechat',
  schema: Type.Object(
    {
      openId: Type.Optional(Type.String({ minLength: 1, maxLength: 128, description: 'OpenID of the sender' })),
      messageId: Type.Optional(Type.String({ maxLength: 64, description: 'MsgId of the platform' })),
      messageType: Type.Optional(Type.String({ maxLength: 32, description: 'MsgType of the platform' })),
    },
    { additionalProperties: false },
  ),
  accountOf: (block) => textOf(block.openId),
  vouchesFor: 'account',
  example: {
    source: 'wechat-12345',
    body: '小区每逢下雨院坝积水，没有人管。',
    sender: { phone: '13900001002' },
    wechat: { openId: 'o-demo-1' },
  },
};
