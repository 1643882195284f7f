import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { toFetch } from '../../attachments/attachments.service.ts';
import type { Storage } from '../../attachments/storage.ts';
import type { Intake } from '../../intake/intake.ts';
import type { Sources } from '../../intake/sources.service.ts';
import type { KeyRing } from '../../platform/access/key-ring.ts';
import { systemActor } from '../../platform/access/keys.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import type { Database } from '../../platform/database/database.ts';
import { notFound } from '../../platform/problem.ts';
import { acceptPush } from '../webhook/accept-push.ts';
import { answerInTime, type PushAnswer } from '../webhook/answer-in-time.ts';
import { receivedAt, wholeText } from '../webhook/line.ts';
import { takeBodiesAsText } from '../webhook/raw-body.ts';
import { recordedReply, welcomeReply } from '../webhook/settings.ts';
import { checkSignature, withPrevious } from '../webhook/signature.ts';
import { SourceOfWebhook, signedQuery, webhookAnswers } from '../webhook/webhook.schema.ts';
import { readJson } from './json.ts';
import { WEIBO_MEDIA_MS } from './media.ts';
import { type Event, type Line, readPush } from './push.ts';
import { type WeiboSettings, weibo } from './weibo.channel.ts';

const ADDRESS = '/v1/webhooks/weibo/:source';
const ACTOR = systemActor('weibo');
/** An empty answer ends Weibo's tries. */
const NOTHING_TO_SAY: PushAnswer = { type: 'text/plain', payload: '' };

/** Passive reply (被动响应消息). Ids as text, as in Weibo's own samples: they do not fit a JSON number. */
const ReplySchema = Type.Object({
  result: Type.Literal(true),
  receiver_id: Type.String(),
  sender_id: Type.String(),
  type: Type.Literal('text'),
  data: Type.String({ description: 'URL-encoded JSON `{"text": …}`' }),
});

interface Signed {
  signature?: string | undefined;
  timestamp: string;
  nonce: string;
}

interface Deps {
  db: Database;
  intake: Intake;
  sources: Sources;
  clock: Clock;
  storage: Storage;
  keyRing: KeyRing;
}

/** `GET` and `POST /v1/webhooks/weibo/{source}`: the push of Weibo's fan service (粉丝服务平台), in its JSON form. */
export function weiboWebhook(deps: Deps): FastifyPluginAsyncTypebox {
  const { sources, clock } = deps;

  /** Settings of the source, once the call is proved to come from its platform. @throws ProblemError 404, 403 */
  async function checked(source: string, { signature, timestamp, nonce }: Signed): Promise<WeiboSettings> {
    const settings = await sources.settingsOf<WeiboSettings>('weibo', source);
    if (settings === undefined) throw notFound({ en: 'The source, or its settings,', zh: '该来源或其设置' });
    const given = { name: 'signature', given: signature, timestamp };
    const secrets = withPrevious(settings.appSecret, settings.previousAppSecret);
    checkSignature(secrets, [timestamp, nonce], given, settings.toleranceSeconds);
    return settings;
  }

  async function receive(request: FastifyRequest, source: string, query: Signed, body: string): Promise<PushAnswer> {
    const settings = await checked(source, query);
    request.actor = { name: ACTOR, scopes: [], perMinute: undefined };
    const push = readPush(readJson(body));
    if (push === undefined) return NOTHING_TO_SAY;
    const text = push.kind === 'event' ? answerEvent(settings, push) : await record(request, source, settings, push);
    return text === undefined ? NOTHING_TO_SAY : { type: 'application/json', payload: replyTo(push, text) };
  }

  async function record(
    request: FastifyRequest,
    source: string,
    settings: WeiboSettings,
    line: Line,
  ): Promise<string | undefined> {
    const now = await clock.now();
    const { body, attachments } = await wholeText(deps, line.text);
    const { kind, name, fid } = line.media ?? {};
    const media =
      kind && name && fid
        ? [toFetch(kind, name, { by: 'weibo', source, fid }, new Date(now.getTime() + WEIBO_MEDIA_MS))]
        : [];
    const answer = await acceptPush(deps, request.log, weibo, ACTOR, {
      body: {
        source,
        externalId: line.externalId,
        body,
        ...receivedAt(line.createdAt, now),
        weibo: { uid: line.from, ...line.mention },
      },
      // What was posted in public is complete; a private message may be one of several.
      accompanying: { conversation: line.mention === undefined, attachments: [...attachments, ...media] },
    });
    return answer && recordedReply(settings, answer);
  }

  return async (app) => {
    takeBodiesAsText(app);

    app.get(
      ADDRESS,
      {
        schema: {
          operationId: 'verifyWeiboWebhook',
          summary: 'Weibo checks the address (接收地址校验)',
          tags: ['webhooks'],
          security: [],
          params: SourceOfWebhook,
          querystring: Type.Object({ ...signedQuery, echostr: Type.String({ maxLength: 1_000 }) }),
          response: webhookAnswers({ 'text/plain': Type.String() }),
        },
      },
      async ({ params: { source }, query }, reply) => {
        await checked(source, query);
        return reply.type('text/plain; charset=utf-8').send(query.echostr);
      },
    );

    app.post(
      ADDRESS,
      {
        bodyLimit: 256 * 1024,
        schema: {
          operationId: 'receiveWeiboPush',
          summary: 'Weibo pushes a private message, a mention or an event (接收消息)',
          description:
            'The body is Weibo’s JSON. A private message becomes a line of its sender’s conversation, a mention a complete message; both are answered, after COMMIT, with the number and query code. Empty where there is nothing to say. Without a COMMIT within four seconds the connection is closed, so that Weibo tries again.',
          tags: ['webhooks'],
          security: [],
          params: SourceOfWebhook,
          querystring: Type.Object(signedQuery),
          response: webhookAnswers({
            'application/json': ReplySchema,
            'text/plain': Type.Literal(NOTHING_TO_SAY.payload),
          }),
        },
      },
      async (request, reply) =>
        answerInTime(request, reply, () =>
          receive(request, request.params.source, request.query, typeof request.body === 'string' ? request.body : ''),
        ),
    );
  };
}

/** Who starts to follow or presses a menu key is told how to write; the other events say nothing to us. */
const answerEvent = (settings: WeiboSettings, { subtype }: Event): string | undefined =>
  ['follow', 'subscribe', 'click'].includes(subtype) ? welcomeReply(settings) : undefined;

const replyTo = ({ from, to }: Line | Event, text: string): string => {
  const reply: Static<typeof ReplySchema> = {
    result: true,
    receiver_id: from,
    sender_id: to,
    type: 'text',
    data: encodeURIComponent(JSON.stringify({ text })),
  };
  return JSON.stringify(reply);
};
