import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyError } from 'fastify';
import { Type } from 'typebox';
import { v4 as uuid } from 'uuid';
import { citizenView } from '../../appeals/citizen.ts';
import type { Sources } from '../../intake/sources.service.ts';
import type { Access } from '../../platform/access/access.ts';
import { describeProblem, notFound } from '../../platform/problem.ts';
import { readAssets } from './assets.ts';
import { formPage, problemPage, queryPage } from './pages.ts';
import { openForm } from './portal.routes.ts';
import { sendPage } from './send-page.ts';

const SourceParams = Type.Object({ source: Type.String({ maxLength: 40 }) });

type Deps = Parameters<typeof citizenView>[0] & { sources: Sources; access: Access };

/** As it was meant: Chinese keyboards type full-width digits and letters, and who copies takes blanks along. */
const plain = (typed: string): string => typed.normalize('NFKC').replaceAll(/\s/g, '');

/** The pages a citizen sees where the city has no portal of its own: the form, and the look-up of what became of it. */
export function portalPages(deps: Deps): FastifyPluginAsyncTypebox {
  const assets = readAssets();

  return async (app) => {
    app.setErrorHandler((error: FastifyError, request, reply) => {
      const { status, title, detail } = describeProblem(error, request);
      return sendPage(reply, problemPage(title, detail), status);
    });
    app.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: 4_096 },
      (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
    );

    app.get(
      '/portal/:source',
      { onRequest: deps.access.perAddress(120, 60), schema: { hide: true, params: SourceParams } },
      async ({ params: { source } }, reply) =>
        sendPage(reply, formPage({ source, settings: await openForm(deps.sources, source) }, uuid())),
    );

    app.get(
      '/portal/:source/query',
      { onRequest: deps.access.perAddress(120, 60), schema: { hide: true, params: SourceParams } },
      async ({ params: { source } }, reply) =>
        sendPage(reply, queryPage({ source, settings: await openForm(deps.sources, source) })),
    );

    // By POST: number and code together open the case, and an address is kept in histories and logs.
    app.post(
      '/portal/:source/query',
      {
        onRequest: deps.access.citizen,
        schema: {
          hide: true,
          params: SourceParams,
          body: Type.Object({ number: Type.String({ maxLength: 200 }), code: Type.String({ maxLength: 200 }) }),
        },
      },
      async ({ params: { source }, body }, reply) => {
        const settings = await openForm(deps.sources, source);
        const number = plain(body.number);
        await deps.access.lookUp(number);
        const view = await citizenView(deps, number, plain(body.code));
        return sendPage(reply, queryPage({ source, settings }, { number, view }), view ? 200 : 404);
      },
    );

    app.get(
      '/portal/assets/:name',
      { schema: { hide: true, params: Type.Object({ name: Type.String({ maxLength: 40 }) }) } },
      async ({ params: { name }, headers }, reply) => {
        const asset = assets.get(name);
        if (!asset) throw notFound({ en: 'The file', zh: '该文件' });
        reply.headers({
          etag: asset.etag,
          'cache-control': 'public, max-age=300',
          'x-content-type-options': 'nosniff',
        });
        if (headers['if-none-match'] === asset.etag) return reply.status(304).send();
        return reply.type(asset.type).send(asset.content);
      },
    );
  };
}
