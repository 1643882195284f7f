import { eq, sql } from 'drizzle-orm';
import type { KeyRing } from '../platform/access/key-ring.ts';
import { type Lease, settle } from '../platform/agenda/agenda.ts';
import { type AgendaHandler, AttemptFailedError } from '../platform/agenda/agenda-worker.ts';
import type { Database } from '../platform/database/database.ts';
import { withTransaction } from '../platform/database/transaction.ts';
import { codeOf } from '../platform/log.ts';
import {
  attachmentContext,
  type FetchReference,
  fetchKind,
  findStored,
  openAttachment,
  sha256Of,
} from './attachments.service.ts';
import { type AttachmentKind, attachments } from './attachments.table.ts';
import type { Storage } from './storage.ts';

/**
 * What a platform answered; `kind` where only the content shows it. `gone`: it will not have it again either; the reason
 * holds no personal data.
 */
export type Fetched = { content: Buffer; mediaType: string; name?: string; kind?: AttachmentKind } | { gone: string };

/** Brings one file from its platform. Throwing means: try again later. */
export type Fetcher = (reference: FetchReference, signal: AbortSignal) => Promise<Fetched>;

/** How much one fetcher is given. */
export interface FetchShare {
  /** Files fetched at once, each of which is in memory as a whole. */
  atOnce: number;
  /** Failed attempts after which a file is left to a person. */
  attempts: number;
}

/** Machine milliseconds one fetch may take. */
const FETCH_MS = 60_000;

/**
 * Fetches what messages only referred to, before its platform deletes it. Each fetcher has a kind of its own, so that a
 * platform that keeps us waiting holds up nobody else's files. The content is put under the attachment's own id, so that a
 * fetch repeated after a crash replaces and never doubles. What a platform has not got is an answer, and settled; what
 * could not be had until it expired, or in all its attempts, is left to a person.
 * @param by the name its references give.
 */
export function createFetchHandler(
  by: string,
  fetcher: Fetcher,
  { atOnce, attempts }: FetchShare,
  deps: { db: Database; keyRing: KeyRing; storage: Storage },
): AgendaHandler {
  const { db, keyRing, storage } = deps;

  async function handle(lease: Lease, now: Date, stopping: AbortSignal): Promise<void> {
    for (const item of lease.items) {
      const [row] = await findStored(db, [item.subjectId]);
      const { fetch, name } = row && row.state !== 'stored' ? openAttachment(keyRing, row) : {};
      if (!row || !fetch) {
        await settle(db, lease, [item], now);
        continue;
      }
      const fetched = await attempt(fetch, stopping);
      const outcome =
        'gone' in fetched
          ? { state: 'failed' as const, failure: fetched.gone }
          : {
              state: 'stored' as const,
              failure: null,
              mediaType: fetched.mediaType,
              ...(fetched.kind ? { kind: fetched.kind } : {}),
              size: fetched.content.length,
              sha256: sha256Of(fetched.content),
              storedAt: now,
              sealed: keyRing.seal(attachmentContext(row.id), { name: fetched.name ?? name }),
            };
      if ('content' in fetched)
        await storage.put(row.id, keyRing.sealBytes(attachmentContext(row.id), fetched.content));
      await withTransaction(db, async (tx) => {
        await tx
          .update(attachments)
          .set(outcome)
          .where(sql`${attachments.id} = ${row.id} and ${attachments.state} <> 'stored'`);
        await settle(tx, lease, [item], now);
      });
    }
  }

  async function attempt(reference: FetchReference, stopping: AbortSignal): Promise<Fetched> {
    try {
      return await fetcher(reference, AbortSignal.any([stopping, AbortSignal.timeout(FETCH_MS)]));
    } catch (error) {
      // The message of a failed call may quote an address that opens the file; its name and code do not.
      throw new AttemptFailedError([(error as Error).name, codeOf(error)].filter(Boolean).join(' '));
    }
  }

  return {
    kind: fetchKind(by),
    drains: atOnce,
    batchSize: 1,
    attempts,
    endsWhenDue: true,
    handle,
    giveUp: async (tx, { subjectId }, reason) => {
      await tx.update(attachments).set({ state: 'failed', failure: reason }).where(eq(attachments.id, subjectId));
    },
  };
}
