import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Channel } from '../channels/channel.ts';
import { allChannels } from '../channels/channels.ts';
import type { Access } from '../platform/access/access.ts';
import { hasScope } from '../platform/access/keys.ts';
import { answers, Choice, Nullable, Ref, secured } from '../platform/openapi.ts';
import { ProblemError } from '../platform/problem.ts';
import type { Intake } from './intake.ts';
import { type MessageBody, messageSchema } from './message.schema.ts';

const MOST_MESSAGES = 100;

const ForeseenSchema = Type.Object(
  {
    disposition: Choice(['registered', 'attached', 'replayed', 'refused']),
    appealNumber: Nullable(Type.String({ description: 'Of the appeal it would join, or is in already' })),
    reopens: Type.Boolean({ description: 'The appeal it would join is answered and would be opened again' }),
    repeatOf: Nullable(Type.String({ description: 'Number of the ended or handed in appeal that it repeats' })),
    department: Nullable(Type.String({ description: 'Where the catalogue would send the new appeal' })),
    words: Type.Array(Type.String(), { description: 'Words of the rule that were found' }),
    refusal: Nullable(Type.Object({ pointer: Type.String(), detail: Type.String() }, { additionalProperties: false })),
  },
  { $id: 'Foreseen', additionalProperties: false, description: 'What would become of a message (预览)' },
);

/**
 * `POST /v1/channels/{channel}/preview`: what would become of messages. It tells by whom an appeal was raised to whoever
 * tries out numbers, so that a line's own key may not ask, and who asks is on record.
 */
export function previewRoutes({ intake, access }: { intake: Intake; access: Access }): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addSchema(ForeseenSchema);
    for (const channel of allChannels) route(channel);

    function route(channel: Channel): void {
      const scope = `intake:${channel.name}`;
      const schema = messageSchema(channel);
      app.addSchema(schema);
      app.post(
        `/v1/channels/${channel.name}/preview`,
        {
          onRequest: access.requires([scope]),
          bodyLimit: 8 * 1024 * 1024,
          schema: {
            operationId: `previewMessagesBy${channel.name[0]?.toUpperCase()}${channel.name.slice(1)}`,
            summary: `What would become of messages by ${channel.name} (${channel.zh}来件预览)`,
            description:
              'Nothing is written but that it was asked: `preview` in the audit, with the appeals that were named.',
            tags: ['intake'],
            ...secured(scope, 'import'),
            body: Type.Object(
              { messages: Type.Array(Ref(schema), { minItems: 1, maxItems: MOST_MESSAGES }) },
              { additionalProperties: false },
            ),
            response: answers({
              200: Type.Object({ items: Type.Array(Ref(ForeseenSchema)) }, { additionalProperties: false }),
            }),
          },
        },
        async (request) => {
          if (!hasScope(request.actor, 'import'))
            throw new ProblemError('forbidden', {
              en: 'A preview tells to whose appeals messages belong: it needs the scope import too.',
              zh: '预览会显示来件归属的诉求，还需要 import 权限。',
            });
          const { messages } = request.body as { messages: MessageBody[] };
          return { items: await intake.preview(channel, messages, request.actor.name) };
        },
      );
    }
  };
}
