import { Type } from 'typebox';
import { pointerPart } from '../../platform/problem.ts';
import { type Channel, textOf } from '../channel.ts';

const instant = (description: string) => Type.Optional(Type.String({ format: 'date-time', description }));

export const phoneSettings = Type.Object(
  {
    secret: Type.String({
      minLength: 16,
      maxLength: 200,
      writeOnly: true,
      description: 'Shared with the call centre (密钥): it signs with it, or sends it as it is',
    }),
    signature: Type.Optional(
      Type.Enum(['hmac', 'key'], {
        description:
          '`hmac`: every push is signed, see docs/channels/phone.md. `key` (default): the secret comes as bearer key or basic password',
      }),
    ),
    provider: Type.Optional(
      Type.String({ pattern: '^[A-Za-z0-9._-]{1,40}$', description: 'Whose call ids these are; default: the source' }),
    ),
    times: Type.Optional(
      Type.Enum(['local', 'utc'], { description: 'What times without a zone are meant in; default: local' }),
    ),
    lines: Type.Optional(
      Type.Record(Type.String({ maxLength: 32 }), Type.String({ maxLength: 40 }), {
        maxProperties: 100,
        description:
          'Source of each dialled number, such as {"087112369": "12369"}; a number that is a source needs none',
      }),
    ),
    recordingBase: Type.Optional(
      Type.String({
        pattern: '^https?://[^\\s/?#@]+(/[^\\s?#]*)?$',
        maxLength: 300,
        description: 'Where recordings are fetched: relative names are looked up here, other servers are never asked',
      }),
    ),
    recordingFolder: Type.Optional(
      Type.String({
        pattern: '^/[^?#]*$',
        maxLength: 300,
        description:
          'Folder of the switch that recordingBase shows: absolute names in records are looked up without it',
      }),
    ),
    recordingAuthorization: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 500,
        pattern: '^[\\x20-\\x7e]+$',
        writeOnly: true,
        description: 'Authorization header sent with it',
      }),
    ),
    recordingVariable: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_.-]{1,64}$',
        description: 'FreeSWITCH variable or Asterisk column with the name of the recording',
      }),
    ),
  },
  { additionalProperties: false },
);

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
  settings: phoneSettings,
  sourcesIn: ({ lines = {} }: { lines?: Record<string, string> }) =>
    Object.entries(lines).map(([number, code]) => ({ pointer: `/lines/${pointerPart(number)}`, code })),
  accountOf: () => undefined,
  callOf: (block) => {
    const callId = textOf(block.callId);
    if (callId === undefined) return undefined;
    return { callId, called: textOf(block.called), recordingUrl: textOf(block.recordingUrl) };
  },
  vouchesFor: 'phone',
  example: {
    source: '12345',
    body: '我家楼下的路灯坏了一个星期，晚上很黑。',
    sender: { name: '王女士', phone: '13900001001' },
  },
};
