import { sql } from 'drizzle-orm';
import type { Move } from '../deadlines/recompute.service.ts';
import { reschedule } from '../platform/agenda/agenda.ts';
import type { Transaction } from '../platform/database/database.ts';
import { arrayOf } from '../platform/database/rows.ts';
import { sendingAt } from './receipts.service.ts';

/**
 * Receipts promised by moved `receipt` deadlines are due when those are. What was not tried yet goes when the new due
 * time asks for it; what is under way, or waits for another try, keeps its time.
 */
export async function followReceipts(tx: Transaction, moves: readonly Move[], now: Date): Promise<void> {
  const byMessage = new Map(
    moves.flatMap((move) => (move.row.name === 'receipt' && move.row.messageId ? [[move.row.messageId, move]] : [])),
  );
  if (byMessage.size === 0) return;
  const { rows } = await tx.execute<{
    message_id: string;
    business_key: string;
    decided: boolean;
    untried: boolean;
  }>(sql`
    update receipts r set due_at = x.due_at
    from unnest(${arrayOf([...byMessage.keys()], 'uuid')}, ${arrayOf(
      [...byMessage.values()].map((move) => move.dueAt),
      'timestamptz',
    )}) x(message_id, due_at)
    where r.message_id = x.message_id and r.kind = 'receipt'
    returning r.message_id, r.business_key, r.text is not null as decided, r.status = 'created' as untried`);
  await reschedule(
    tx,
    rows.flatMap(({ message_id, business_key, decided, untried }) => {
      const move = byMessage.get(message_id);
      if (!move || !untried) return [];
      const { rules, row, dueAt } = move;
      return [{ businessKey: business_key, dueAt, runAt: sendingAt(rules, decided, row.startsAt, dueAt, now) }];
    }),
  );
}
