import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { and, asc, eq, gt, type SQL } from 'drizzle-orm';
import { Type } from 'typebox';
import type { Zone } from '../deadlines/zone.ts';
import type { Access } from '../platform/access/access.ts';
import type { Database } from '../platform/database/database.ts';
import { answers, Instant, Nullable, Ref, secured } from '../platform/openapi.ts';
import { decodeCursor, isUuid, pageOf, pageQuery, toPage } from '../platform/page.ts';
import { escalations } from './escalations.table.ts';

export const EscalationSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    appealId: Type.String({ format: 'uuid' }),
    deadline: Type.String({ description: 'Name of the deadline (时限)' }),
    dueAt: Instant('What was promised by (截止)'),
    step: Type.Integer({ description: '0 reminder before dueAt, 1 at dueAt, then upwards (催办级别)' }),
    role: Type.String({ description: 'Who is told (催办对象)' }),
    department: Nullable(Type.String({ description: 'Department that had the case; null: the desk' })),
    at: Instant('When the step was taken (催办时间)'),
  },
  { $id: 'Escalation', additionalProperties: false, description: 'One step of a ladder, taken once (催办)' },
);

const readers = ['dispatch', 'operations'];

/** What is overdue, or soon will be, and who has been told. */
export function escalationRoutes({
  db,
  zone,
  access,
}: {
  db: Database;
  zone: Zone;
  access: Access;
}): FastifyPluginAsyncTypebox {
  const format = zone.formatInstant;
  return async (app) => {
    app.addSchema(EscalationSchema);
    app.get(
      '/v1/escalations',
      {
        onRequest: access.requires(readers),
        schema: {
          operationId: 'listEscalations',
          summary: 'Steps taken on overdue work (催办/督办)',
          tags: ['operations'],
          ...secured(...readers),
          querystring: Type.Object(
            {
              ...pageQuery(),
              appealId: Type.Optional(Type.String({ format: 'uuid' })),
              deadline: Type.Optional(Type.String({ maxLength: 40 })),
              role: Type.Optional(Type.String({ maxLength: 40 })),
              department: Type.Optional(Type.String({ maxLength: 40 })),
              step: Type.Optional(Type.Integer({ minimum: 0, maximum: 99 })),
            },
            { additionalProperties: false },
          ),
          response: answers({ 200: pageOf(Ref(EscalationSchema)) }),
        },
      },
      async ({ query: { after, limit = 50, ...filter } }) => {
        const conditions: SQL[] = [];
        for (const [name, value] of Object.entries(filter))
          conditions.push(eq(escalations[name as keyof typeof filter], value));
        const cursor = decodeCursor(after, isUuid);
        if (cursor !== undefined) conditions.push(gt(escalations.id, cursor));
        const rows = await db
          .select()
          .from(escalations)
          .where(and(...conditions))
          .orderBy(asc(escalations.id))
          .limit(limit + 1);
        return toPage(
          rows,
          limit,
          (row) => row.id,
          ({ id, appealId, deadline, dueAt, step, role, department, at }) => ({
            id,
            appealId,
            deadline,
            dueAt: format(dueAt),
            step,
            role,
            department,
            at: format(at),
          }),
        );
      },
    );
  };
}
