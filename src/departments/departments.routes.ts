import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type TObject, Type } from 'typebox';
import type { TimeRules } from '../deadlines/time-rules.service.ts';
import type { Access } from '../platform/access/access.ts';
import { hasScope } from '../platform/access/keys.ts';
import type { Clock } from '../platform/clock/clock.ts';
import type { Database, Transaction } from '../platform/database/database.ts';
import { answers, Ref, secured } from '../platform/openapi.ts';
import { decodeCursor, encodeCursor, etagOf, IfMatch, isCount, pageOf, pageQuery, readVersion, toPage } from '../platform/page.ts';
import { fieldProblem, notFound, ProblemError } from '../platform/problem.ts';
import { type AssignmentKey, departmentExists, findAssignment, type Listed, listAssignments } from './assignments.repo.ts';
import { returnCase, sign, submit } from './assignments.service.ts';
import { AssignmentSchema, FeedSchema, SignManySchema } from './departments.schema.ts';
import { assignmentStatuses } from './departments.table.ts';
import { type FeedWatch, readFeed } from './feed.ts';
import { viewAssignment } from './assignments.view.ts';

interface Deps {
  db: Database;
  rules: TimeRules;
  clock: Clock;
  access: Access;
  feedWatch: FeedWatch;
}

const Code = Type.Object({ code: Type.String({ pattern: '^[a-z][a-z0-9-]{0,39}$', description: 'Department code (承办单位)' }) });
const Id = Type.Object({ id: Type.String({ format: 'uuid', description: 'Assignment (派单)' }) });
const Words = (description: string) => Type.String({ minLength: 1, maxLength: 10_000, pattern: '\\S', description });
const scopeOf = (code: string): string => `department:${code}`;

/** The departments' work: feed, list, one assignment, and what they do with it. */
export function departmentsRoutes({ db, rules, clock, access, feedWatch }: Deps): FastifyPluginAsyncTypebox {
  /** Any department's key passes; whose assignment it is decides below. */
  const anyDepartment = access.requires((request) => ['dispatch', ...request.actor.scopes.filter((scope) => scope.startsWith('department:'))]);
  const ofDepartment = access.requires((request) => [scopeOf((request.params as { code: string }).code), 'dispatch']);

  async function own(actor: { scopes: readonly string[] }, id: string, ...also: string[]): Promise<Listed> {
    const found = await findAssignment(db, id);
    if (!found || !hasScope(actor, scopeOf(found.assignment.department), ...also)) throw notFound({ en: 'The assignment', zh: '该派单' });
    return found;
  }

  return async (app) => {
    for (const schema of [AssignmentSchema, FeedSchema, SignManySchema]) app.addSchema(schema);
    const security = secured('department:<code>', 'dispatch');

    app.get(
      '/v1/departments/:code/feed',
      {
        onRequest: ofDepartment,
        schema: {
          operationId: 'readDepartmentFeed',
          summary: 'Change feed of a department (工单动态)',
          description: 'Append-only, without gaps, at least once. `wait` holds the answer until something is new, up to 30 seconds. Entries carry ids; read the assignment for today’s content.',
          tags: ['departments'],
          ...security,
          params: Code,
          querystring: Type.Object({ ...pageQuery(), wait: Type.Optional(Type.Integer({ minimum: 0, maximum: 30, default: 0, description: 'Seconds to wait for news' })) }, { additionalProperties: false }),
          response: answers({ 200: Ref(FeedSchema) }),
        },
      },
      async (request) => {
        const { code } = request.params;
        const { after, limit = 50, wait = 0 } = request.query;
        const from = decodeCursor(after, isCount) ?? 0;
        if (!(await departmentExists(db, code))) throw notFound({ en: 'The department', zh: '该承办单位' });
        let entries = await readFeed(db, code, from, limit);
        if (entries.length === 0 && wait > 0) {
          await feedWatch.wait(code, from, wait * 1000);
          entries = await readFeed(db, code, from, limit);
        }
        return {
          items: entries.map(({ seq, kind, assignmentId, appealId, at }) => ({ cursor: encodeCursor(seq), kind, assignmentId, appealId, at: rules.zone.formatInstant(at) })),
          next: encodeCursor(entries.at(-1)?.seq ?? from),
        };
      },
    );

    app.get(
      '/v1/departments/:code/assignments',
      {
        onRequest: ofDepartment,
        schema: {
          operationId: 'listAssignments',
          summary: "A department's assignments (待办列表)",
          tags: ['departments'],
          ...security,
          params: Code,
          querystring: Type.Object(
            {
              ...pageQuery(),
              status: Type.Optional(Type.Enum([...assignmentStatuses])),
              dueBefore: Type.Optional(Type.String({ format: 'date-time', description: 'Only what is due before' })),
              sort: Type.Optional(Type.Enum(['dueAt', 'assignedAt'], { default: 'assignedAt', description: '`dueAt`: due first; `assignedAt`: newest first' })),
            },
            { additionalProperties: false },
          ),
          response: answers({ 200: pageOf(Ref(AssignmentSchema)) }),
        },
      },
      async (request) => {
        const { code } = request.params;
        const { after, limit = 50, status, dueBefore, sort = 'assignedAt' } = request.query;
        if (!(await departmentExists(db, code))) throw notFound({ en: 'The department', zh: '该承办单位' });
        const filter = { department: code, status, dueBefore: dueBefore === undefined ? undefined : new Date(dueBefore), sort };
        const rows = await listAssignments(db, filter, toKey(decodeCursor(after, isText)), limit + 1);
        const now = await clock.now();
        return toPage(rows, limit, ({ assignment }) => `${assignment.dueAt?.toISOString() ?? ''} ${assignment.id}`, (row) => viewAssignment(rules, row, now));
      },
    );

    app.get(
      '/v1/assignments/:id',
      { onRequest: anyDepartment, schema: { operationId: 'getAssignment', summary: 'One assignment (派单)', tags: ['departments'], ...security, params: Id, response: answers({ 200: Ref(AssignmentSchema) }) } },
      async (request, reply) => {
        const found = await own(request.actor, request.params.id, 'dispatch');
        reply.header('etag', etagOf(found.assignment.version));
        return viewAssignment(rules, found, await clock.now());
      },
    );

    const Nothing = Type.Object({}, { additionalProperties: false });
    const Reason = Type.Object({ reason: Words('Why it is not yours (退单原因)') }, { additionalProperties: false });
    const Result = Type.Object({ result: Words('What was done (办理结果)') }, { additionalProperties: false });
    step('sign', 'Sign for a case (签收)', Nothing, (tx, at, _body, now) => sign(tx, at, now));
    step('return', 'Send a case back to the desk (退单)', Reason, (tx, at, { reason }, now) => returnCase(tx, rules, { ...at, reason }, now));
    step('submit', 'Hand in the result (反馈办理结果)', Result, (tx, at, { result }, now) => submit(tx, { ...at, result }, now));

    type At = Parameters<typeof sign>[1];
    function step<T extends TObject>(action: string, summary: string, body: T, run: (tx: Transaction, at: At, body: Type.Static<T>, now: Date) => Promise<void>): void {
      app.post(
        `/v1/assignments/:id/${action}`,
        {
          onRequest: anyDepartment,
          schema: { operationId: `${action}Assignment`, summary, tags: ['departments'], ...secured('department:<code>'), params: Id, headers: IfMatch, body, response: answers({ 200: Ref(AssignmentSchema) }) },
        },
        async (request, reply) => {
          const { id } = request.params;
          const version = readVersion(request.headers);
          await own(request.actor, id);
          const now = await clock.now();
          await db.transaction((tx) => run(tx, { assignmentId: id, version, actor: request.actor.name }, request.body as Type.Static<T>, now));
          const changed = await own(request.actor, id);
          reply.header('etag', etagOf(changed.assignment.version));
          return viewAssignment(rules, changed, now);
        },
      );
    }

    app.post(
      '/v1/assignments/sign',
      {
        onRequest: anyDepartment,
        schema: {
          operationId: 'signAssignments',
          summary: 'Sign for many cases (批量签收)',
          description: 'Each in its own transaction; the answer says of each whether it was done.',
          tags: ['departments'],
          ...secured('department:<code>'),
          body: Type.Object(
            { items: Type.Array(Type.Object({ id: Type.String({ format: 'uuid' }), version: Type.Integer({ minimum: 1 }) }, { additionalProperties: false }), { minItems: 1, maxItems: 100 }) },
            { additionalProperties: false },
          ),
          response: answers({ 200: Ref(SignManySchema) }),
        },
      },
      async (request) => {
        const now = await clock.now();
        const items = [];
        for (const { id, version } of request.body.items) {
          try {
            await own(request.actor, id);
            await db.transaction((tx) => sign(tx, { assignmentId: id, version, actor: request.actor.name }, now));
            items.push({ id, ok: true, status: 'signed' as const });
          } catch (error) {
            if (!(error instanceof ProblemError)) throw error;
            items.push({ id, ok: false, detail: error.detail });
          }
        }
        return { items };
      },
    );
  };
}

const isText = (key: unknown): key is string => typeof key === 'string';

function toKey(cursor: string | undefined): AssignmentKey | undefined {
  if (cursor === undefined) return undefined;
  const [dueAt = '', id = ''] = cursor.split(' ');
  if (!/^[0-9a-f-]{36}$/.test(id) || (dueAt !== '' && Number.isNaN(Date.parse(dueAt)))) throw fieldProblem('/query/after', 'is not a cursor of this list', '不是本列表的游标');
  return { dueAt: dueAt === '' ? null : dueAt, id };
}
