import { type Static, Type } from 'typebox';
import { type Channel, textOf } from '../channel.ts';
import { platformAddress, replyTextSettings, toleranceSetting } from '../webhook/settings.ts';
import { readAnew } from './mentions.repo.ts';

const AppSecret = (description: string) => Type.String({ minLength: 1, maxLength: 64, writeOnly: true, description });

const Settings = Type.Object(
  {
    appSecret: AppSecret('AppSecret of the fan service (粉丝服务平台), which signs what is pushed'),
    previousAppSecret: Type.Optional(AppSecret('The AppSecret before, taken as well while it stands here')),
    accessToken: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 128,
        writeOnly: true,
        description: 'Access token of the account, to fetch pictures and voices and to read who mentions it',
      }),
    ),
    mentionsEverySeconds: Type.Optional(
      Type.Integer({
        minimum: 10,
        maximum: 3600,
        description: 'How often posts and comments that mention the account (@) are read; left out: never',
      }),
    ),
    apiBaseUrl: platformAddress('https://api.weibo.com/2'),
    uploadBaseUrl: platformAddress('https://upload.api.weibo.com/2'),
    toleranceSeconds: toleranceSetting,
    ...replyTextSettings(250),
  },
  { additionalProperties: false, dependentRequired: { mentionsEverySeconds: ['accessToken'] } },
);
export type WeiboSettings = Static<typeof Settings>;

const Id = (description: string) => Type.Optional(Type.String({ pattern: '^[0-9]{1,20}$', description }));

/** Weibo, private messages and @mentions: the uid is proved by the platform. */
export const weibo: Channel = {
  name: 'weibo',
  zh: '微博',
  block: 'weibo',
  schema: Type.Object(
    {
      uid: Id('Weibo uid, as text: it does not fit a JSON number'),
      statusId: Id('Id of the post that mentions us'),
      commentId: Id('Id of the comment that mentions us'),
      url: Type.Optional(Type.String({ maxLength: 1000, description: 'Address of the post' })),
    },
    { additionalProperties: false },
  ),
  settings: Settings,
  onSettings: readAnew,
  accountOf: (block) => textOf(block.uid),
  vouchesFor: 'account',
  example: { source: 'weibo-12345', body: '@12345 工地凌晨还在施工，噪音太大。', weibo: { uid: '1234567890' } },
};
