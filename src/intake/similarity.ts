/**
 * How alike two messages are, by their character bigrams: Chinese needs no word splitting for it. Measured against other
 * ways on real messages: docs/same-matter.md.
 */

/** Distinct bigrams, sorted; two UTF-16 code units in one number. Compute once per text to compare it with many. */
export type Bigrams = Uint32Array;

/**
 * Least similarity, 0..1, at which a message of the same verified person joins an open appeal by itself. From
 * `npm run eval -- same-matter` (docs/same-matter.md): the most alike pair of different matters reaches 0.42; the rest is
 * margin, since the choice was made on those same pairs. A false attach buries a matter; a missed one becomes a second
 * appeal that a dispatcher can link.
 */
export const SAME_MATTER_THRESHOLD = 0.5;

/** Bigrams below which a difference starts to weigh more than double. */
const SHORT_TEXT = 60;

/** What counts of a text: NFKC, lower case, letters and digits only. */
export function normalise(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '');
}

/** Bigrams of the normalised text; of a single character that character. Empty when nothing countable was said. */
export function bigrams(text: string): Bigrams {
  const plain = normalise(text);
  if (plain.length === 1) return Uint32Array.of(plain.charCodeAt(0));
  const all = new Uint32Array(Math.max(plain.length - 1, 0));
  for (let i = 0; i < all.length; i += 1) all[i] = ((plain.charCodeAt(i) << 16) | plain.charCodeAt(i + 1)) >>> 0;
  all.sort();
  return all.filter((value, i) => i === 0 || value !== all[i - 1]);
}

/** How many bigrams two texts share. */
export function shared(a: Bigrams, b: Bigrams): number {
  let count = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const left = a[i]!;
    const right = b[j]!;
    if (left === right) count += 1;
    if (left <= right) i += 1;
    if (right <= left) j += 1;
  }
  return count;
}

/**
 * Jaccard index, 0..1, in which each difference weighs `1 + 60 / union`: two short notes of one call-taker differ in
 * little but the place ("…河工地深夜施工，噪音扰民，望处理"), so there the little that differs decides. Symmetric; 1 for equal
 * texts. Texts without anything countable are like nothing, not even each other.
 */
export function similarityOf(a: Bigrams, b: Bigrams): number {
  const common = shared(a, b);
  if (common === 0) return 0;
  const union = a.length + b.length - common;
  return common / (common + (union - common) * (1 + SHORT_TEXT / union));
}

/** `similarityOf` of two texts. Give title and body joined by a line break. */
export function similarity(a: string, b: string): number {
  return similarityOf(bigrams(a), bigrams(b));
}
