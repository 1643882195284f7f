import { type Static, Type } from 'typebox';
import { type Channel, textOf } from '../channel.ts';
import { ReplySettingsSchema } from './reply/settings.ts';

/** A mailbox to be read by IMAP needs `host`, `user` and `password`; one that is posted to needs `webhookSecret`; or both. */
const MailboxSettingsSchema = Type.Object(
  {
    host: Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: 'IMAP server' })),
    port: Type.Integer({ minimum: 1, maximum: 65535, default: 993, description: 'Port of the IMAP server' }),
    secure: Type.Boolean({
      default: true,
      description: 'TLS from the first byte. false: STARTTLS where the server offers it, else unencrypted',
    }),
    user: Type.Optional(Type.String({ minLength: 1, maxLength: 254, description: 'Account at the server' })),
    password: Type.Optional(
      Type.String({ minLength: 1, maxLength: 1_000, writeOnly: true, description: 'Password or authorisation code' }),
    ),
    mailbox: Type.String({ minLength: 1, maxLength: 200, default: 'INBOX', description: 'Folder that is read' }),
    readOnly: Type.Boolean({
      default: true,
      description: 'Opens with EXAMINE and changes nothing. false: mails that were taken are marked as read',
    }),
    existing: Type.Unsafe<'skip' | 'take'>({
      type: 'string',
      enum: ['skip', 'take'],
      default: 'skip',
      description: 'What lies in the mailbox when it is connected for the first time',
    }),
    pollSeconds: Type.Integer({
      minimum: 1,
      maximum: 3_600,
      default: 60,
      description: 'The mailbox is looked at this often even when the server announces nothing',
    }),
    address: Type.Optional(
      Type.String({
        format: 'email',
        maxLength: 254,
        description: "The mailbox's own address: what it sends to itself is no appeal; default: `user`",
      }),
    ),
    webhookSecret: Type.Optional(
      Type.String({
        minLength: 20,
        maxLength: 200,
        pattern: '^[!-~]+$',
        writeOnly: true,
        description: 'Bearer secret of `POST /v1/webhooks/mailbox/{source}`',
      }),
    ),
    reply: Type.Optional(ReplySettingsSchema),
  },
  {
    additionalProperties: false,
    anyOf: [{ required: ['host'] }, { required: ['webhookSecret'] }],
    dependentRequired: { host: ['user', 'password'] },
  },
);
export type MailboxSettings = Static<typeof MailboxSettingsSchema>;

/** The mailbox's own address, as far as it was told. */
export const ownAddress = ({ address, user }: MailboxSettings): string | undefined => address ?? user;

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
  settings: MailboxSettingsSchema,
  accountOf: (block) => textOf(block.from)?.toLowerCase(),
  vouchesFor: 'nobody',
  example: {
    source: 'mayor-mailbox',
    title: '公交线路建议',
    body: '建议增加早高峰公交班次。',
    mail: { from: 'wang@example.com' },
  },
};
