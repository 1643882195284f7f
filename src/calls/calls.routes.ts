import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { findStored, readContent } from '../attachments/attachments.service.ts';
import type { Storage } from '../attachments/storage.ts';
import type { Zone } from '../deadlines/zone.ts';
import type { Access } from '../platform/access/access.ts';
import { recordAudit } from '../platform/access/audit.ts';
import type { KeyRing } from '../platform/access/key-ring.ts';
import type { Clock } from '../platform/clock/clock.ts';
import type { Database } from '../platform/database/database.ts';
import { withTransaction } from '../platform/database/transaction.ts';
import { answers, Choice, Ref, secured } from '../platform/openapi.ts';
import { decodeCursor, isUuid, pageOf, pageQuery, readInstant, toPage } from '../platform/page.ts';
import { notFound, ProblemError } from '../platform/problem.ts';
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
import { type Call, CallBackSchema, CallSchema, OutcomeSchema, RecordingSchema } from './calls.schema.ts';
import { viewCall, viewCallBack } from './calls.view.ts';

interface Deps {
  db: Database;
  zone: Zone;
  clock: Clock;
  keyRing: KeyRing;
  storage: Storage;
  access: Access;
}

const CallId = Type.Object({ id: Type.String({ format: 'uuid', description: 'Id of the call' }) });
const word = (description: string) => Type.Optional(Type.String({ maxLength: 128, description }));

/** Calls, the callers who wait to be called back, and recordings. Numbers are masked; a recording needs its own scope. */
export function callsRoutes(deps: Deps): FastifyPluginAsyncTypebox {
  const { db, zone, clock, keyRing, storage, access } = deps;
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
    for (const schema of [CallEventSchema, CallSchema, CallBackSchema, RecordingSchema]) app.addSchema(schema);

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

    app.get(
      '/v1/calls/:id/recordings',
      {
        onRequest: access.requires([...readers, 'recordings']),
        schema: {
          operationId: 'listCallRecordings',
          summary: 'Recordings of a call (录音)',
          tags: ['calls'],
          ...secured(...readers, 'recordings'),
          params: CallId,
          response: answers({ 200: pageOf(Ref(RecordingSchema)) }),
        },
      },
      async ({ params: { id } }) => {
        await must(id);
        const at = (date: Date | null): string | null => (date ? zone.formatInstant(date) : null);
        const rows = await findStored(
          db,
          (await recordingIdsOf(db, [id])).map((recording) => recording.id),
        );
        const items = rows.map((row) => ({
          id: row.id,
          state: row.state,
          mediaType: row.mediaType,
          size: row.size,
          sha256: row.sha256?.toString('hex') ?? null,
          storedAt: at(row.storedAt),
          expiresAt: at(row.expiresAt),
          failure: row.failure,
        }));
        return { items, next: null };
      },
    );

    app.get(
      '/v1/calls/:id/recordings/:recording/content',
      {
        onRequest: access.requires(['recordings']),
        schema: {
          operationId: 'getRecordingContent',
          summary: 'Listen to a recording (录音内容)',
          description:
            'Needs the scope `recordings`, which opens nothing else. Each reading is recorded with who and when; 409 while there is no content.',
          tags: ['calls'],
          ...secured('recordings'),
          params: Type.Object({ ...CallId.properties, recording: Type.String({ format: 'uuid' }) }),
          response: {
            ...answers({}),
            200: {
              description: 'The recording',
              content: {
                'application/octet-stream': { schema: Type.Unsafe<Buffer>({ type: 'string', format: 'binary' }) },
              },
            },
          },
        },
      },
      async ({ params: { id, recording }, actor }, reply) => {
        await must(id);
        const known = (await recordingIdsOf(db, [id])).some((row) => row.id === recording);
        const [row] = known ? await findStored(db, [recording]) : [];
        if (!row) throw notFound({ en: 'The recording', zh: '该录音' });
        const content = await readContent({ storage, keyRing }, row);
        if (!content)
          throw new ProblemError('conflict', { en: `The recording is ${row.state}.`, zh: '录音尚未取回或无法取回。' });
        // Before it is sent: nobody listens unrecorded.
        await recordAudit(db, {
          at: await clock.now(),
          actor: actor.name,
          action: 'read-recording',
          subject: recording,
          data: { call: id },
        });
        return reply
          .headers({
            'content-type': 'application/octet-stream',
            'content-disposition': `attachment; filename="${recording}"`,
            'x-content-type-options': 'nosniff',
            'cache-control': 'private, no-store',
          })
          .send(content);
      },
    );
  };
}
