import { inArray, sql } from 'drizzle-orm';
import type { KeyRing } from '../platform/access/key-ring.ts';
import { type Lease, recordFailure, settle } from '../platform/agenda/agenda.ts';
import type { AgendaHandler } from '../platform/agenda/agenda-worker.ts';
import type { Database } from '../platform/database/database.ts';
import { withTransaction } from '../platform/database/transaction.ts';
import { codeOf } from '../platform/log.ts';
import { attachmentContext, FETCH, type FetchReference, openAttachment, sha256Of } from './attachments.service.ts';
import { type AttachmentKind, attachments } from './attachments.table.ts';
import type { Storage } from './storage.ts';

/**
 * What a platform answered; `kind` where only the content shows it. `gone`: it will not have it again either; the reason
 * holds no personal data.
 */
export type Fetched = { content: Buffer; mediaType: string; name?: string; kind?: AttachmentKind } | { gone: string };

/** Brings one file from its platform. Throwing means: try again later. */
export type Fetcher = (reference: FetchReference, signal: AbortSignal) => Promise<Fetched>;

/** Machine milliseconds one fetch may take; shorter than a lease that is being extended would ever need. */
const FETCH_MS = 60_000;
/** Business milliseconds between attempts: half a minute, doubling, at most an hour, until the platform's own end. */
const retryIn = (attempts: number): number => Math.min(30_000 * 2 ** Math.min(attempts - 1, 7), 3_600_000);

/**
 * Fetches what messages only referred to, before its platform deletes it. The content is put under the attachment's own
 * id, so that a fetch repeated after a crash replaces and never doubles.
 */
export function createFetchHandler(deps: {
  db: Database;
  keyRing: KeyRing;
  storage: Storage;
  /** By the name a reference gives (`by`). */
  fetchers: Readonly<Record<string, Fetcher>>;
}): AgendaHandler {
  const { db, keyRing, storage, fetchers } = deps;

  async function handle(lease: Lease, now: Date): Promise<void> {
    const rows = await db
      .select()
      .from(attachments)
      .where(
        inArray(
          attachments.id,
          lease.items.map((item) => item.subjectId),
        ),
      );
    const byId = new Map(rows.map((row) => [row.id, row]));
    for (const item of lease.items) {
      const row = byId.get(item.subjectId);
      const { fetch } = row?.state === 'pending' ? openAttachment(keyRing, row) : {};
      if (!row || !fetch) {
        await settle(db, lease, [item], now);
        continue;
      }
      const fetched = await attempt(fetch);
      if ('retry' in fetched && now < item.dueAt) {
        await recordFailure(db, lease, item, fetched.retry, now, new Date(now.getTime() + retryIn(item.attempts)));
        continue;
      }
      if ('content' in fetched)
        await storage.put(row.id, keyRing.sealBytes(attachmentContext(row.id), fetched.content));
      await withTransaction(db, async (tx) => {
        await tx
          .update(attachments)
          .set(outcomeOf(row, fetched, now))
          .where(sql`${attachments.id} = ${row.id} and ${attachments.state} = 'pending'`);
        await settle(tx, lease, [item], now);
      });
    }
  }

  function outcomeOf(row: { id: string; sealed: Buffer }, fetched: Fetched | { retry: string }, now: Date) {
    const { name } = openAttachment(keyRing, row);
    if (!('content' in fetched))
      return { state: 'failed' as const, failure: 'gone' in fetched ? fetched.gone : fetched.retry };
    return {
      state: 'stored' as const,
      mediaType: fetched.mediaType,
      ...(fetched.kind ? { kind: fetched.kind } : {}),
      size: fetched.content.length,
      sha256: sha256Of(fetched.content),
      storedAt: now,
      sealed: keyRing.seal(attachmentContext(row.id), { name: fetched.name ?? name }),
    };
  }

  async function attempt(reference: FetchReference): Promise<Fetched | { retry: string }> {
    const fetcher = fetchers[reference.by];
    if (!fetcher) return { gone: 'nothing fetches from this platform any more' };
    try {
      return await fetcher(reference, AbortSignal.timeout(FETCH_MS));
    } catch (error) {
      // The message of a failed call may quote an address that opens the file; its name and code do not.
      return { retry: [(error as Error).name, codeOf(error)].filter(Boolean).join(' ') };
    }
  }

  return { kind: FETCH, batchSize: 4, attempts: 1_000, handle };
}
