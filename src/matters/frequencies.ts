import { sql } from 'drizzle-orm';
import type { Bigrams } from '../intake/similarity.ts';
import type { Database, Transaction } from '../platform/database/database.ts';
import { insertRows } from '../platform/database/rows.ts';
import { bigramFrequencies } from './matters.table.ts';
import { type Frequencies, RAREST, toKey } from './sketch.ts';

/** The row that counts the texts. */
const TEXTS = 0;
/** From this many texts on only every eighth is counted, eightfold: shares hardly move any more. */
const MANY_TEXTS = 20_000;
const SAMPLE = 8;

/**
 * How often bigrams stand in the city's texts; the rarest, which are most, are left out. A big city has 160,000 of them:
 * they travel as one value, since as many rows would hold up everything else in this process for a fifth of a second.
 */
export async function readFrequencies(db: Database): Promise<Frequencies> {
  const { rows } = await db.execute<{ pairs: Buffer | null }>(sql`
    select string_agg(int4send(bigram) || int4send(texts), ''::bytea) as pairs from bigram_frequencies
    where texts > ${RAREST}::float8 * coalesce((select texts from bigram_frequencies where bigram = ${TEXTS}), 0)`);
  const pairs = rows[0]?.pairs ?? Buffer.alloc(0);
  const of = new Map<number, number>();
  for (let at = 0; at < pairs.length; at += 8) of.set(pairs.readInt32BE(at), pairs.readInt32BE(at + 4));
  const texts = of.get(TEXTS) ?? 0;
  of.delete(TEXTS);
  return { texts, of };
}

/** Counts new texts, bigrams in sorted order so that two workers cannot wait for each other in a circle. */
export async function countTexts(
  tx: Transaction,
  known: Frequencies,
  texts: readonly { appealId: string; text: Bigrams }[],
): Promise<void> {
  const sampled = known.texts > MANY_TEXTS;
  const weight = sampled ? SAMPLE : 1;
  const counted = texts.filter(({ appealId }) => !sampled || Number.parseInt(appealId.slice(-2), 16) % SAMPLE === 0);
  const counts = new Map<number, number>();
  for (const { text } of counted)
    for (const bigram of [TEXTS, ...text]) counts.set(bigram, (counts.get(bigram) ?? 0) + weight);
  const rows = [...counts].map(([bigram, count]) => ({ bigram: toKey(bigram), texts: count }));
  await insertRows(
    tx,
    bigramFrequencies,
    rows.sort((a, b) => a.bigram - b.bigram),
    sql`on conflict (bigram) do update set texts = bigram_frequencies.texts + excluded.texts`,
  );
}
