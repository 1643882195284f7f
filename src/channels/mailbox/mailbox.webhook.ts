import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { dispositions } from '../../intake/message.schema.ts';
import type { Sources } from '../../intake/sources.service.ts';
import { sameText } from '../../platform/access/key-ring.ts';
import { systemActor } from '../../platform/access/keys.ts';
import { answers, Choice, Nullable, Ref } from '../../platform/openapi.ts';
import { notFound, ProblemError } from '../../platform/problem.ts';
import type { MailboxSettings } from './mailbox.channel.ts';
import { MAX_MAIL } from './mime/limits.ts';
import { type ReceiveDeps, receiveMail } from './receive.ts';

const MailAnswerSchema = Type.Object(
  {
    disposition: Choice([...dispositions, 'automatic', 'refused'], {
      description:
        '`registered`, `attached`, `replayed` as for messages; `automatic`: written by a machine, counted, no message; `refused`: could not be read when it came before',
    }),
    appealNumber: Nullable(Type.String({ description: 'Number of the appeal (工单编号)' })),
    reason: Nullable(Type.String({ description: 'Why it became no message' })),
  },
  { $id: 'MailAnswer', additionalProperties: false },
);

const MAIL = 'message/rfc822';
/** Mails that are parsed at the same time: each takes a few times its size of memory. */
const AT_ONCE = 8;

/** `POST /v1/webhooks/mailbox/{source}`: one whole mail, as the city's mail server pipes it. */
export function mailboxWebhook(deps: ReceiveDeps & { sources: Sources }): FastifyPluginAsyncTypebox {
  let parsing = 0;

  async function settingsOf(source: string): Promise<MailboxSettings> {
    const settings = await deps.sources.settingsOf<MailboxSettings>('mailbox', source);
    if (settings?.webhookSecret === undefined) throw notFound({ en: 'The mailbox', zh: '该信箱' });
    return settings;
  }

  /** Before the body is read, so that nobody without the secret makes us hold 25 MB. */
  async function authenticate(request: FastifyRequest): Promise<void> {
    const { webhookSecret = '' } = await settingsOf((request.params as { source: string }).source);
    const [scheme, secret = ''] = (request.headers.authorization ?? '').split(' ');
    if (scheme?.toLowerCase() === 'bearer' && sameText(secret, webhookSecret)) {
      request.actor = { name: systemActor('mailbox'), scopes: [], perMinute: undefined };
      return;
    }
    const [detail, detailZh] = ["is missing or not this mailbox's secret", '缺失或与该信箱的密钥不符'];
    throw new ProblemError(
      'unauthenticated',
      { en: "Send the mailbox's secret as `Authorization: Bearer …`.", zh: '请在 Authorization 中提供该信箱的密钥。' },
      { errors: [{ pointer: '/headers/authorization', detail, detailZh }] },
    );
  }

  return async (app) => {
    app.addSchema(MailAnswerSchema);
    app.removeAllContentTypeParsers();
    app.addContentTypeParser(MAIL, { parseAs: 'buffer' }, (_request, raw, done) => done(null, raw));
    app.addContentTypeParser('*', (_request, _payload, done) => done(otherType()));
    app.post(
      '/v1/webhooks/mailbox/:source',
      {
        onRequest: authenticate,
        bodyLimit: MAX_MAIL,
        schema: {
          operationId: 'postMail',
          summary: 'One mail as the mail server received it (信箱来信)',
          description:
            'The secret of the source’s settings is sent as `Authorization: Bearer …`. Any 2xx is durable; the same mail again is answered `replayed`. 400: it cannot be read and will not be on a second try either.',
          tags: ['webhooks'],
          security: [],
          consumes: [MAIL],
          params: Type.Object({ source: Type.String({ maxLength: 40, description: 'Source code (来源)' }) }),
          response: answers({ 200: Ref(MailAnswerSchema), 201: Ref(MailAnswerSchema) }),
        },
      },
      async (request, reply) => {
        const { source } = request.params;
        if (!Buffer.isBuffer(request.body) || request.body.length === 0) throw emptyMail();
        if (parsing >= AT_ONCE)
          throw new ProblemError(
            'busy',
            { en: 'Too many mails are being read.', zh: '正在处理的邮件过多。' },
            { retryAfter: 1 },
          );
        parsing += 1;
        try {
          const settings = await settingsOf(source);
          const { disposition, appealNumber, reason } = await receiveMail(deps, {
            source,
            raw: request.body,
            settings,
          });
          const isNew = disposition === 'registered' || disposition === 'attached';
          return reply.status(isNew ? 201 : 200).send({ disposition, appealNumber, reason });
        } finally {
          parsing -= 1;
        }
      },
    );
  };
}

function otherType(): ProblemError {
  const [detail, detailZh] = [`must be ${MAIL}`, `应为 ${MAIL}`];
  return new ProblemError(
    'unsupported-media-type',
    { en: `Send ${MAIL}.`, zh: `请使用 ${MAIL}。` },
    { errors: [{ pointer: '/headers/content-type', detail, detailZh }] },
  );
}

function emptyMail(): ProblemError {
  const [detail, detailZh] = ['is empty', '为空'];
  return new ProblemError(
    'malformed-body',
    { en: 'There is no mail in the body.', zh: '请求中没有邮件。' },
    { errors: [{ pointer: '', detail, detailZh }] },
  );
}
