import { sql } from 'drizzle-orm';
import { type Lease, postpone, settle } from '../../platform/agenda/agenda.ts';
import type { AgendaHandler } from '../../platform/agenda/agenda-worker.ts';
import type { Database, Transaction } from '../../platform/database/database.ts';
import { withTransaction } from '../../platform/database/transaction.ts';
import { bringToCalendar, type MoveDeadlines } from '../recompute.service.ts';
import { newestCalendar } from './calendars.repo.ts';
import { RECOMPUTE } from './calendars.service.ts';

/** Deadlines one transaction looks for; their appeals are locked meanwhile. */
const BATCH = 500;

interface Deps {
  db: Database;
  /** Locks appeals in order of id, as everybody does who changes one. */
  lock: (tx: Transaction, appealIds: readonly string[]) => Promise<unknown>;
  move: MoveDeadlines;
}

/**
 * Brings running deadlines to the calendar in force, a batch a transaction, until none is left that was computed with an
 * older one. The rows themselves say what is done, so a batch that is lost with its worker is simply done again.
 */
export function createRecomputeHandler({ db, lock, move }: Deps): AgendaHandler {
  async function handle(lease: Lease, now: Date): Promise<void> {
    await withTransaction(db, async (tx) => {
      const calendar = await newestCalendar(tx);
      const { appealIds, isLast } = await appealsBefore(tx, calendar.version);
      await lock(tx, appealIds);
      await bringToCalendar(tx, calendar, appealIds, move, now);
      if (isLast) await settle(tx, lease, lease.items, now);
      else
        await postpone(
          tx,
          lease,
          lease.items.map((item) => ({ item, runAt: now, dueAt: item.dueAt })),
        );
    });
  }

  return { kind: RECOMPUTE, drains: 1, batchSize: 1, attempts: 10, handle };
}

/** The next appeals with running deadlines that were computed with an older calendar. */
async function appealsBefore(tx: Transaction, version: number): Promise<{ appealIds: string[]; isLast: boolean }> {
  const { rows } = await tx.execute<{ appeal_id: string }>(sql`
    select appeal_id from deadlines where state = 'running' and calendar_version < ${version}
    order by calendar_version, id limit ${BATCH}`);
  return { appealIds: [...new Set(rows.map((row) => row.appeal_id))], isLast: rows.length < BATCH };
}
