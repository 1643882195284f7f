import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { create as contentDisposition } from 'content-disposition';
import { Type } from 'typebox';
import { IdOrNumber } from '../appeals/appeals.schema.ts';
import type { AppealRow } from '../appeals/appeals.service.ts';
import { namesOf } from '../appeals/appellants.ts';
import { hiddenSenders } from '../appeals/contact.ts';
import { followLinks } from '../appeals/links.service.ts';
import { findAppeal, readWith } from '../appeals/lookup.service.ts';
import { readableAppeal, readers } from '../appeals/readable.ts';
import type { Zone } from '../deadlines/zone.ts';
import type { Access } from '../platform/access/access.ts';
import { recordAudit } from '../platform/access/audit.ts';
import type { KeyRing } from '../platform/access/key-ring.ts';
import { type Actor, hasScope } from '../platform/access/keys.ts';
import { maskText } from '../platform/access/masking.ts';
import type { Clock } from '../platform/clock/clock.ts';
import type { Database } from '../platform/database/database.ts';
import { answers, Ref, secured } from '../platform/openapi.ts';
import { decodeCursor, isUuid, pageOf, pageQuery, toPage } from '../platform/page.ts';
import { notFound, ProblemError } from '../platform/problem.ts';
import { type AttachmentRow, findAttachment, listAttachments } from './attachments.repo.ts';
import { AttachmentSchema } from './attachments.schema.ts';
import { attachmentContext, openAttachment } from './attachments.service.ts';
import { shownName } from './file-name.ts';
import type { Storage } from './storage.ts';

const AttachmentPage = Type.Object(
  {
    ...pageOf(Ref(AttachmentSchema)).properties,
    withheld: Type.Integer({ minimum: 0, description: 'Files of this page that the caller may not see (未予显示)' }),
  },
  { additionalProperties: false },
);

interface Deps {
  db: Database;
  clock: Clock;
  zone: Zone;
  keyRing: KeyRing;
  storage: Storage;
  access: Access;
}

/**
 * Files of an appeal. The desk sees and opens all, operations see what there is. A file cannot be masked and may show its
 * sender, so a department gets those of the case it holds, and of the appeals linked to it, only where that can betray nobody who
 * is protected (protection.ts).
 */
export function attachmentsRoutes({ db, clock, zone, keyRing, storage, access }: Deps): FastifyPluginAsyncTypebox {
  const format = zone.formatInstant;
  const at = (date: Date | null): string | null => (date ? format(date) : null);
  const departmentsOf = (actor: Actor): string[] => actor.scopes.filter((scope) => scope.startsWith('department:'));

  /** Those that the department that has the case may have. */
  async function forDepartment(lead: AppealRow, rows: readonly AttachmentRow[]): Promise<AttachmentRow[]> {
    const hidden = await hiddenSenders(
      db,
      keyRing,
      rows.flatMap(({ messageId }) => messageId ?? []),
      lead.nature,
    );
    // A recording is its caller's voice: it has a scope of its own (recordings of calls).
    return rows.filter(({ kind, messageId }) => kind !== 'recording' && messageId !== null && !hidden.has(messageId));
  }

  async function mayOpen(actor: Actor, { kind, appealId, ...row }: AttachmentRow): Promise<boolean> {
    if (appealId === null || kind === 'recording') return false;
    if (hasScope(actor, 'dispatch')) return true;
    const lead = await findAppeal(db, (await followLinks(db, [appealId])).get(appealId)?.at(-1) ?? appealId);
    if (!lead?.department || !hasScope(actor, `department:${lead.department}`)) return false;
    if (!(await readWith(db, [lead.id])).some(({ id }) => id === appealId)) return false;
    return (await forDepartment(lead, [{ kind, appealId, ...row }])).length > 0;
  }

  /** Their names as they are shown, by the file's id: without numbers and without the name their sender gave. */
  async function shownNames(rows: readonly AttachmentRow[]): Promise<Map<string, string>> {
    const senders = await namesOf(
      db,
      keyRing,
      rows.flatMap(({ messageId }) => messageId ?? []),
    );
    return new Map(
      rows.map((row) => {
        const { name } = openAttachment(keyRing, row);
        return [row.id, maskText(shownName(name), senders.get(row.messageId ?? ''))];
      }),
    );
  }

  const view = (row: AttachmentRow, name: string) => ({
    id: row.id,
    messageId: row.messageId,
    kind: row.kind,
    state: row.state,
    name,
    mediaType: row.mediaType,
    size: row.size,
    sha256: row.sha256?.toString('hex') ?? null,
    storedAt: at(row.storedAt),
    expiresAt: at(row.expiresAt),
    failure: row.failure,
  });

  return async (app) => {
    app.addSchema(AttachmentSchema);
    app.get(
      '/v1/appeals/:id/attachments',
      {
        onRequest: access.requires(({ actor }) => [...readers, ...departmentsOf(actor)]),
        schema: {
          operationId: 'listAppealAttachments',
          summary: 'Files that came with the messages of an appeal (附件)',
          description:
            'A department sees those of the case it holds and of the appeals linked to it, unless the nature is not known yet or the sender is protected: told it as a report, whatever it was judged to be later, or asked in any message to stay anonymous or secret. A page may then be shorter than `limit`, and `withheld` says how many of it are not shown: once the desk has judged the nature, those of senders who are not protected are.',
          tags: ['appeals'],
          ...secured(...readers, 'department:<code>'),
          params: IdOrNumber,
          querystring: Type.Object(pageQuery(), { additionalProperties: false }),
          response: answers({ 200: AttachmentPage }),
        },
      },
      async ({ actor, params: { id }, query: { after, limit = 50 } }) => {
        const appeal = await readableAppeal(db, actor, id);
        const isDesk = hasScope(actor, ...readers);
        const together = isDesk ? [appeal] : await readWith(db, [appeal.id]);
        const ids = together.map(({ id }) => id);
        const rows = await listAttachments(db, ids, decodeCursor(after, isUuid), limit + 1);
        const shown = new Set(isDesk ? rows : await forDepartment(appeal, rows));
        const { items, next } = toPage(
          rows,
          limit,
          (row) => row.id,
          (row) => row,
        );
        const visibleOnes = items.filter((row) => shown.has(row));
        const names = await shownNames(visibleOnes);
        return {
          items: visibleOnes.map((row) => view(row, names.get(row.id) ?? '')),
          next,
          withheld: items.length - visibleOnes.length,
        };
      },
    );

    app.get(
      '/v1/attachments/:id/content',
      {
        onRequest: access.requires(({ actor }) => ['dispatch', ...departmentsOf(actor)]),
        schema: {
          operationId: 'getAttachmentContent',
          summary: 'Content of a file (附件内容)',
          description:
            'Always as a download of bytes, whatever it is: `mediaType` of the list says what. Each reading is recorded with who and when. For departments as in the list; 409 while there is no content.',
          tags: ['appeals'],
          ...secured('dispatch', 'department:<code>'),
          params: Type.Object({ id: Type.String({ format: 'uuid', description: 'Id of the attachment' }) }),
          response: {
            ...answers({}),
            200: {
              description: 'The content',
              content: {
                'application/octet-stream': { schema: Type.Unsafe<Buffer>({ type: 'string', format: 'binary' }) },
              },
            },
          },
        },
      },
      async ({ actor, params: { id } }, reply) => {
        const row = await findAttachment(db, id);
        if (!row || !(await mayOpen(actor, row))) throw notFound({ en: 'The file', zh: '该附件' });
        if (row.state !== 'stored') throw noContent(row.state);
        const sealed = await storage.get(row.id);
        if (!sealed) throw new Error(`the storage has no content of attachment ${row.id}`);
        await recordAudit(db, {
          at: await clock.now(),
          actor: actor.name,
          action: 'read-attachment',
          subject: row.id,
          data: { appealId: row.appealId, messageId: row.messageId },
        });
        return reply
          .headers({
            'content-type': 'application/octet-stream',
            'content-disposition': contentDisposition((await shownNames([row])).get(row.id) ?? ''),
            'x-content-type-options': 'nosniff',
            'content-security-policy': "sandbox; default-src 'none'",
            'cache-control': 'private, no-store',
          })
          .send(keyRing.openBytes(attachmentContext(row.id), sealed));
      },
    );
  };
}

const noContent = (state: 'pending' | 'failed'): ProblemError =>
  new ProblemError(
    'conflict',
    state === 'pending'
      ? { en: 'The file is still to be fetched from its platform.', zh: '附件尚未从平台取回。' }
      : { en: 'The file could not be had from its platform.', zh: '附件未能从平台取回。' },
  );
