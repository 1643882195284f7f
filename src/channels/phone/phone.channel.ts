import { Type } from 'typebox';
import type { Channel } from '../channel.ts';

const instant = (description: string) => Type.Optional(Type.String({ format: 'date-time', description }));

/** The hotline: the caller's number is proved by the call itself. */
export const phone: Channel = {
  name: 'phone',
  zh: '电话',
  block: 'call',
  schema: Type.Object(
    {
      callId: Type.Optional(Type.String({ maxLength: 128, description: 'Id of the call at the call centre' })),
      agent: Type.Optional(Type.String({ maxLength: 64, description: 'Call-taker (话务员)' })),
      called: Type.Optional(Type.String({ maxLength: 32, description: 'Dialled number or line' })),
      startedAt: instant('Start of the call'),
      endedAt: instant('End of the call'),
      recordingUrl: Type.Optional(Type.String({ maxLength: 1000, description: 'Where the recording (录音) is kept' })),
    },
    { additionalProperties: false },
  ),
  accountOf: () => undefined,
  vouchesFor: 'phone',
  example: {
    source: '12345',
    body: '我家楼下的路灯坏了一个星期，晚上很黑。',
    sender: { name: '王女士', phone: '13900001001' },
  },
};
