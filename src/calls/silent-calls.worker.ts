import type { KeyRing } from '../platform/access/key-ring.ts';
import { postpone, settle } from '../platform/agenda/agenda.ts';
import type { AgendaHandler } from '../platform/agenda/agenda-worker.ts';
import type { Database } from '../platform/database/database.ts';
import { withTransaction } from '../platform/database/transaction.ts';
import { lookAgain } from './calls.service.ts';
import { SILENT_CALL } from './silent-calls.ts';

/** Calls whose end was never told: who waited in vain is called back. */
export function createSilentCallHandler({ db, keyRing }: { db: Database; keyRing: KeyRing }): AgendaHandler {
  return {
    kind: SILENT_CALL,
    drains: 1,
    // One at a time: the transaction holds up the call centre's pushes.
    batchSize: 1,
    attempts: 10,
    handle: (lease, now) =>
      withTransaction(db, async (tx) => {
        for (const item of lease.items) {
          const runAt = await lookAgain(tx, keyRing, item.subjectId, now);
          if (runAt) await postpone(tx, lease, [{ item, runAt, dueAt: runAt }]);
          else await settle(tx, lease, [item], now);
        }
      }),
  };
}
