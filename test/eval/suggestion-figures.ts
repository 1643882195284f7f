import { createHash } from 'node:crypto';
import { type Bigrams, bigrams } from '../../src/intake/similarity.ts';
import { type Frequencies, keysOf, textShare, toKey, type Weighed, weighed } from '../../src/matters/sketch.ts';

/** A message of the trial data and which others are known to be about the same matter. */
export interface Known {
  id: string;
  text: string;
  /** Messages with the same mark are one matter by a label; a message may have several. */
  marks: readonly string[];
}

export interface SuggestionFigures {
  threshold: number;
  /** Pairs suggested; of them those known to be one matter. What is not known is not false: nobody labelled it. */
  suggested: number;
  known: number;
  /** Lower bound. */
  precision: number;
  /** Of the known pairs. */
  recall: number;
  /** Of the messages that are known to repeat an earlier one: those with a right suggestion. */
  messages: number;
}

const THRESHOLDS = [0.1, 0.12, 0.15, 0.18, 0.2, 0.25, 0.3, 0.4, 0.5];
const CANDIDATES = 30;
const SUGGESTIONS = 5;

/** Half of a matter, by a hash: what is one matter lies in one half, so that nothing held out was tuned on. */
export function halfOf(matter: string): 'tuning' | 'held-out' {
  return createHash('sha256').update(`same-matter:${matter}`).digest().readUInt8(0) % 2 === 0 ? 'tuning' : 'held-out';
}

/** The way of the service, in memory: keys, the most alike by shared keys among earlier messages, the text's share. */
export function suggestionFigures(all: readonly Known[], half: 'tuning' | 'held-out'): SuggestionFigures[] {
  const texts = all.map(({ text }) => bigrams(text));
  const frequencies = count(texts);
  const weights = texts.map((text) => weighed(frequencies, text));
  const matters = joinMarks(all);
  const scored: { a: number; b: number; score: number; same: boolean }[] = [];
  const byKey = new Map<number, number[]>();
  let pairs = 0;
  let repeats = 0;
  const seen: number[] = [];
  for (const [at, text] of texts.entries()) {
    if (halfOf(matters[at] ?? '') !== half) continue;
    const shared = new Map<number, number>();
    const keys = keysOf(frequencies, text);
    for (const key of keys) for (const other of byKey.get(key) ?? []) shared.set(other, (shared.get(other) ?? 0) + 1);
    for (const key of keys) byKey.set(key, [...(byKey.get(key) ?? []), at]);
    const nearest = [...shared].sort((a, b) => b[1] - a[1] || b[0] - a[0]).slice(0, CANDIDATES);
    const own = nearest
      .map(([other]) => ({ a: at, b: other, score: textShare(weights[at] as Weighed, weights[other] as Weighed) }))
      .sort((a, b) => b.score - a.score)
      .slice(0, SUGGESTIONS);
    scored.push(...own.map((pair) => ({ ...pair, same: areOne(all[pair.a], all[pair.b]) })));
    const before = seen.filter((other) => areOne(all[at], all[other])).length;
    pairs += before;
    repeats += before > 0 ? 1 : 0;
    seen.push(at);
  }
  return THRESHOLDS.map((threshold) => {
    const suggested = scored.filter(({ score }) => score >= threshold);
    const right = suggested.filter(({ same }) => same);
    return {
      threshold,
      suggested: suggested.length,
      known: right.length,
      precision: suggested.length === 0 ? 1 : right.length / suggested.length,
      recall: pairs === 0 ? 1 : right.length / pairs,
      messages: repeats === 0 ? 1 : new Set(right.map(({ a }) => a)).size / repeats,
    };
  });
}

const areOne = (a: Known | undefined, b: Known | undefined): boolean =>
  a?.marks.some((mark) => b?.marks.includes(mark)) === true;

function count(texts: readonly Bigrams[]): Frequencies {
  const of = new Map<number, number>();
  for (const text of texts) for (const key of text.values()) of.set(toKey(key), (of.get(toKey(key)) ?? 0) + 1);
  return { texts: texts.length, of };
}

/** A name for each message's matter: messages that share a mark, also through others, share it. */
function joinMarks(all: readonly Known[]): string[] {
  const parent = new Map<string, string>();
  const rootOf = (mark: string): string => {
    const up = parent.get(mark);
    return up === undefined ? mark : rootOf(up);
  };
  for (const { marks } of all)
    for (const mark of marks) {
      const [one, other] = [rootOf(marks[0] ?? ''), rootOf(mark)];
      if (one !== other) parent.set(other, one);
    }
  return all.map(({ marks }) => rootOf(marks[0] ?? ''));
}
