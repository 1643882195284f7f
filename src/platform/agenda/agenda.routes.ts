import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { and, asc, eq, gt, type SQL } from 'drizzle-orm';
import { Type } from 'typebox';
import type { Access } from '../access/access.ts';
import type { Clock } from '../clock/clock.ts';
import type { Database } from '../database/database.ts';
import { answers, Choice, Instant, Nullable, Ref, secured } from '../openapi.ts';
import { decodeCursor, isCount, pageOf, pageQuery, toPage } from '../page.ts';
import { notFound } from '../problem.ts';
import { agendaItems, agendaStates } from './agenda.table.ts';
import type { Agenda } from './agenda.ts';

const AgendaItemSchema = Type.Object(
  {
    id: Type.Integer(),
    kind: Type.String(),
    subjectId: Type.String({ format: 'uuid' }),
    status: Choice(agendaStates),
    runAt: Instant('When to act'),
    dueAt: Instant('The promise it serves'),
    attempts: Type.Integer(),
    lastError: Nullable(Type.String()),
  },
  { $id: 'AgendaItem', additionalProperties: false, description: 'Work for a worker (待办)' },
);

/** What the workers still have to do, and what failed for good; a person may have it tried again. */
export function agendaRoutes(deps: {
  db: Database;
  agenda: Agenda;
  clock: Clock;
  access: Access;
  format: (date: Date) => string;
  nudge: (kind: string) => void;
}): FastifyPluginAsyncTypebox {
  const { db, agenda, clock, access, format, nudge } = deps;
  const view = (row: typeof agendaItems.$inferSelect) => ({
    id: row.id,
    kind: row.kind,
    subjectId: row.subjectId,
    status: row.state,
    runAt: format(row.runAt),
    dueAt: format(row.dueAt),
    attempts: row.attempts,
    lastError: row.lastError,
  });

  return async (app) => {
    app.addSchema(AgendaItemSchema);
    app.get(
      '/v1/agenda',
      {
        onRequest: access.requires(['operations']),
        schema: {
          operationId: 'listAgenda',
          summary: 'Agenda items by status and kind (待办)',
          tags: ['operations'],
          ...secured('operations'),
          querystring: Type.Object(
            {
              ...pageQuery(),
              status: Type.Optional(Choice(agendaStates)),
              kind: Type.Optional(Type.String({ maxLength: 40 })),
            },
            { additionalProperties: false },
          ),
          response: answers({ 200: pageOf(Ref(AgendaItemSchema)) }),
        },
      },
      async ({ query: { after, limit = 50, status, kind } }) => {
        const conditions: SQL[] = [gt(agendaItems.id, decodeCursor(after, isCount) ?? 0)];
        if (status) conditions.push(eq(agendaItems.state, status));
        if (kind) conditions.push(eq(agendaItems.kind, kind));
        const rows = await db
          .select()
          .from(agendaItems)
          .where(and(...conditions))
          .orderBy(asc(agendaItems.id))
          .limit(limit + 1);
        return toPage(rows, limit, (row) => row.id, view);
      },
    );
    app.post(
      '/v1/agenda/:id/retry',
      {
        onRequest: access.requires(['operations']),
        schema: {
          operationId: 'retryAgendaItem',
          summary: 'Try a failed item again (重试)',
          tags: ['operations'],
          ...secured('operations'),
          params: Type.Object({ id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) }),
          response: answers({ 200: Ref(AgendaItemSchema) }),
        },
      },
      async ({ params: { id }, actor, log }) => {
        const retried = await agenda.retry(db, id, await clock.now());
        const [row] = await db.select().from(agendaItems).where(eq(agendaItems.id, id));
        if (!row || !retried) throw notFound({ en: 'A failed agenda item with this id', zh: '该失败待办' });
        log.info({ agendaId: id, kind: row.kind, actor: actor.name }, 'a failed agenda item is tried again');
        nudge(row.kind);
        return view(row);
      },
    );
  };
}
