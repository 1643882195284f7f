import { sql } from 'drizzle-orm';
import { pgTable, text } from 'drizzle-orm/pg-core';
import type { ChannelName } from '../channels/channel.ts';
import { cached } from '../platform/cached.ts';
import type { Database, Transaction } from '../platform/database/database.ts';
import { insertRows } from '../platform/database/rows.ts';

export const sources = pgTable('sources', {
  code: text().primaryKey(),
  channel: text().$type<ChannelName>().notNull(),
  name: text().notNull(),
});

const TTL_MS = 5_000;

/** Registered sources (来源). Kept in memory and read again every five machine seconds while they are asked for. */
export interface Sources {
  channelOf(code: string): Promise<ChannelName | undefined>;
}

export function createSources(db: Database): Sources {
  const known = cached(TTL_MS, async () => {
    const rows = await db.select({ code: sources.code, channel: sources.channel }).from(sources);
    return new Map(rows.map((row) => [row.code, row.channel]));
  });
  return { channelOf: async (code) => (await known()).get(code) };
}

/** Adds sources, or renames those that are known. */
export async function upsertSources(
  tx: Transaction,
  rows: readonly { code: string; channel: ChannelName; name: string }[],
): Promise<void> {
  await insertRows(
    tx,
    sources,
    rows,
    sql`on conflict (code) do update set name = excluded.name, channel = excluded.channel`,
  );
}

export async function listSources(db: Database): Promise<(typeof sources.$inferSelect)[]> {
  return db.select().from(sources).orderBy(sources.channel, sources.code);
}
