import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Access } from '../platform/access/access.ts';
import { answers, Ref } from '../platform/openapi.ts';
import { notFound } from '../platform/problem.ts';
import { CitizenViewSchema } from './appeals.schema.ts';
import { citizenView } from './citizen.ts';

type Deps = Parameters<typeof citizenView>[0] & { access: Access };

/** The citizen's look-up by number and query code; wrong and malformed codes are the same 404. */
export function citizenRoutes(deps: Deps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addSchema(CitizenViewSchema);
    app.get(
      '/v1/citizen/appeals/:number',
      {
        onRequest: deps.access.citizen,
        schema: {
          operationId: 'getCitizenAppeal',
          summary: "A citizen's own appeal by number and query code (市民查询)",
          description: 'Rate-limited per caller and per number.',
          tags: ['citizen'],
          security: [],
          params: Type.Object({ number: Type.String({ maxLength: 200, description: 'Appeal number (工单编号)' }) }),
          querystring: Type.Object(
            { code: Type.String({ maxLength: 200, description: 'Query code (查询码)' }) },
            { additionalProperties: false },
          ),
          response: answers({ 200: Ref(CitizenViewSchema) }),
        },
      },
      async (request, reply) => {
        reply.header('cache-control', 'no-store');
        const view = await citizenView(deps, request.params.number, request.query.code);
        if (!view) throw notFound({ en: 'An appeal with this number and code', zh: '该编号和查询码对应的诉求' });
        return view;
      },
    );
  };
}
