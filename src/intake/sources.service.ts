import { eq, sql } from 'drizzle-orm';
import { pgTable, text } from 'drizzle-orm/pg-core';
import type { ChannelName } from '../channels/channel.ts';
import type { KeyRing } from '../platform/access/key-ring.ts';
import { bytea } from '../platform/access/keys.table.ts';
import { cached } from '../platform/cached.ts';
import type { Database, Transaction } from '../platform/database/database.ts';
import { insertRows } from '../platform/database/rows.ts';

export const sources = pgTable('sources', {
  code: text().primaryKey(),
  channel: text().$type<ChannelName>().notNull(),
  name: text().notNull(),
  settings: bytea(),
});

/** Machine milliseconds after which every process has changed settings. */
export const SETTINGS_TTL_MS = 5_000;

/** Registered sources (来源). Kept in memory and read again every five machine seconds while they are asked for. */
export interface Sources {
  channelOf(code: string): Promise<ChannelName | undefined>;
  /** What a source of this channel was told of its platform; undefined: no such source, or nothing. Holds secrets. */
  settingsOf<T>(channel: ChannelName, code: string): Promise<T | undefined>;
  /** Sources of a channel that have settings. */
  configured(channel: ChannelName): Promise<string[]>;
  /** Replaces a source's settings, which its channel's schema has checked; null removes them. */
  configure(tx: Transaction, code: string, settings: Record<string, unknown> | null): Promise<void>;
  /** Something was changed here: the next reader reads again. */
  forget(): void;
}

const contextOf = (code: string): string => `source:${code}`;

export function createSources(db: Database, keyRing: KeyRing): Sources {
  const known = cached(SETTINGS_TTL_MS, async () => {
    const rows = await db.select().from(sources).orderBy(sources.code);
    return new Map(
      rows.map(({ code, channel, settings }) => [
        code,
        { channel, settings: settings ? keyRing.open<Record<string, unknown>>(contextOf(code), settings) : undefined },
      ]),
    );
  });
  return {
    channelOf: async (code) => (await known()).get(code)?.channel,
    settingsOf: async <T>(channel: ChannelName, code: string) => {
      const source = (await known()).get(code);
      return source?.channel === channel ? (source.settings as T | undefined) : undefined;
    },
    configured: async (channel) =>
      [...(await known())].flatMap(([code, source]) =>
        source.channel === channel && source.settings !== undefined ? [code] : [],
      ),
    configure: async (tx, code, settings) => {
      const sealed = settings === null ? null : keyRing.seal(contextOf(code), settings);
      await tx.update(sources).set({ settings: sealed }).where(eq(sources.code, code));
    },
    forget: known.forget,
  };
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

export async function listSources(db: Database): Promise<{ code: string; channel: ChannelName; name: string }[]> {
  const { code, channel, name } = sources;
  return db.select({ code, channel, name }).from(sources).orderBy(sources.channel, sources.code);
}
