import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
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
import { SourceOfWebhook, signedQuery, webhookAnswers } from '../webhook/webhook.schema.ts';
import { open, openEcho, type Signed } from './envelope.ts';
import { type Event, type Line, readPush } from './push.ts';
import { type WechatSettings, wechat } from './wechat.channel.ts';
import { writeXml } from './xml.ts';

const ADDRESS = '/v1/webhooks/wechat/:source';
const ACTOR = systemActor('wechat');
/** WeChat deletes what a citizen sent after three days. */
const MEDIA_KEPT_MS = 3 * 86_400_000;
const NOTHING_TO_SAY: PushAnswer = { type: 'text/plain', payload: 'success' };

const query = {
  ...signedQuery,
  msg_signature: Type.Optional(
    Type.String({
      maxLength: 64,
      description: 'SHA-1 over the encrypted message too, in compatible and encrypted mode',
    }),
  ),
};

interface Deps {
  db: Database;
  intake: Intake;
  sources: Sources;
  clock: Clock;
  storage: Storage;
  keyRing: KeyRing;
}

/** `GET` and `POST /v1/webhooks/wechat/{source}`: WeChat's own protocol (接收消息), in plain, compatible and encrypted mode. */
export function wechatWebhook(deps: Deps): FastifyPluginAsyncTypebox {
  const { sources, clock } = deps;

  async function settingsOf(source: string): Promise<WechatSettings> {
    const settings = await sources.settingsOf<WechatSettings>('wechat', source);
    if (settings === undefined) throw notFound({ en: 'The source, or its settings,', zh: '该来源或其设置' });
    return settings;
  }

  async function receive(request: FastifyRequest, source: string, query: Signed, body: string): Promise<PushAnswer> {
    const settings = await settingsOf(source);
    const { elements, wrap } = open(settings, query, body);
    request.actor = { name: ACTOR, scopes: [], perMinute: undefined };
    const push = readPush(elements);
    const text = push.kind === 'event' ? answerEvent(settings, push) : await record(request, source, settings, push);
    return text === undefined ? NOTHING_TO_SAY : { type: 'text/xml', payload: wrap(replyTo(push, text)) };
  }

  async function record(
    request: FastifyRequest,
    source: string,
    settings: WechatSettings,
    line: Line,
  ): Promise<string | undefined> {
    const now = await clock.now();
    const { body, attachments } = await wholeText(deps, line.text);
    const { kind, name, id } = line.media ?? {};
    const media =
      kind && name && id
        ? [toFetch(kind, name, { by: 'wechat', source, mediaId: id }, new Date(now.getTime() + MEDIA_KEPT_MS))]
        : [];
    const answer = await acceptPush(deps, request.log, wechat, ACTOR, {
      body: {
        source,
        externalId: line.externalId,
        body,
        ...receivedAt(line.createdAt, now),
        ...(line.address ? { address: line.address } : {}),
        wechat: {
          openId: line.from,
          messageType: line.type,
          ...(line.messageId === undefined ? {} : { messageId: line.messageId }),
        },
      },
      accompanying: { conversation: true, attachments: [...attachments, ...media] },
    });
    return answer && recordedReply(settings, answer);
  }

  return async (app) => {
    takeBodiesAsText(app);

    app.get(
      ADDRESS,
      {
        schema: {
          operationId: 'verifyWechatWebhook',
          summary: 'WeChat checks the address (服务器地址校验)',
          tags: ['webhooks'],
          security: [],
          params: SourceOfWebhook,
          querystring: Type.Object({ ...query, echostr: Type.String({ maxLength: 1_000 }) }),
          response: webhookAnswers({ 'text/plain': Type.String() }),
        },
      },
      async ({ params: { source }, query }, reply) =>
        reply.type('text/plain; charset=utf-8').send(openEcho(await settingsOf(source), query)),
    );

    app.post(
      ADDRESS,
      {
        bodyLimit: 256 * 1024,
        schema: {
          operationId: 'receiveWechatPush',
          summary: 'WeChat pushes a message or an event (接收消息)',
          description:
            'The body is WeChat’s XML. A message becomes a line of its sender’s conversation and is answered, after COMMIT, with the number and query code in the mode of the request; `success` where there is nothing to say. Without a COMMIT within four seconds the connection is closed, so that WeChat tries again.',
          tags: ['webhooks'],
          security: [],
          params: SourceOfWebhook,
          querystring: Type.Object(query),
          response: webhookAnswers({ 'text/xml': Type.String(), 'text/plain': Type.Literal(NOTHING_TO_SAY.payload) }),
        },
      },
      async (request, reply) =>
        answerInTime(request, reply, () =>
          receive(request, request.params.source, request.query, typeof request.body === 'string' ? request.body : ''),
        ),
    );
  };
}

/**
 * Who starts to follow, or presses a menu key that expects an answer, is told how to write. All other events say nothing
 * to us: a picture or place chosen through the menu comes as a message of its own, a reported position is nobody's
 * appeal, and who stops following still gets the SMS. An event leaves nothing, so its repeat leaves nothing either.
 */
const answerEvent = (settings: WechatSettings, { event }: Event): string | undefined =>
  event === 'subscribe' || event === 'click' ? welcomeReply(settings) : undefined;

const replyTo = ({ from, to }: Line | Event, text: string): string =>
  writeXml({
    ToUserName: from,
    FromUserName: to,
    CreateTime: Math.floor(Date.now() / 1000),
    MsgType: 'text',
    Content: text,
  });
