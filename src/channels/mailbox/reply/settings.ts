import { type Static, Type } from 'typebox';
import { ANNOUNCED_CODE } from '../../webhook/settings.ts';

const ACKNOWLEDGED =
  '您的来信已收到。\n诉求编号：{number}\n查询码：{code}\n凭编号和查询码可查询办理进度。如需补充，请直接回复本邮件，内容将并入该诉求。\n本邮件由系统自动发出。';

const BOTH_PLACES = `^(?=[\\s\\S]*\\{number\\})[\\s\\S]*${ANNOUNCED_CODE}`;

/** How a mailbox answers its citizens (受理回复): the mail server that takes its mail, and the words. */
export const ReplySettingsSchema = Type.Object(
  {
    host: Type.String({ minLength: 1, maxLength: 255, pattern: '^\\S+$', description: 'SMTP server' }),
    port: Type.Integer({ minimum: 1, maximum: 65535, default: 465, description: 'Port of the SMTP server' }),
    secure: Type.Boolean({
      default: true,
      description:
        'TLS from the first byte. false: STARTTLS where the server offers it, with `user` always, save on this machine; else unencrypted',
    }),
    user: Type.Optional(Type.String({ minLength: 1, maxLength: 254, description: 'Account at the server' })),
    password: Type.Optional(
      Type.String({ minLength: 1, maxLength: 1_000, writeOnly: true, description: 'Password or authorisation code' }),
    ),
    from: Type.String({ format: 'email', maxLength: 254, description: 'Address it is sent from' }),
    text: Type.Optional(
      Type.String({
        maxLength: 2_000,
        pattern: BOTH_PLACES,
        description: `The mail's text: {number} and {code} are filled in, the code right behind 查询码, so that it is recognised and masked where an answer quotes it; default: ${ACKNOWLEDGED}`,
      }),
    ),
  },
  {
    additionalProperties: false,
    dependentRequired: { user: ['password'], password: ['user'] },
    description: 'Acknowledges each mail with its appeal number and query code (受理回复); left out: nothing is sent',
  },
);
export type ReplySettings = Static<typeof ReplySettingsSchema>;

/** The words of one acknowledgement. The query code may be told: the mail goes to that very sender. */
export const acknowledgement = (
  { text = ACKNOWLEDGED }: ReplySettings,
  { appealNumber, queryCode }: { appealNumber: string; queryCode: string },
): string => text.replaceAll('{number}', appealNumber).replaceAll('{code}', queryCode);
