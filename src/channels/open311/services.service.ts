import { asc, sql } from 'drizzle-orm';
import { cached } from '../../platform/cached.ts';
import type { Database, Transaction } from '../../platform/database/database.ts';
import { insertRows } from '../../platform/database/rows.ts';
import type { Service } from './service.schema.ts';
import { services } from './services.table.ts';

/** Machine milliseconds: a new list is in force everywhere after it. */
const TTL_MS = 5_000;

/** Puts the city's list in force. What it no longer names is not offered any more, and still known by its code. */
export async function replaceServices(tx: Transaction, list: readonly Service[]): Promise<void> {
  await tx.update(services).set({ offered: false });
  await insertRows(
    tx,
    services,
    list.map((definition, at) => ({ code: definition.code, position: at + 1, offered: true, definition })),
    sql`on conflict (code) do update set position = excluded.position, offered = true, definition = excluded.definition`,
  );
}

export interface KnownServices {
  /** In the city's order. */
  offered: Service[];
  /** By code, also those that are offered no longer. */
  all: ReadonlyMap<string, Service>;
}

export function createServiceList(db: Database): () => Promise<KnownServices> {
  return cached(TTL_MS, async () => {
    const rows = await db.select().from(services).orderBy(asc(services.position), asc(services.code));
    return {
      offered: rows.filter(({ offered }) => offered).map(({ definition }) => definition),
      all: new Map(rows.map(({ code, definition }) => [code, definition])),
    };
  });
}
