import { type Lease, settle } from '../platform/agenda/agenda.ts';
import type { AgendaHandler } from '../platform/agenda/agenda-worker.ts';
import type { Database } from '../platform/database/database.ts';
import { findStored, UNCLAIMED } from './attachments.service.ts';
import type { Storage } from './storage.ts';

/** Removes contents that no record has claimed in a day: a process ended between the file and its record. */
export function createUnclaimedHandler({ db, storage }: { db: Database; storage: Storage }): AgendaHandler {
  async function handle(lease: Lease, now: Date): Promise<void> {
    const ids = lease.items.map((item) => item.subjectId);
    const claimed = new Set((await findStored(db, ids)).map(({ id }) => id));
    for (const id of ids) if (!claimed.has(id)) await storage.remove(id);
    await settle(db, lease, lease.items, now);
  }

  return { kind: UNCLAIMED, drains: 1, batchSize: 20, attempts: 100, handle };
}
