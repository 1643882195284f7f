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
import { answers, Ref, secured } from '../platform/openapi.ts';
import { pageOf } from '../platform/page.ts';
import { notFound, ProblemError } from '../platform/problem.ts';
import { findCall, recordingIdsOf } from './calls.repo.ts';
import { CallId } from './calls.routes.ts';
import { RecordingSchema } from './calls.schema.ts';

interface Deps {
  db: Database;
  zone: Zone;
  clock: Clock;
  keyRing: KeyRing;
  storage: Storage;
  access: Access;
}

/**
 * Recordings of a call (录音), also of one that no message was told in. Who works on a case sees that there is one; to
 * listen needs a scope of its own, and nobody listens unrecorded.
 */
export function recordingsRoutes({ db, zone, clock, keyRing, storage, access }: Deps): FastifyPluginAsyncTypebox {
  const readers = ['dispatch', 'operations'];

  async function idsOf(call: string): Promise<string[]> {
    if (!(await findCall(db, call))) throw notFound({ en: 'The call', zh: '该通话' });
    return (await recordingIdsOf(db, [call])).map(({ id }) => id);
  }

  return async (app) => {
    app.addSchema(RecordingSchema);
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
        const at = (date: Date | null): string | null => (date ? zone.formatInstant(date) : null);
        const rows = await findStored(db, await idsOf(id));
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
        const known = (await idsOf(id)).includes(recording);
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
