import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Zone } from '../deadlines/zone.ts';
import type { Access } from '../platform/access/access.ts';
import type { KeyRing } from '../platform/access/key-ring.ts';
import type { Clock } from '../platform/clock/clock.ts';
import type { Database } from '../platform/database/database.ts';
import { answers, Choice, Ref, secured } from '../platform/openapi.ts';
import { decodeCursor, etagOf, isUuid, pageOf, pageQuery, readInstant, toPage } from '../platform/page.ts';
import { fieldProblem, notFound } from '../platform/problem.ts';
import { type AssignmentKey, listAssignments } from './assignments.repo.ts';
import { viewAssignment } from './assignments.view.ts';
import { AssignmentId, AssignmentSchema, DepartmentCode } from './departments.schema.ts';
import { departmentExists } from './departments.service.ts';
import { assignmentStatuses } from './departments.table.ts';
import { anyDepartment, departmentScope, ownAssignment } from './own-assignments.ts';

interface Deps {
  db: Database;
  zone: Zone;
  keyRing: KeyRing;
  clock: Clock;
  access: Access;
}

/** What the clerk reads: the department's list and one assignment. */
export function assignmentsRoutes({ db, zone, keyRing, clock, access }: Deps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addSchema(AssignmentSchema);
    const common = { tags: ['departments'], ...secured('department:<code>', 'dispatch') };

    app.get(
      '/v1/departments/:code/assignments',
      {
        onRequest: access.requires((request) => [
          departmentScope((request.params as { code: string }).code),
          'dispatch',
        ]),
        schema: {
          operationId: 'listAssignments',
          summary: "A department's assignments (待办列表)",
          ...common,
          params: DepartmentCode,
          querystring: Type.Object(
            {
              ...pageQuery(),
              status: Type.Optional(Choice(assignmentStatuses)),
              dueBefore: Type.Optional(Type.String({ format: 'date-time', description: 'Only what is due before' })),
              sort: Type.Optional(
                Choice(['dueAt', 'assignedAt'], {
                  default: 'assignedAt',
                  description: '`dueAt`: due first; `assignedAt`: newest first',
                }),
              ),
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
        const filter = {
          department: code,
          status,
          dueBefore: readInstant('dueBefore', dueBefore),
          sort,
        };
        const rows = await listAssignments(db, keyRing, filter, toKey(decodeCursor(after, isText)), limit + 1);
        const now = await clock.now();
        return toPage(
          rows,
          limit,
          ({ assignment }) => `${assignment.dueAt?.toISOString() ?? ''} ${assignment.id}`,
          (row) => viewAssignment(zone, row, now),
        );
      },
    );

    app.get(
      '/v1/assignments/:id',
      {
        onRequest: anyDepartment(access),
        schema: {
          operationId: 'getAssignment',
          summary: 'One assignment (派单)',
          ...common,
          params: AssignmentId,
          response: answers({ 200: Ref(AssignmentSchema) }),
        },
      },
      async (request, reply) => {
        const found = await ownAssignment({ db, keyRing }, request.actor, request.params.id, 'dispatch');
        reply.header('etag', etagOf(found.assignment.version));
        return viewAssignment(zone, found, await clock.now());
      },
    );
  };
}

const isText = (key: unknown): key is string => typeof key === 'string';

function toKey(cursor: string | undefined): AssignmentKey | undefined {
  if (cursor === undefined) return undefined;
  const [dueAt = '', id = ''] = cursor.split(' ');
  if (!isUuid(id) || !/^(\d{4}-[\dT:.-]+Z)?$/.test(dueAt) || (dueAt !== '' && Number.isNaN(Date.parse(dueAt)))) {
    throw fieldProblem('/query/after', 'is not a cursor of this list', '不是本列表的游标');
  }
  return { dueAt: dueAt === '' ? null : dueAt, id };
}
