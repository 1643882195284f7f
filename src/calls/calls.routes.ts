import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Zone } from '../deadlines/zone.ts';
import type { Access } from '../platform/access/access.ts';
import type { KeyRing } from '../platform/access/key-ring.ts';
import type { Clock } from '../platform/clock/clock.ts';
import type { Database } from '../platform/database/database.ts';
import { withTransaction } from '../platform/database/transaction.ts';
import { answers, Choice, Ref, secured } from '../platform/openapi.ts';
import { decodeCursor, isUuid, pageOf, pageQuery, readInstant, toPage } from '../platform/page.ts';
import { notFound } from '../platform/problem.ts';
import { recordCallBack } from './call-backs.service.ts';
import { CallEventSchema, callBackStatuses, callStatuses, directions } from './call-event.ts';
import {
  findCall,
  listCallBacks,
  listCalls,
  messagesOf,
  recordingIdsOf,
  type ShownCall,
  withLastCalls,
} from './calls.repo.ts';
import { type Call, CallBackSchema, CallSchema, OutcomeSchema } from './calls.schema.ts';
import { viewCall, viewCallBack } from './calls.view.ts';

interface Deps {
  db: Database;
  zone: Zone;
  clock: Clock;
  keyRing: KeyRing;
  access: Access;
}

export const CallId = Type.Object({ id: Type.String({ format: 'uuid', description: 'Id of the call' }) });
const word = (description: string) => Type.Optional(Type.String({ maxLength: 128, description }));

/** Calls, and the callers who wait to be called back. Numbers are masked. */
export function callsRoutes(deps: Deps): FastifyPluginAsyncTypebox {
  const { db, clock, access } = deps;
  const readers = ['dispatch', 'operations'];
  const common = { tags: ['calls'], ...secured(...readers) };

  async function view(rows: readonly ShownCall[]): Promise<Call[]> {
    const ids = rows.map(({ call }) => call.id);
    const messages = ids.length === 0 ? [] : await messagesOf(db, ids);
    const recordings = ids.length === 0 ? [] : await recordingIdsOf(db, ids);
    return rows.map((row) =>
      viewCall(deps, row, {
        appeals: messages
          .filter(({ call }) => call === row.call.id)
          .map(({ messageId, appealId }) => ({ messageId, appealId })),
        recordings: recordings.filter(({ call }) => call === row.call.id).map(({ id }) => id),
      }),
    );
  }

  async function must(id: string): Promise<ShownCall> {
    const call = await findCall(db, id);
    if (!call) throw notFound({ en: 'The call', zh: '该通话' });
    return call;
  }

  return async (app) => {
    for (const schema of [CallEventSchema, CallSchema, CallBackSchema]) app.addSchema(schema);

    app.get(
      '/v1/calls',
      {
        onRequest: access.requires(readers),
        schema: {
          operationId: 'listCalls',
          summary: 'Calls (通话), those told of last first',
          ...common,
          querystring: Type.Object(
            {
              ...pageQuery(),
              status: Type.Optional(Choice(callStatuses)),
              direction: Type.Optional(Choice(directions)),
              callBack: Type.Optional(Choice(callBackStatuses, { description: 'Status of its call-back task' })),
              source: word('Source of the dialled line'),
              line: word('Dialled line'),
              agent: word('Call-taker'),
              seat: word('Seat'),
              shift: word('Shift'),
              callId: word('Id at the call centre'),
              startedFrom: Type.Optional(Type.String({ format: 'date-time' })),
              startedBefore: Type.Optional(Type.String({ format: 'date-time' })),
            },
            { additionalProperties: false },
          ),
          response: answers({ 200: pageOf(Ref(CallSchema)) }),
        },
      },
      async ({ query: { after, limit = 50, callBack, startedFrom, startedBefore, ...filter } }) => {
        const range = {
          callBack,
          startedFrom: readInstant('startedFrom', startedFrom),
          startedBefore: readInstant('startedBefore', startedBefore),
        };
        const rows = await listCalls(db, filter, range, decodeCursor(after, isUuid), limit + 1);
        const { items, next } = toPage(
          rows,
          limit,
          ({ call }) => call.id,
          (row) => row,
        );
        return { items: await view(items), next };
      },
    );

    app.get(
      '/v1/calls/:id',
      {
        onRequest: access.requires(readers),
        schema: {
          operationId: 'getCall',
          summary: 'One call (通话)',
          ...common,
          params: CallId,
          response: answers({ 200: Ref(CallSchema) }),
        },
      },
      async ({ params: { id } }) => (await view([await must(id)]))[0]!,
    );

    app.get(
      '/v1/call-backs',
      {
        onRequest: access.requires(readers),
        schema: {
          operationId: 'listCallBacks',
          summary: 'Callers to be called back (回拨任务), the longest waiting first',
          ...common,
          querystring: Type.Object(
            { ...pageQuery(), status: Type.Optional(Choice(callBackStatuses)) },
            { additionalProperties: false },
          ),
          response: answers({ 200: pageOf(Ref(CallBackSchema)) }),
        },
      },
      async ({ query: { after, limit = 50, status } }) => {
        const rows = await listCallBacks(db, status, decodeCursor(after, isUuid), limit + 1);
        return toPage(
          rows,
          limit,
          ({ task }) => task.id,
          ({ task, last }) => viewCallBack(deps, task, last),
        );
      },
    );

    app.post(
      '/v1/calls/:id/call-back',
      {
        onRequest: access.requires(readers),
        schema: {
          operationId: 'recordCallBack',
          summary: 'How calling back went (回拨结果)',
          description: 'For the task of this call, which may stand for several missed calls of the same caller.',
          ...common,
          params: CallId,
          body: OutcomeSchema,
          response: answers({ 200: Ref(CallBackSchema) }),
        },
      },
      async ({ params: { id }, body, actor }) => {
        await must(id);
        const now = await clock.now();
        const task = await withTransaction(db, (tx) =>
          recordCallBack(tx, id, { outcome: body.outcome, note: body.note }, actor.name, now),
        );
        const [shown] = await withLastCalls(db, [task]);
        return viewCallBack(deps, task, shown?.last);
      },
    );
  };
}
