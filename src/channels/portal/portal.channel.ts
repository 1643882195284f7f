import { Type } from 'typebox';
import { type Channel, textOf } from '../channel.ts';
import { PortalSettings } from './settings.ts';

/** Web portal, app, message board, letters: nobody is proved unless the adapter confirmed the number. */
export const portal: Channel = {
  name: 'portal',
  zh: '网站',
  block: 'form',
  schema: Type.Object(
    {
      formId: Type.Optional(Type.String({ maxLength: 128, description: 'Id of the form that was filled in' })),
      account: Type.Optional(
        Type.String({ minLength: 1, maxLength: 128, description: 'Account at the portal, when logged in' }),
      ),
      publish: Type.Optional(Type.Boolean({ description: 'The citizen allows publication (可公开)' })),
    },
    { additionalProperties: false },
  ),
  settings: PortalSettings,
  accountOf: (block) => textOf(block.account),
  vouchesFor: 'nobody',
  example: {
    source: 'portal',
    title: '欠薪',
    body: '工程完工三个月，仍拖欠工资。',
    sender: { name: '李先生', phone: '13900001003' },
  },
};
