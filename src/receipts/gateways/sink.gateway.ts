import { asc, gt, sql } from 'drizzle-orm';
import type { KeyRing } from '../../platform/access/key-ring.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import type { Database } from '../../platform/database/database.ts';
import { arrayOf } from '../../platform/database/rows.ts';
import { sinkOutbox } from '../receipts.table.ts';
import type { SmsGateway } from './gateway.ts';

export interface OutboxEntry {
  id: number;
  receiptId: string;
  to: string;
  text: string;
  sentAt: Date;
}

export type SinkGateway = SmsGateway & { list(after: number, limit: number): Promise<OutboxEntry[]> };

/**
 * Keeps what it is asked to send instead of sending it, for trials and tests. It accepts everything, reports it as
 * delivered at once, and never hides a second send of the same receipt.
 */
export function createSinkGateway(deps: { db: Database; keyRing: KeyRing; clock: Clock }): SinkGateway {
  const { db, keyRing, clock } = deps;
  return {
    name: 'sink',
    async send({ receiptId, to, text }) {
      await db
        .insert(sinkOutbox)
        .values({ receiptId, sealed: keyRing.seal(`outbox:${receiptId}`, { to, text }), sentAt: await clock.now() });
      return { outcome: 'accepted', delivered: true };
    },
    async find(receiptIds) {
      const rows = await db
        .selectDistinct({ receiptId: sinkOutbox.receiptId })
        .from(sinkOutbox)
        .where(sql`${sinkOutbox.receiptId} = any(${arrayOf(receiptIds, 'uuid')})`);
      const accepted = new Set(rows.map((row) => row.receiptId));
      return new Map(receiptIds.map((id) => [id, accepted.has(id) ? 'delivered' : 'not-found']));
    },
    async list(after, limit) {
      const rows = await db
        .select()
        .from(sinkOutbox)
        .where(gt(sinkOutbox.id, after))
        .orderBy(asc(sinkOutbox.id))
        .limit(limit);
      return rows.map(({ id, receiptId, sealed, sentAt }) => ({
        id,
        receiptId,
        sentAt,
        ...keyRing.open<{ to: string; text: string }>(`outbox:${receiptId}`, sealed),
      }));
    },
  };
}
