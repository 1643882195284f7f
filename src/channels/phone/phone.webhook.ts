import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { CallEventSchema } from '../../calls/call-event.ts';
import { takeEvents } from '../../calls/calls.service.ts';
import { sourceOfLine } from '../../calls/lines.ts';
import type { Zone } from '../../deadlines/zone.ts';
import type { Sources } from '../../intake/sources.service.ts';
import type { KeyRing } from '../../platform/access/key-ring.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import type { Database } from '../../platform/database/database.ts';
import { createGroupCommit } from '../../platform/group-commit.ts';
import { answers } from '../../platform/openapi.ts';
import { notFound } from '../../platform/problem.ts';
import type { PhoneSettings } from './native.ts';
import { providerOf, providersOfOthers } from './providers.ts';
import { readPush } from './push.ts';
import { checkKey, checkSigned } from './signature.ts';

interface Deps {
  db: Database;
  zone: Zone;
  clock: Clock;
  keyRing: KeyRing;
  sources: Sources;
}

const MOST_BYTES = 1024 * 1024;
/** Pushes that wait in this process; more are told to come again. */
const MOST_WAITING = 200;

const Taken = Type.Object(
  {
    accepted: Type.Integer({ description: 'Records taken, known ones included' }),
    calls: Type.Array(
      Type.Object({
        callId: Type.String({ description: 'Id the record gave' }),
        id: Type.String({ format: 'uuid', description: 'Id of the call here' }),
      }),
    ),
    refused: Type.Array(
      Type.Object({
        index: Type.Integer({ description: 'Place in the push, from 0' }),
        errors: Type.Array(Type.Object({ pointer: Type.String(), detail: Type.String() })),
      }),
      { description: 'Records that could not be taken; sending them again unchanged does not help' },
    ),
  },
  { additionalProperties: false },
);

const description = `What the call centre knows of its calls: one \`CallEvent\` or an array, as often and as late as it likes. An event
is known by provider and callId; several of one call are merged. Also taken: FreeSWITCH's records as JSON, XML, socket headers
or rows, and Asterisk's as CSV, JSON or manager events. The source's secret is the key: as bearer key or basic password, or as
signature of the body (settings). A push of which some records are wrong is taken without them.`;

/** `POST /v1/webhooks/phone/{source}`: call events in their neutral form or a switch's own. 200 only after COMMIT. */
export function phoneWebhook({ db, zone, clock, keyRing, sources }: Deps): FastifyPluginAsyncTypebox {
  const deps = {
    db,
    keyRing,
    sourceOfLine: (by: string, dialled: string | null) => sourceOfLine(sources, by, dialled),
  };

  // One at a time: they wait for each other in any case, and must not wait with a connection each.
  const line = createGroupCommit<Parameters<typeof takeEvents>, string[]>({
    commit: (pushes) => Promise.all(pushes.map((push) => takeEvents(...push))),
    maxBatch: 1,
    maxWaiting: MOST_WAITING,
  });

  async function settingsOf(source: string): Promise<PhoneSettings> {
    const settings = await sources.settingsOf<PhoneSettings>('phone', source);
    if (!settings) throw notFound({ en: 'A phone source with settings', zh: '已设置的电话来源' });
    return settings;
  }

  return async (app) => {
    app.addHook('onClose', () => line.stop());
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    app.post(
      '/v1/webhooks/phone/:source',
      {
        bodyLimit: MOST_BYTES,
        // Before the body is read, where the key does not speak of the body.
        onRequest: async (request) => {
          const { secret, signature } = await settingsOf((request.params as { source: string }).source);
          if (signature !== 'hmac') checkKey(secret, request.headers);
        },
        schema: {
          operationId: 'pushCallEvents',
          summary: 'Call events of a call centre (话单推送)',
          description,
          tags: ['webhooks'],
          security: [],
          params: Type.Object({
            source: Type.String({ maxLength: 40, description: 'Phone source (来源) with settings' }),
          }),
          querystring: Type.Object({}, { description: "mod_xml_cdr adds the call's uuid" }),
          body: {
            content: {
              'application/json': {
                schema: Type.Unsafe<CallEventBody>({
                  anyOf: [{ $ref: 'CallEvent' }, { type: 'array', items: { $ref: 'CallEvent' }, maxItems: 200 }],
                }),
              },
            },
          },
          response: answers({ 200: Taken }),
        },
        // What the body is, is said by its own form; the schemas are for the reader.
        validatorCompiler: () => () => true,
      },
      async (request) => {
        const { source } = request.params;
        const settings = await settingsOf(source);
        const body = (request.body ?? Buffer.alloc(0)) as unknown as Buffer;
        if (settings.signature === 'hmac') checkSigned(settings.secret, request.headers, body);
        const now = await clock.now();
        const closed = await providersOfOthers(sources, source, settings);
        const { events, refused } = readPush(
          { source, zone, settings },
          closed,
          request.headers['content-type'],
          body,
          now,
        );
        const provider = providerOf(source, settings);
        const told = events.map((event) => ({ provider: event.provider ?? provider, event }));
        const ids = await line.submit([deps, source, told, now]);
        if (refused.length > 0)
          request.log.warn(
            { source, refused: refused.map(({ index, errors }) => [index, errors[0]?.pointer]).slice(0, 20) },
            'records of a push could not be taken',
          );
        return {
          accepted: events.length,
          calls: events.map(({ callId }, at) => ({ callId, id: ids[at] ?? '' })),
          refused: refused.map(({ index, errors }) => ({
            index,
            errors: errors.map(({ pointer, detail }) => ({ pointer, detail })),
          })),
        };
      },
    );
  };
}

type CallEventBody = typeof CallEventSchema;
