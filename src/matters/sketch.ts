import { natures } from '../appeals/nature.ts';
import { type Bigrams, bigrams } from '../intake/similarity.ts';

/**
 * In how many texts of the city each bigram stands, by `toKey` (V8 finds 32-bit integers several times faster than what
 * lies above them). What is not listed is rarer than `RAREST`.
 */
export interface Frequencies {
  texts: number;
  of: ReadonlyMap<number, number>;
}

/** Counted like this many texts in which nothing stood, so that the first few texts of a city say little. */
const PRIOR_TEXTS = 1_000;
/** Share of texts below which bigrams are not told apart. */
export const RAREST = 1e-4;
/** A bigram in more than this share of all texts says nothing of one matter. */
const COMMON = 0.02;
const MOST_KEYS = 32;
/** Bigrams in fewer texts than this are not told apart: what one text alone says finds no other. */
const TOLD_APART = 8;
/** What comes after this many characters is not looked at. */
export const SKETCHED_LENGTH = 2_000;

export const textOf = ({ title, body }: { title: string; body: string }): Bigrams =>
  bigrams(`${title}\n${body.slice(0, SKETCHED_LENGTH)}`);

/** Share of the city's texts that a bigram stands in, not below `RAREST`. */
export function shareOf({ texts, of }: Frequencies, bigram: number): number {
  return Math.max(RAREST, (of.get(toKey(bigram)) ?? 0) / (texts + PRIOR_TEXTS));
}

/** A signed 32-bit integer, as PostgreSQL has them. */
export const toKey = (bigram: number): number => bigram | 0;

/**
 * What the keys of a nature class are mixed with (XOR), so that a look-up does not even touch the appeals of the others,
 * which may be most. Nought for requests to put something right.
 */
export const saltOf = (natureClass: string): number => Math.imul(classes.indexOf(natureClass) + 1, 0x9e3779b1);
const classes: readonly string[] = natures;

/** Scatters the bigrams, so that of equally rare ones every text keeps the same. */
const scatter = (bigram: number): number => Math.imul(bigram ^ (bigram >>> 15), 0x9e3779b1) >>> 0;

/** The rarest bigrams of a text, by powers of two of their share: those it is found by. */
export function keysOf(frequencies: Frequencies, text: Bigrams): number[] {
  const rarest = Math.max(RAREST, TOLD_APART / (frequencies.texts + PRIOR_TEXTS));
  return [...text]
    .map((bigram) => ({ bigram, share: shareOf(frequencies, bigram) }))
    .filter(({ share }) => share <= COMMON)
    .map(({ bigram, share }) => ({
      bigram,
      rank: Math.max(0, Math.floor(Math.log2(share / rarest))),
      order: scatter(bigram),
    }))
    .sort((a, b) => a.rank - b.rank || a.order - b.order)
    .slice(0, MOST_KEYS)
    .map(({ bigram }) => bigram);
}

/** A text with what each of its bigrams weighs: the logarithm of its rarity. */
export interface Weighed {
  text: Bigrams;
  weights: Float64Array;
  total: number;
}

export function weighed(frequencies: Frequencies, text: Bigrams): Weighed {
  const weights = new Float64Array(text.length);
  let total = 0;
  // Not `from` with a callback, which takes five times as long, forty texts an appeal.
  for (let at = 0; at < text.length; at += 1) {
    const weight = -Math.log(shareOf(frequencies, text[at]!));
    weights[at] = weight;
    total += weight;
  }
  return { text, weights, total };
}

/**
 * How much two texts share, 0..1: Dice's index in which each bigram weighs the logarithm of its rarity, so that the name
 * of an estate counts and "请有关部门处理" does not.
 */
export function textShare(a: Weighed, b: Weighed): number {
  let both = 0;
  for (let i = 0, j = 0; i < a.text.length && j < b.text.length; ) {
    const left = a.text[i]!;
    const right = b.text[j]!;
    if (left === right) both += a.weights[i]!;
    if (left <= right) i += 1;
    if (right <= left) j += 1;
  }
  const all = a.total + b.total;
  return all === 0 ? 0 : (2 * both) / all;
}
