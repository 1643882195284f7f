import { createHash } from 'node:crypto';
import { inArray, sql } from 'drizzle-orm';
import { v7 as uuid } from 'uuid';
import type { KeyRing } from '../platform/access/key-ring.ts';
import { maskText } from '../platform/access/masking.ts';
import { addToAgenda, withdraw } from '../platform/agenda/agenda.ts';
import type { Clock } from '../platform/clock/clock.ts';
import type { Database, Executor } from '../platform/database/database.ts';
import { arrayOf, insertRows } from '../platform/database/rows.ts';
import { type AttachmentKind, attachments } from './attachments.table.ts';
import type { Storage } from './storage.ts';

/** Where a fetcher of a channel finds a file later: `by` names the fetcher, the rest is its own affair. */
export interface FetchReference {
  by: string;
  source: string;
  [detail: string]: unknown;
}

/** A file that came with a message: kept in the storage already, or to be fetched while its platform has it. */
export interface NewAttachment {
  id: string;
  kind: AttachmentKind;
  /** As given by the sender; shown, never used as a path. */
  name: string;
  content: { mediaType: string; size: number; sha256: Buffer } | { fetch: FetchReference; expiresAt: Date };
}

/** Kind of the agenda items that one fetcher works off. */
export const fetchKind = (by: string): string => `fetch-${by}`;
/**
 * Business milliseconds for which a file is asked for at most, whatever its platform says of how long it has it: with the
 * agenda's pauses fewer than `MOST_FETCHES` attempts.
 */
const LONGEST_FETCH_MS = 30 * 86_400_000;
export const MOST_FETCHES = 1_000;

interface Sealed {
  name: string;
  fetch?: FetchReference;
}

export const attachmentContext = (id: string): string => `attachment:${id}`;

/** Kind of the agenda item that removes a content which no record has claimed. */
export const UNCLAIMED = 'unclaimed';
/** Business milliseconds a content waits for its record; no upload and no transaction lasts as long. */
const UNCLAIMED_MS = 86_400_000;
const unclaimedKey = (id: string): string => `${UNCLAIMED}:${id}`;

/** Where contents are kept, and where it is noted that they are. */
export interface Keeping {
  db: Database;
  clock: Clock;
  storage: Storage;
  keyRing: KeyRing;
}

/**
 * Puts a content into the storage, sealed, before the transaction that records it: a crash in between leaves a file that
 * nothing points to, never a record without its file. That it is there is noted first, so that such a file is removed a day
 * later; the transaction that records it takes the note back.
 */
export async function keepContent(
  { db, clock, storage, keyRing }: Keeping,
  file: { kind: AttachmentKind; name: string; mediaType: string; content: Buffer },
): Promise<NewAttachment> {
  const id = uuid();
  const { kind, name, mediaType, content } = file;
  const runAt = new Date((await clock.now()).getTime() + UNCLAIMED_MS);
  await addToAgenda(db, [{ kind: UNCLAIMED, subjectId: id, businessKey: unclaimedKey(id), runAt, dueAt: runAt }]);
  await storage.put(id, keyRing.sealBytes(attachmentContext(id), content));
  return { id, kind, name, content: { mediaType, size: content.length, sha256: sha256Of(content) } };
}

/** Characters: a thick novel. Masking what somebody fills a whole mail with would hold up everybody else. */
const LONGEST_SHOWN = 500_000;

/**
 * Keeps a sender's text as a file: masked as the text of a message is, since everybody who may see the message may open it.
 * Where that hides something the words themselves are kept too, sealed and shown by no list.
 * @param sender name its sender gave.
 */
export async function keepText(
  keeping: Keeping,
  { name, text, sender }: { name: string; text: string; sender: string | undefined },
): Promise<NewAttachment[]> {
  const mediaType = 'text/plain';
  const masked =
    text.length > LONGEST_SHOWN
      ? `${maskText(text.slice(0, LONGEST_SHOWN).toWellFormed(), sender)}\n（以下从略，原文另行加密留存）`
      : maskText(text, sender);
  const shown = await keepContent(keeping, { kind: 'file', name, mediaType, content: Buffer.from(masked) });
  if (masked === text) return [shown];
  return [shown, await keepContent(keeping, { kind: 'original', name, mediaType, content: Buffer.from(text) })];
}

/** Takes contents out of the storage again: the message they came with was refused, or has them from its first arrival. */
export async function forgetContents(
  { db, storage }: Pick<Keeping, 'db' | 'storage'>,
  attachments: readonly NewAttachment[],
): Promise<void> {
  const kept = attachments.filter(({ content }) => 'sha256' in content);
  await Promise.all(kept.map(({ id }) => storage.remove(id)));
  await withdraw(
    db,
    kept.map(({ id }) => unclaimedKey(id)),
  );
}

export const toFetch = (kind: AttachmentKind, name: string, fetch: FetchReference, expiresAt: Date): NewAttachment => ({
  id: uuid(),
  kind,
  name,
  content: { fetch, expiresAt },
});

export const sha256Of = (content: Buffer): Buffer => createHash('sha256').update(content).digest();

/** Records files with the messages they came with, and asks for those that are still to be fetched. */
export async function insertAttachments(
  tx: Executor,
  keyRing: KeyRing,
  rows: readonly { appealId: string | null; messageId: string | null; attachment: NewAttachment }[],
  now: Date,
): Promise<void> {
  await insertRows(
    tx,
    attachments,
    rows.map(({ appealId, messageId, attachment: { id, kind, name, content } }) => {
      const stored = 'sha256' in content;
      const sealed: Sealed = stored ? { name } : { name, fetch: content.fetch };
      return {
        id,
        appealId,
        messageId,
        kind,
        state: stored ? ('stored' as const) : ('pending' as const),
        sealed: keyRing.seal(attachmentContext(id), sealed),
        ...(stored ? { ...content, storedAt: now } : { expiresAt: content.expiresAt }),
      };
    }),
  );
  await withdraw(
    tx,
    rows.flatMap(({ attachment: { id, content } }) => ('sha256' in content ? [unclaimedKey(id)] : [])),
  );
  await addToAgenda(
    tx,
    rows.flatMap(({ attachment: { id, content } }) =>
      'fetch' in content
        ? [
            {
              kind: fetchKind(content.fetch.by),
              subjectId: id,
              businessKey: `fetch:${id}`,
              runAt: now,
              dueAt: new Date(Math.min(content.expiresAt.getTime(), now.getTime() + LONGEST_FETCH_MS)),
            },
          ]
        : [],
    ),
  );
}

/** Gives attachments that were known before their message to it; those that have one already are left alone. */
export async function giveToMessages(
  tx: Executor,
  rows: readonly { id: string; appealId: string; messageId: string }[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.execute(sql`update attachments a set appeal_id = x.appeal_id, message_id = x.message_id
    from unnest(${arrayOf(
      rows.map(({ id }) => id),
      'uuid',
    )}, ${arrayOf(
      rows.map(({ appealId }) => appealId),
      'uuid',
    )}, ${arrayOf(
      rows.map(({ messageId }) => messageId),
      'uuid',
    )}) x(id, appeal_id, message_id) where a.id = x.id and a.message_id is null`);
}

/** Files of messages that were brought to another appeal go with them. */
export async function moveAttachments(tx: Executor, messageIds: readonly string[], appealId: string): Promise<void> {
  await tx
    .update(attachments)
    .set({ appealId })
    .where(inArray(attachments.messageId, [...messageIds]));
}

/** Files that could not be fetched yet, and still may be, by what they are and why (name and code of the error). */
export interface UnfetchedFiles {
  /** A call's recording; else a message's file. */
  isRecording: boolean;
  error: string;
  /** Tried at least as often as was asked. */
  repeatedly: boolean;
  count: number;
  firstExpiresAt: Date;
}

/** @param often attempts from which on a failure is `repeatedly`. */
export async function unfetchedFiles(db: Executor, often: number): Promise<UnfetchedFiles[]> {
  const { rows } = await db.execute<Omit<UnfetchedFiles, 'firstExpiresAt'> & { expiry: string }>(sql`
    select a.kind = 'recording' as "isRecording", g.last_error as error, g.attempts >= ${often} as repeatedly,
      count(*)::int as count, min(g.due_at) as expiry
    from agenda g join attachments a on a.id = g.subject_id
    where g.kind like ${fetchKind('%')} and g.state in ('open', 'leased') and g.last_error is not null
    group by 1, 2, 3 order by 5, 2`);
  return rows.map(({ expiry, ...row }) => ({ ...row, firstExpiresAt: new Date(expiry) }));
}

/** Attachments by id, whatever their state. */
export async function findStored(db: Executor, ids: readonly string[]): Promise<(typeof attachments.$inferSelect)[]> {
  if (ids.length === 0) return [];
  return db
    .select()
    .from(attachments)
    .where(inArray(attachments.id, [...ids]))
    .orderBy(attachments.id);
}

/** Undefined: there is none (yet). @throws Error when the storage has lost what the record says it has. */
export async function readContent(
  { storage, keyRing }: { storage: Storage; keyRing: KeyRing },
  { id, state }: Pick<typeof attachments.$inferSelect, 'id' | 'state'>,
): Promise<Buffer | undefined> {
  if (state !== 'stored') return undefined;
  const sealed = await storage.get(id);
  if (!sealed) throw new Error(`the storage has no content of attachment ${id}`);
  return keyRing.openBytes(attachmentContext(id), sealed);
}

export const openAttachment = (keyRing: KeyRing, row: { id: string; sealed: Buffer }): Sealed =>
  keyRing.open<Sealed>(attachmentContext(row.id), row.sealed);
