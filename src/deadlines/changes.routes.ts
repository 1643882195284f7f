import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { and, asc, eq, gt, type SQL } from 'drizzle-orm';
import { type Static, Type } from 'typebox';
import type { Access } from '../platform/access/access.ts';
import type { Database } from '../platform/database/database.ts';
import { answers, Choice, Instant, Ref, secured } from '../platform/openapi.ts';
import { decodeCursor, isUuid, pageOf, pageQuery, toPage } from '../platform/page.ts';
import { changeCauses } from './deadlines.schema.ts';
import { deadlineChanges } from './deadlines.table.ts';
import type { Zone } from './zone.ts';

const strict = { additionalProperties: false };

const Side = (description: string) =>
  Type.Object(
    {
      dueAt: Instant('Due (截止)'),
      provisional: Type.Boolean({ description: 'Counts days of a year that is not known' }),
      policy: Type.Object(
        { code: Type.String(), version: Type.Integer(), calendarVersion: Type.Integer() },
        { ...strict, description: 'What it was computed with' },
      ),
    },
    { ...strict, description },
  );

export const DeadlineChangeSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    deadlineId: Type.String({ format: 'uuid' }),
    appealId: Type.String({ format: 'uuid' }),
    name: Type.String({ description: 'Name of the deadline (时限)' }),
    cause: Choice(changeCauses, { description: 'Why it moved (变更原因)' }),
    from: Side('Before'),
    to: Side('After'),
    actor: Type.String({ description: 'By whose action (操作人)' }),
    at: Instant('When (变更时间)'),
  },
  { $id: 'DeadlineChange', ...strict, description: 'Record of a due time that moved or became certain (时限变更记录)' },
);

const readers = ['dispatch', 'operations'];

/** Why a due time is another one than it was. */
export function deadlineChangesRoutes({
  db,
  zone,
  access,
}: {
  db: Database;
  zone: Zone;
  access: Access;
}): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addSchema(DeadlineChangeSchema);
    app.get(
      '/v1/deadline-changes',
      {
        onRequest: access.requires(readers),
        schema: {
          operationId: 'listDeadlineChanges',
          summary: 'Due times that moved, oldest first (时限变更记录)',
          tags: ['calendar'],
          ...secured(...readers),
          querystring: Type.Object(
            {
              ...pageQuery(),
              appealId: Type.Optional(Type.String({ format: 'uuid' })),
              cause: Type.Optional(Choice(changeCauses)),
              calendarVersion: Type.Optional(
                Type.Integer({
                  minimum: 1,
                  maximum: 2 ** 31 - 1,
                  description: 'Moved to this version of the calendar',
                }),
              ),
            },
            strict,
          ),
          response: answers({ 200: pageOf(Ref(DeadlineChangeSchema)) }),
        },
      },
      async ({ query: { after, limit = 50, appealId, cause, calendarVersion } }) => {
        const conditions: SQL[] = [];
        if (appealId !== undefined) conditions.push(eq(deadlineChanges.appealId, appealId));
        if (cause !== undefined) conditions.push(eq(deadlineChanges.cause, cause));
        if (calendarVersion !== undefined) conditions.push(eq(deadlineChanges.toCalendarVersion, calendarVersion));
        const cursor = decodeCursor(after, isUuid);
        if (cursor !== undefined) conditions.push(gt(deadlineChanges.id, cursor));
        const rows = await db
          .select()
          .from(deadlineChanges)
          .where(and(...conditions))
          .orderBy(asc(deadlineChanges.id))
          .limit(limit + 1);
        return toPage(
          rows,
          limit,
          (row) => row.id,
          (row) => view(row, zone.formatInstant),
        );
      },
    );
  };
}

function view(
  row: typeof deadlineChanges.$inferSelect,
  format: (date: Date) => string,
): Static<typeof DeadlineChangeSchema> {
  const { id, deadlineId, appealId, name, cause, actor, at } = row;
  return {
    id,
    deadlineId,
    appealId,
    name,
    cause,
    from: {
      dueAt: format(row.fromDueAt),
      provisional: row.fromProvisional,
      policy: { code: row.fromPolicy, version: row.fromPolicyVersion, calendarVersion: row.fromCalendarVersion },
    },
    to: {
      dueAt: format(row.toDueAt),
      provisional: row.toProvisional,
      policy: { code: row.toPolicy, version: row.toPolicyVersion, calendarVersion: row.toCalendarVersion },
    },
    actor,
    at: format(at),
  };
}
