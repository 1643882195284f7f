import { sql } from 'drizzle-orm';
import type { ChangeCause } from '../deadlines/deadlines.schema.ts';
import { applyMoves, type Move } from '../deadlines/recompute.service.ts';
import type { Transaction } from '../platform/database/database.ts';
import { arrayOf } from '../platform/database/rows.ts';
import { followReceipts } from '../receipts/follow.service.ts';
import { appendToFeed } from './feed.ts';

/** Which deadline an assignment shows as its own while it has this status. */
const shownBy = { sign: 'pending', resolve: 'signed' } as const;

/**
 * Moves deadlines and all that hangs on them: the record and the watch of each, the receipts they promise, the due time
 * that departments see, and the entries of their feeds that say so. Lock the appeals first; call it last before COMMIT.
 */
export async function moveDeadlines(
  tx: Transaction,
  moves: readonly Move[],
  why: { cause: ChangeCause; actor: string },
  now: Date,
): Promise<void> {
  await applyMoves(tx, moves, why, now);
  await followReceipts(tx, moves, now);
  const shown = moves.flatMap(({ row: { appealId, name }, dueAt }) =>
    name === 'sign' || name === 'resolve' ? [{ appealId, status: shownBy[name], dueAt }] : [],
  );
  if (shown.length === 0) return;
  const { rows } = await tx.execute<{ id: string; appeal_id: string; department: string }>(sql`
    update assignments a set due_at = x.due_at, version = a.version + 1
    from unnest(${arrayOf(
      shown.map((entry) => entry.appealId),
      'uuid',
    )}, ${arrayOf(
      shown.map((entry) => entry.status),
      'text',
    )}, ${arrayOf(
      shown.map((entry) => entry.dueAt),
      'timestamptz',
    )}) x(appeal_id, status, due_at)
    where a.appeal_id = x.appeal_id and a.status = x.status and a.due_at is distinct from x.due_at
    returning a.id, a.appeal_id, a.department`);
  await appendToFeed(
    tx,
    rows.map((row) => ({
      department: row.department,
      kind: 'changed' as const,
      assignmentId: row.id,
      appealId: row.appeal_id,
    })),
    now,
  );
}
