import { type Static, Type } from 'typebox';
import { type Channel, textOf } from '../channel.ts';
import { platformAddress, replyTextSettings, toleranceSetting } from '../webhook/settings.ts';

const Token = (description: string) => Type.String({ minLength: 3, maxLength: 32, writeOnly: true, description });
const EncodingAesKey = (description: string) =>
  Type.Optional(Type.String({ pattern: '^[A-Za-z0-9]{43}$', writeOnly: true, description }));

const Settings = Type.Object(
  {
    token: Token('Token of the server address (令牌)'),
    previousToken: Type.Optional(Token('The token before, taken as well while it stands here')),
    appId: Type.String({ minLength: 1, maxLength: 64, description: 'AppID of the official account' }),
    encodingAesKey: EncodingAesKey(
      'EncodingAESKey, for compatible and encrypted mode; once it is set, nothing unencrypted is taken',
    ),
    previousEncodingAesKey: EncodingAesKey('The EncodingAESKey before, taken as well while it stands here'),
    appSecret: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 64,
        writeOnly: true,
        description: 'AppSecret, to fetch pictures and voices',
      }),
    ),
    apiBaseUrl: platformAddress('https://api.weixin.qq.com'),
    toleranceSeconds: toleranceSetting,
    ...replyTextSettings(600),
  },
  { additionalProperties: false, dependentRequired: { previousEncodingAesKey: ['encodingAesKey'] } },
);
export type WechatSettings = Static<typeof Settings>;

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
  settings: Settings,
  accountOf: (block) => textOf(block.openId),
  vouchesFor: 'account',
  example: {
    source: 'wechat-12345',
    body: '小区每逢下雨院坝积水，没有人管。',
    sender: { phone: '13900001002' },
    wechat: { openId: 'o-demo-1' },
  },
};
