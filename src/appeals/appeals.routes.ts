import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { channels } from '../channels/channel.ts';
import { type DeadlineKey, listDeadlines } from '../deadlines/deadlines.service.ts';
import type { Zone } from '../deadlines/zone.ts';
import type { Access } from '../platform/access/access.ts';
import type { KeyRing } from '../platform/access/key-ring.ts';
import { hasScope } from '../platform/access/keys.ts';
import { maskText } from '../platform/access/masking.ts';
import type { Clock } from '../platform/clock/clock.ts';
import type { Database } from '../platform/database/database.ts';
import { answers, Choice, Ref, secured } from '../platform/openapi.ts';
import { decodeCursor, etagOf, isCount, isUuid, pageOf, pageQuery, toPage } from '../platform/page.ts';
import { fieldProblem } from '../platform/problem.ts';
import { listAppeals, listEvents, listMessages } from './appeals.repo.ts';
import {
  AppealEventSchema,
  AppealMessageSchema,
  AppealSchema,
  AppellantSchema,
  DeadlineSchema,
  IdOrNumber,
} from './appeals.schema.ts';
import type { AppealRow } from './appeals.service.ts';
import { viewAppeal } from './appeals.view.ts';
import { maskAppellant } from './appellants.ts';
import { detailsForDepartment, type EventType } from './events.ts';
import { findAppeal, linkedCounts, readWith } from './lookup.service.ts';
import { natures, urgencies } from './nature.ts';
import { readableAppeal, readers } from './readable.ts';
import { appealStatuses } from './states.ts';

interface Deps {
  clock: Clock;
  db: Database;
  zone: Zone;
  keyRing: KeyRing;
  access: Access;
}

const idOrNumber = { minLength: 1, maxLength: 40 };

/** The ids of the appeals that a filter names by id or number; undefined where one is not known. */
async function idsOf(
  db: Database,
  named: Record<string, string | undefined>,
): Promise<Record<string, string> | undefined> {
  const ids: Record<string, string> = {};
  for (const [name, value] of Object.entries(named)) {
    if (value === undefined) continue;
    const found = await findAppeal(db, value);
    if (!found) return undefined;
    ids[name] = found.id;
  }
  return ids;
}

/** Reading of an appeal: for the desk and operations; a department sees what is with it now. */
export function appealsRoutes({ db, zone, keyRing, clock, access }: Deps): FastifyPluginAsyncTypebox {
  /** A department's key passes the guard here and is held to its own cases below. */
  const mayRead = access.requires((request) => [
    ...readers,
    ...request.actor.scopes.filter((scope) => scope.startsWith('department:')),
  ]);

  const readable = (request: FastifyRequest, idOrNumber: string): Promise<AppealRow> =>
    readableAppeal(db, request.actor, idOrNumber);

  return async (app) => {
    for (const schema of [AppealSchema, AppealEventSchema, AppellantSchema, AppealMessageSchema, DeadlineSchema])
      app.addSchema(schema);
    const common = { tags: ['appeals'], ...secured(...readers, 'department:<code>') };
    const format = zone.formatInstant;
    const at = (date: Date | null): string | null => (date ? format(date) : null);

    app.get(
      '/v1/appeals',
      {
        onRequest: access.requires(readers),
        schema: {
          operationId: 'listAppeals',
          summary: 'List appeals (诉求列表), newest first',
          tags: ['appeals'],
          ...secured(...readers),
          querystring: Type.Object(
            {
              ...pageQuery(),
              status: Type.Optional(Choice(appealStatuses)),
              source: Type.Optional(Type.String({ maxLength: 40 })),
              channel: Type.Optional(Choice(channels)),
              nature: Type.Optional(Choice(natures)),
              category: Type.Optional(Type.String({ maxLength: 40 })),
              urgency: Type.Optional(Choice(urgencies)),
              urgencyConfirmed: Type.Optional(
                Type.Boolean({ description: 'false: what the desk has not looked at yet' }),
              ),
              department: Type.Optional(Type.String({ maxLength: 40 })),
              linkedTo: Type.Optional(
                Type.String({ ...idOrNumber, description: 'Linked directly to the appeal with this id or number' }),
              ),
              repeatOf: Type.Optional(
                Type.String({ ...idOrNumber, description: 'Repeats the appeal with this id or number' }),
              ),
              externalId: Type.Optional(
                Type.String({
                  maxLength: 200,
                  description: "A message's id at the source; with `source`, which is then the message's",
                }),
              ),
            },
            { additionalProperties: false },
          ),
          response: answers({ 200: pageOf(Ref(AppealSchema)) }),
        },
      },
      async ({ actor, query: { after, limit = 50, ...filter } }) => {
        if (filter.externalId !== undefined && filter.source === undefined)
          throw fieldProblem('/query/source', 'is required with externalId', '使用 externalId 时为必填项');
        const { linkedTo, repeatOf } = filter;
        const named = await idsOf(db, { linkedTo, repeatOf });
        // What nobody has registered has nothing linked to it.
        if (!named) return { items: [], next: null };
        const rows = await listAppeals(db, { ...filter, ...named }, decodeCursor(after, isUuid), limit + 1);
        const linked = await linkedCounts(
          db,
          rows.map(({ id }) => id),
        );
        return toPage(
          rows,
          limit,
          (row) => row.id,
          (row) => viewAppeal(zone, row, actor, linked.get(row.id) ?? 0),
        );
      },
    );

    app.get(
      '/v1/appeals/:id',
      {
        onRequest: mayRead,
        schema: {
          operationId: 'getAppeal',
          summary: 'One appeal by id or number (诉求)',
          ...common,
          params: IdOrNumber,
          response: answers({ 200: Ref(AppealSchema) }),
        },
      },
      async (request, reply) => {
        const row = await readable(request, request.params.id);
        reply.header('etag', etagOf(row.version));
        const linked = (await linkedCounts(db, [row.id])).get(row.id) ?? 0;
        return viewAppeal(zone, row, request.actor, linked);
      },
    );

    app.get(
      '/v1/appeals/:id/events',
      {
        onRequest: mayRead,
        schema: {
          operationId: 'listAppealEvents',
          summary: 'History of an appeal (办理过程)',
          ...common,
          params: IdOrNumber,
          querystring: Type.Object(pageQuery(), { additionalProperties: false }),
          response: answers({ 200: pageOf(Ref(AppealEventSchema)) }),
        },
      },
      async (request) => {
        const { after, limit = 50 } = request.query;
        const { id } = await readable(request, request.params.id);
        const isDesk = hasScope(request.actor, ...readers);
        const rows = await listEvents(db, id, decodeCursor(after, isCount) ?? 0, limit + 1);
        return toPage(
          rows,
          limit,
          (row) => row.seq,
          (row) => ({
            seq: row.seq,
            type: row.type as EventType,
            actor: row.actor,
            at: format(row.at),
            data: isDesk ? row.data : detailsForDepartment(row.type, row.data),
          }),
        );
      },
    );

    app.get(
      '/v1/appeals/:id/messages',
      {
        onRequest: mayRead,
        schema: {
          operationId: 'listAppealMessages',
          summary: 'Messages of an appeal with their appellants, masked (来件)',
          description:
            'A department reads what was said in the case it has, then and since, and in the appeals linked to it: the words, masked, and nothing of who said them.',
          ...common,
          params: IdOrNumber,
          querystring: Type.Object(pageQuery(), { additionalProperties: false }),
          response: answers({ 200: pageOf(Ref(AppealMessageSchema)) }),
        },
      },
      async (request) => {
        const { after, limit = 50 } = request.query;
        const appeal = await readable(request, request.params.id);
        const isDesk = hasScope(request.actor, ...readers);
        const together = isDesk ? [appeal] : await readWith(db, [appeal.id]);
        const numbers = new Map(together.map(({ id, number }) => [id, number]));
        const rows = await listMessages(db, [...numbers.keys()], decodeCursor(after, isUuid), limit + 1);
        return toPage(
          rows,
          limit,
          ({ message }) => message.id,
          ({ message, appellant }) => {
            const raw = keyRing.open<{ title?: string; body: string; sender?: { name?: string } }>(
              `message:${message.id}`,
              message.sealed,
            );
            const name = raw.sender?.name;
            return {
              id: message.id,
              appealNumber: numbers.get(message.appealId) ?? '',
              source: message.source,
              channel: message.channel as (typeof channels)[number],
              externalId: isDesk ? message.externalId : null,
              disposition: message.disposition,
              title: raw.title === undefined ? null : maskText(raw.title, name),
              body: maskText(raw.body, name),
              receivedAt: format(message.receivedAt),
              recordedAt: format(message.recordedAt),
              appellant: isDesk ? maskAppellant(keyRing, appellant) : null,
            };
          },
        );
      },
    );

    app.get(
      '/v1/appeals/:id/deadlines',
      {
        onRequest: mayRead,
        schema: {
          operationId: 'listAppealDeadlines',
          summary: 'Deadlines of an appeal (时限), what is due first',
          ...common,
          params: IdOrNumber,
          querystring: Type.Object(pageQuery(), { additionalProperties: false }),
          response: answers({ 200: pageOf(Ref(DeadlineSchema)) }),
        },
      },
      async (request) => {
        const { after, limit = 50 } = request.query;
        const { id } = await readable(request, request.params.id);
        const now = await clock.now();
        const rows = await listDeadlines(db, id, toKey(decodeCursor(after, isText)), limit + 1);
        return toPage(
          rows,
          limit,
          (row) => `${row.dueAt.toISOString()} ${row.id}`,
          (row) => ({
            id: row.id,
            name: row.name,
            messageId: row.messageId,
            assignmentId: row.assignmentId,
            startsAt: format(row.startsAt),
            dueAt: format(row.dueAt),
            metAt: at(row.metAt),
            state: row.state,
            overdue: row.state === 'running' && row.dueAt < now,
            provisional: row.provisional,
            policy: { code: row.policy, version: row.policyVersion, calendarVersion: row.calendarVersion },
          }),
        );
      },
    );
  };
}

const isText = (key: unknown): key is string => typeof key === 'string';

function toKey(cursor: string | undefined): DeadlineKey | undefined {
  if (cursor === undefined) return undefined;
  const [dueAt = '', id = ''] = cursor.split(' ');
  if (!isUuid(id) || !/^\d{4}-[\dT:.-]+Z$/.test(dueAt) || Number.isNaN(Date.parse(dueAt)))
    throw fieldProblem('/query/after', 'is not a cursor of this list', '不是本列表的游标');
  return { dueAt: new Date(dueAt), id };
}
