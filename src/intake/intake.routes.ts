import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Channel } from '../channels/channel.ts';
import { allChannels } from '../channels/channels.ts';
import type { Access } from '../platform/access/access.ts';
import { hasScope } from '../platform/access/keys.ts';
import { answers, Ref, secured } from '../platform/openapi.ts';
import { ProblemError } from '../platform/problem.ts';
import type { Intake } from './intake.ts';
import { MessageAnswerSchema, type MessageBody, messageSchema } from './message.schema.ts';

/** `POST /v1/channels/{channel}/messages`, one route a channel, each with its own strict body. */
export function intakeRoutes(deps: { intake: Intake; access: Access }): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addSchema(MessageAnswerSchema);
    for (const channel of allChannels) route(channel);

    function route(channel: Channel): void {
      const scope = `intake:${channel.name}`;
      const schema = messageSchema(channel);
      app.addSchema(schema);
      app.post(
        `/v1/channels/${channel.name}/messages`,
        {
          onRequest: deps.access.requires([scope]),
          bodyLimit: 256 * 1024,
          schema: {
            operationId: `postMessageBy${channel.name[0]?.toUpperCase()}${channel.name.slice(1)}`,
            summary: `Post one message received by ${channel.name} (${channel.zh})`,
            description:
              'Answered only after COMMIT: a 2xx is durable. 201 registered or attached, 200 replayed, 409 same id with other content.',
            tags: ['intake'],
            ...secured(scope),
            headers: Type.Object({
              'idempotency-key': Type.Optional(
                Type.String({
                  minLength: 1,
                  maxLength: 200,
                  description: 'Kept with the message; the same key with another body is a 422',
                }),
              ),
            }),
            body: Ref(schema),
            response: answers({ 200: Ref(MessageAnswerSchema), 201: Ref(MessageAnswerSchema) }),
          },
        },
        async (request, reply) => {
          const body = request.body as MessageBody;
          if (body.historic && !hasScope(request.actor, 'import')) {
            throw new ProblemError(
              'forbidden',
              { en: 'Filing historic cases needs the scope import.', zh: '归档历史件需要 import 权限。' },
              { errors: [{ pointer: '/historic', detail: 'needs the scope import', detailZh: '需要 import 权限' }] },
            );
          }
          const answer = await deps.intake.accept(
            channel,
            body,
            request.actor.name,
            request.headers['idempotency-key'] ?? null,
          );
          return reply.status(answer.disposition === 'replayed' ? 200 : 201).send(answer);
        },
      );
    }
  };
}
