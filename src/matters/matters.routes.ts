import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from 'typebox';
import { AppellantSchema, IdOrNumber } from '../appeals/appeals.schema.ts';
import { findAppeal } from '../appeals/lookup.service.ts';
import { readableAppeal, readers } from '../appeals/readable.ts';
import type { Zone } from '../deadlines/zone.ts';
import type { Access } from '../platform/access/access.ts';
import type { KeyRing } from '../platform/access/key-ring.ts';
import { hasScope } from '../platform/access/keys.ts';
import type { Clock } from '../platform/clock/clock.ts';
import type { Database } from '../platform/database/database.ts';
import { withTransaction } from '../platform/database/transaction.ts';
import { answers, Choice, Instant, Ref, secured } from '../platform/openapi.ts';
import { decodeCursor, isUuid, pageOf, pageQuery, toPage } from '../platform/page.ts';
import { notFound } from '../platform/problem.ts';
import { type Suggestion, SuggestionSchema } from './matters.schema.ts';
import { suggestionStatuses } from './matters.table.ts';
import { representativesOf } from './representatives.service.ts';
import { dismissSuggestion, listSuggestions, type SuggestionRow, sidesOf } from './suggestions.service.ts';

interface Deps {
  db: Database;
  zone: Zone;
  clock: Clock;
  keyRing: KeyRing;
  access: Access;
}

/** What the dispatcher is suggested to link, and who speaks for a group. */
export function mattersRoutes({ db, zone, clock, keyRing, access }: Deps): FastifyPluginAsyncTypebox {
  const format = zone.formatInstant;

  async function view(rows: readonly SuggestionRow[]): Promise<Suggestion[]> {
    const sides = await sidesOf(db, rows);
    return rows.flatMap(({ id, appealId, targetId, score, reasons, status, createdAt, decidedAt, decidedBy }) => {
      const [appeal, target] = [sides.get(appealId), sides.get(targetId)];
      if (!appeal || !target) return [];
      const decided = { decidedAt: decidedAt ? format(decidedAt) : null, decidedBy };
      return [{ id, appeal, target, score, reasons, status, createdAt: format(createdAt), ...decided }];
    });
  }

  return async (app) => {
    for (const schema of [SuggestionSchema, AppellantSchema]) app.addSchema(schema);
    const desk = { tags: ['dispatcher'], ...secured('dispatch') };
    const onRequest = access.requires(['dispatch']);
    const query = Type.Object(
      { ...pageQuery(), status: Type.Optional(Choice(suggestionStatuses)) },
      { additionalProperties: false },
    );
    const response = answers({ 200: pageOf(Ref(SuggestionSchema)) });

    async function list({ after, limit = 50, status }: Static<typeof query>, appealId?: string) {
      const filter = { ...(appealId ? { appealId } : {}), ...(status ? { status } : {}) };
      const rows = await listSuggestions(db, filter, decodeCursor(after, isUuid), limit + 1);
      const shown = new Map((await view(rows.slice(0, limit))).map((item) => [item.id, item]));
      const page = toPage(
        rows,
        limit,
        (row) => row.id,
        (row) => shown.get(row.id),
      );
      return { ...page, items: page.items.flatMap((item) => item ?? []) };
    }

    async function appealOf(idOrNumber: string): Promise<string> {
      const appeal = await findAppeal(db, idOrNumber);
      if (!appeal) throw notFound({ en: 'The appeal', zh: '该诉求' });
      return appeal.id;
    }

    app.get(
      '/v1/suggestions',
      {
        onRequest,
        schema: {
          operationId: 'listSuggestions',
          summary: 'Appeals that may be one matter (并单建议), newest first',
          ...desk,
          querystring: query,
          response,
        },
      },
      (request) => list(request.query),
    );

    app.get(
      '/v1/appeals/:id/suggestions',
      {
        onRequest,
        schema: {
          operationId: 'listAppealSuggestions',
          summary: 'What one appeal may be one matter with, on either side (并单建议)',
          ...desk,
          params: IdOrNumber,
          querystring: query,
          response,
        },
      },
      async (request) => list(request.query, await appealOf(request.params.id)),
    );

    app.post(
      '/v1/suggestions/:id/dismiss',
      {
        onRequest,
        schema: {
          operationId: 'dismissSuggestion',
          summary: 'Say that the two are different matters (忽略建议)',
          description: 'Linking the two accepts the suggestion. What was dismissed is not suggested again.',
          ...desk,
          params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
          response: answers({ 200: Ref(SuggestionSchema) }),
        },
      },
      async (request) => {
        const now = await clock.now();
        const { name } = request.actor;
        const row = await withTransaction(db, (tx) => dismissSuggestion(tx, request.params.id, name, now));
        const [shown] = await view([row]);
        if (!shown) throw notFound({ en: 'The suggestion', zh: '该并单建议' });
        return shown;
      },
    );

    app.get(
      '/v1/appeals/:id/representatives',
      {
        onRequest: access.requires(({ actor }) => [
          ...readers,
          ...actor.scopes.filter((scope) => scope.startsWith('department:')),
        ]),
        schema: {
          operationId: 'listRepresentatives',
          summary: 'Who speaks for a group appeal, masked (群体诉求代表)',
          description:
            'For the desk, and for the department that has the appeal: `POST /v1/appeals/{id}/reveal` of this appeal with `appellantId` shows the contact of each, on record. A department does not see whose identity is protected.',
          tags: ['dispatcher'],
          ...secured(...readers, 'department:<code>'),
          params: IdOrNumber,
          response: answers({
            200: pageOf(
              Type.Object(
                {
                  appealId: Type.String({
                    format: 'uuid',
                    description: 'The appeal they wrote to: this one, or a linked one',
                  }),
                  appealNumber: Type.String({ description: 'Its number (工单编号)' }),
                  appellant: Ref(AppellantSchema),
                  namedAt: Instant('推选时间'),
                  namedBy: Type.String(),
                },
                { additionalProperties: false },
              ),
            ),
          }),
        },
      },
      async ({ actor, params }) => {
        const lead = await readableAppeal(db, actor, params.id);
        const rows = await representativesOf(db, keyRing, lead, !hasScope(actor, ...readers));
        return { items: rows.map((row) => ({ ...row, namedAt: format(row.namedAt) })), next: null };
      },
    );
  };
}
