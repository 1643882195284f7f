import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { IdOrNumber } from '../appeals/appeals.schema.ts';
import { readableAppeal } from '../appeals/readable.ts';
import type { Config } from '../config.ts';
import type { Zone } from '../deadlines/zone.ts';
import type { Access } from '../platform/access/access.ts';
import type { KeyRing } from '../platform/access/key-ring.ts';
import type { Clock } from '../platform/clock/clock.ts';
import type { Database } from '../platform/database/database.ts';
import { answers, Ref, secured } from '../platform/openapi.ts';
import { decodeCursor, etagOf, isUuid, pageOf, pageQuery, toPage } from '../platform/page.ts';
import { listReveals } from './reveals.repo.ts';
import { CallBackRevealBody, ContactSchema, RevealBody, RevealSchema } from './reveals.schema.ts';
import { REVEAL, revealAppellant, revealCaller } from './reveals.service.ts';

interface Deps {
  db: Database;
  keyRing: KeyRing;
  zone: Zone;
  clock: Clock;
  access: Access;
  config: Pick<Config, 'REVEALS_PER_DAY'>;
}

/** Contact data in clear, one person at a time, and the list of who was shown whom. */
export function revealsRoutes({ access, config, ...rest }: Deps): FastifyPluginAsyncTypebox {
  const { db, zone } = rest;
  const deps = { ...rest, perDay: config.REVEALS_PER_DAY };
  const uuid = (description: string) => Type.Optional(Type.String({ format: 'uuid', description }));

  return async (app) => {
    for (const schema of [ContactSchema, RevealSchema]) app.addSchema(schema);

    app.post(
      '/v1/appeals/:id/reveal',
      {
        onRequest: access.requires([REVEAL]),
        schema: {
          operationId: 'revealAppellant',
          summary: 'Contact data of one appellant in clear (查看联系方式)',
          description:
            'Needs the scope `reveal` besides one that reads the appeal: `dispatch`, `operations`, or the department that has it now. On record before it is answered, and in the history of the appeal, whose new ETag comes along. Reporters, and who asked to be confidential or anonymous: 403, unless the desk’s key has `reveal:reporter`. 429 above the limit of a day.',
          tags: ['appeals'],
          ...secured(REVEAL),
          params: IdOrNumber,
          body: RevealBody,
          response: answers({ 200: Ref(ContactSchema) }),
        },
      },
      async ({ actor, params, body }, reply) => {
        const { id } = await readableAppeal(db, actor, params.id);
        const { contact, version } = await revealAppellant(deps, actor, id, body);
        reply.headers({ 'cache-control': 'no-store', etag: etagOf(version) });
        return contact;
      },
    );

    app.post(
      '/v1/call-backs/:id/reveal',
      {
        onRequest: access.requires([REVEAL]),
        schema: {
          operationId: 'revealCaller',
          summary: 'Number of a caller who waits to be called back, in clear (查看回拨号码)',
          description:
            'Needs the scope `reveal` besides `dispatch` or `operations`. On record before it is answered; 409 when nobody waits any more, 429 above the limit of a day.',
          tags: ['calls'],
          ...secured(REVEAL),
          params: Type.Object({ id: Type.String({ format: 'uuid', description: 'Call-back task (回拨任务)' }) }),
          body: CallBackRevealBody,
          response: answers({ 200: Ref(ContactSchema) }),
        },
      },
      async ({ actor, params, body }, reply) => {
        const contact = await revealCaller(deps, actor, params.id, body);
        reply.header('cache-control', 'no-store');
        return contact;
      },
    );

    app.get(
      '/v1/reveals',
      {
        onRequest: access.requires(['admin']),
        schema: {
          operationId: 'listReveals',
          summary: 'Who was shown whose contact data (查看联系方式记录), newest first',
          tags: ['operations'],
          ...secured('admin'),
          querystring: Type.Object(
            {
              ...pageQuery(),
              actor: Type.Optional(Type.String({ maxLength: 100, description: 'Who: `key:<name>`' })),
              appealId: uuid('Of this appeal'),
              callBackId: uuid('Of this call-back task'),
            },
            { additionalProperties: false },
          ),
          response: answers({ 200: pageOf(Ref(RevealSchema)) }),
        },
      },
      async ({ query: { after, limit = 50, ...filter } }) =>
        toPage(
          await listReveals(db, filter, decodeCursor(after, isUuid), limit + 1),
          limit,
          (row) => row.id,
          (row) => ({ ...row, at: zone.formatInstant(row.at) }),
        ),
    );
  };
}
