import { createHash } from 'node:crypto';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import { Type } from 'typebox';
import { v7 as uuid } from 'uuid';
import { numberOfMessage, type PublishedAppeal, publishedAppeals } from '../../appeals/published.service.ts';
import { duesOf } from '../../deadlines/deadlines.service.ts';
import type { Zone } from '../../deadlines/zone.ts';
import type { Intake } from '../../intake/intake.ts';
import type { Access } from '../../platform/access/access.ts';
import type { KeyRing } from '../../platform/access/key-ring.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import type { Database } from '../../platform/database/database.ts';
import { isUuid } from '../../platform/page.ts';
import { fieldProblem, notFound, type ProblemCode, statusOf, toProblem } from '../../platform/problem.ts';
import { portal } from '../portal/portal.channel.ts';
import { answer, withoutSuffix } from './answer.ts';
import { discovery } from './discovery.ts';
import { described } from './documentation.ts';
import { mediaToFetch } from './media.fetcher.ts';
import { toMessage } from './message.ts';
import { type Query, readQuery, textOf } from './query.ts';
import { viewRequest } from './request.view.ts';
import { viewDefinition, viewService } from './service.view.ts';
import type { createServiceList } from './services.service.ts';
import { readForm, readSubmission } from './submission.ts';

interface Deps {
  db: Database;
  zone: Zone;
  clock: Clock;
  keyRing: KeyRing;
  intake: Intake;
  access: Access;
  services: ReturnType<typeof createServiceList>;
  departmentName: (code: string) => Promise<string | undefined>;
}

/** What elsewhere is said of headers and fields that a client of Open311 does not know. */
const ownWords: Partial<Record<ProblemCode, { en: string; zh: string }>> = {
  unauthenticated: { en: 'api_key was not provided or is not valid', zh: 'api_key 未提供或无效' },
  'unsupported-media-type': {
    en: 'Send application/x-www-form-urlencoded.',
    zh: '请使用 application/x-www-form-urlencoded。',
  },
  conflict: { en: 'Idempotency-Key was used for another request', zh: 'Idempotency-Key 已用于另一请求' },
};

const MOST_BYTES = 64 * 1024;
/** Registered source (来源) of what comes by Open311. */
const SOURCE = 'open311';

/** The standard knows no id of the client's; who sends a key with a request may send it again. */
function idOf(request: FastifyRequest, actor: string): string {
  const key = request.headers['idempotency-key'];
  return typeof key === 'string' ? createHash('sha256').update(`${actor}\n${key}`).digest('hex') : uuid();
}

/** GeoReport v2 at `/open311/v2`: discovery, services, definitions, requests, tokens, in XML and JSON. */
export function open311Routes(deps: Deps): FastifyPluginAsyncTypebox {
  const { db, clock, intake, access, services } = deps;

  async function view(rows: readonly PublishedAppeal[]) {
    const { all } = await services();
    const dues = await duesOf(
      db,
      'resolve',
      'appeal',
      rows.map(({ id }) => id),
    );
    return Promise.all(
      rows.map(async (row) =>
        viewRequest(deps, row, all.get(row.category), {
          departmentName: row.department ? await deps.departmentName(row.department) : undefined,
          dueAt: dues.get(row.id)?.dueAt,
        }),
      ),
    );
  }

  async function find(numbers: readonly string[]): Promise<PublishedAppeal[]> {
    const { all } = await services();
    return publishedAppeals(db, { numbers, categories: [...all.keys()] }, { limit: 1, offset: 0 });
  }

  const suffixOf = (request: FastifyRequest): string | undefined => {
    const { format } = request.params as { format?: string };
    if (format !== undefined && format !== 'xml' && format !== 'json')
      throw notFound({ en: `The format ${format.slice(0, 10)}`, zh: '该格式' });
    return format;
  };

  async function post(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const suffix = suffixOf(request);
    const form = readForm(String(request.body ?? ''));
    const actor = await access.admit(form.get('api_key') ?? textOf(request.query as Query, 'api_key'), [
      'open311',
      'intake:portal',
    ]);
    const code = form.get('service_code')?.trim();
    if (!code) throw fieldProblem('service_code', 'was not provided', '未提供');
    const service = (await services()).offered.find((offered) => offered.code === code);
    if (!service) throw notFound({ en: 'service_code', zh: '该服务事项' });
    const asked = readSubmission(form, service);
    const message = toMessage(SOURCE, idOf(request, actor.name), service, asked);
    const attachments = asked.mediaUrl ? [mediaToFetch(SOURCE, asked.mediaUrl, await clock.now())] : [];
    const taken = await intake.accept(portal, message, actor.name, null, { attachments });
    const value = [
      {
        service_request_id: taken.appealNumber,
        token: taken.messageId,
        service_notice: `已登记。查询码 ${taken.queryCode}，凭编号和查询码可查询办理进度。`,
        account_id: null,
      },
    ];
    return answer(request, reply, { root: 'service_requests', value, suffix });
  }

  async function list(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const suffix = suffixOf(request);
    const { all } = await services();
    const { filter, serviceCodes, page } = readQuery(request.query as Query, await clock.now(), deps.zone);
    const categories = serviceCodes ? serviceCodes.filter((code) => all.has(code)) : [...all.keys()];
    const rows = page.limit === 0 ? [] : await publishedAppeals(db, { ...filter, categories }, page);
    return answer(request, reply, { root: 'service_requests', value: await view(rows), suffix });
  }

  const handlers: Record<string, (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>> = {
    discovery: async (request, reply) =>
      answer(request, reply, { root: 'discovery', value: discovery(request), suffix: suffixOf(request) }),
    services: async (request, reply) =>
      answer(request, reply, {
        root: 'services',
        value: (await services()).offered.map(viewService),
        suffix: suffixOf(request),
      }),
    definition: async (request, reply) => {
      const code = withoutSuffix((request.params as { code: string }).code);
      const service = (await services()).all.get(code);
      if (!service) throw notFound({ en: 'service_code', zh: '该服务事项' });
      return answer(request, reply, { root: 'service_definition', value: viewDefinition(service) });
    },
    request: async (request, reply) => {
      const rows = await find([withoutSuffix((request.params as { id: string }).id)]);
      if (rows.length === 0) throw notFound({ en: 'service_request_id', zh: '该诉求' });
      return answer(request, reply, { root: 'service_requests', value: await view(rows) });
    },
    token: async (request, reply) => {
      const token = withoutSuffix((request.params as { token: string }).token);
      const number = isUuid(token) ? await numberOfMessage(db, token) : undefined;
      // A token names what may be seen by id, and nothing else.
      if (number === undefined || (await find([number])).length === 0) throw notFound({ en: 'token', zh: '该令牌' });
      return answer(request, reply, { root: 'service_requests', value: [{ service_request_id: number, token }] });
    },
    list,
    post,
  };

  return async (app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: MOST_BYTES },
      (_request, body, done) => done(null, body),
    );
    app.setErrorHandler((error, request, reply) => {
      const problem = toProblem(error as never, request);
      const status = statusOf(problem) === 401 ? 403 : statusOf(problem) === 415 ? 400 : statusOf(problem);
      const chinese = /^\s*zh\b/i.test(request.headers['accept-language'] ?? '');
      const whole = [{ pointer: '', detail: problem.detail, detailZh: problem.detailZh }];
      const named = problem.code === 'validation' && problem.errors ? problem.errors : whole;
      if (problem.retryAfter !== undefined) reply.header('retry-after', String(problem.retryAfter));
      const said = ownWords[problem.code];
      const value = (said ? [{ pointer: '', detail: said.en, detailZh: said.zh }] : named)
        .slice(0, 100)
        .map(({ pointer, detail, detailZh }) => ({
          code: status,
          description: `${pointer} ${chinese ? detailZh : detail}`.trim(),
        }));
      return answer(request, reply, { root: 'errors', value, status });
    });

    const readable = access.perAddress(600, 60);
    const open = { bodyLimit: MOST_BYTES, validatorCompiler: () => () => true };
    const route = (
      method: 'GET' | 'POST',
      url: string,
      name: string,
      documented: object = { hide: true, querystring: Type.Object({}) },
    ): void => {
      const guard = method === 'GET' ? { onRequest: readable } : {};
      app.route({ method, url, ...open, ...guard, schema: documented, handler: handlers[name] as RouteHandlerMethod });
    };
    for (const [method, path, name] of [
      ['GET', 'discovery', 'discovery'],
      ['GET', 'services', 'services'],
      ['GET', 'requests', 'list'],
      ['POST', 'requests', 'post'],
    ] as const) {
      route(method, `/open311/v2/${path}.:format`, name, described(name));
      route(method, `/open311/v2/${path}`, name);
    }
    // Whatever else is asked below this address is refused in the client's own format too.
    app.all('/open311/v2/*', { ...open, onRequest: readable, schema: { hide: true } }, (request) => {
      const named = `${request.method} ${(request.params as { '*': string })['*']}`.slice(0, 60);
      throw notFound({ en: `“${named}”`, zh: `“${named}”` });
    });
    route('GET', '/open311/discovery.:format', 'discovery');
    route('GET', '/open311/v2/services/:code', 'definition', described('definition'));
    route('GET', '/open311/v2/requests/:id', 'request', described('request'));
    route('GET', '/open311/v2/tokens/:token', 'token', described('token'));
  };
}
