import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bigrams, bigrams, normalise } from '../../src/intake/similarity.ts';
import labels from './same-matter-labels.json' with { type: 'json' };
import { halfOf, type Known } from './suggestion-figures.ts';

/** A message of the trial data, its text reduced to what is compared. */
export interface Sample {
  id: string;
  plain: string;
  body: Bigrams;
  whole: Bigrams;
}

/** Two messages and whether they are one matter. `judged`: labelled one by one, by reading. */
export interface Pair {
  /** By the person, so that one person's pairs lie in one half. */
  half?: 'tuning' | 'held-out';
  a: Sample;
  b: Sample;
  same: boolean;
  judged: boolean;
}

const TEDDYCUP = 'appeals/teddycup-2020c/hot.jsonl';
const TOPICS = 'appeals/teddycup-2020c/hot-topics-by-teams.jsonl';
const FUZHOU = 'appeals/fuzhou-12345/appeals.jsonl';

export function missingFiles(folder: string): string[] {
  return [TEDDYCUP, TOPICS, FUZHOU].map((file) => join(folder, file)).filter((file) => !existsSync(file));
}

function readLines<T>(folder: string, file: string): T[] {
  const lines = readFileSync(join(folder, file), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as T);
}

function toSample(row: { id: string; title: string; text: string }): Sample {
  return {
    id: row.id,
    plain: normalise(row.text),
    body: bigrams(row.text),
    whole: bigrams(`${row.title}\n${row.text}`),
  };
}

const keyOf = (a: Sample, b: Sample): string => (a.id < b.id ? `${a.id}/${b.id}` : `${b.id}/${a.id}`);

interface TeddycupRow {
  id: string;
  user: string;
  time: string;
  title: string;
  text: string;
  group: string;
}

/**
 * All pairs of messages of one user. The same matter: judged so, the data's own group of repeats, or the same text. What
 * was not judged has little in common (below 0.2) and counts as different.
 */
export function samePersonPairs(folder: string): Pair[] {
  const same = new Set(labels.teddycup.same);
  const different = new Set(labels.teddycup.different);
  const byUser = new Map<string, { sample: Sample; group: string }[]>();
  for (const row of readLines<TeddycupRow>(folder, TEDDYCUP)) {
    byUser.set(row.user, [...(byUser.get(row.user) ?? []), { sample: toSample(row), group: row.group }]);
  }
  const pairs: Pair[] = [];
  for (const [user, own] of byUser) {
    for (const [i, a] of own.entries()) {
      for (const b of own.slice(i + 1)) {
        const key = keyOf(a.sample, b.sample);
        const judged = same.has(key) || different.has(key);
        const alike = a.group === b.group || a.sample.plain === b.sample.plain || nearlyEqual(a.sample, b.sample);
        pairs.push({ a: a.sample, b: b.sample, same: judged ? same.has(key) : alike, judged, half: halfOf(user) });
      }
    }
  }
  return pairs;
}

/** From 0.8 on: only the titles of such pairs were read (none spoke against it), so the measure helps to make this label. */
function nearlyEqual(a: Sample, b: Sample): boolean {
  const inBoth = new Set(a.whole);
  const common = b.whole.filter((value) => inBoth.has(value)).length;
  return common / (a.whole.length + b.whole.length - common) >= 0.8;
}

interface FuzhouRow {
  id: string;
  title: string;
  text: string;
  water: string | null;
}

/**
 * The hotline's own short notes: the same text posted again is the same matter; two rivers are two matters, however
 * alike the call-taker words them. Pairs about one river are left out: who called is not known.
 */
export function hotlinePairs(folder: string): Pair[] {
  const rows = readLines<FuzhouRow>(folder, FUZHOU).map((row) => ({ sample: toSample(row), water: row.water }));
  const judgedSame = new Set(labels.fuzhou.same);
  const pairs: Pair[] = [];
  for (const [i, { sample: a, water }] of rows.entries()) {
    for (let j = i + 1; j < rows.length; j += 1) {
      const { sample: b, water: other } = rows[j]!;
      const judged = judgedSame.has(keyOf(a, b));
      const same = judged || a.plain === b.plain;
      if (same || (water !== null && other !== null && water !== other)) pairs.push({ a, b, same, judged });
    }
  }
  return pairs;
}

/** Pairs of different people on what two teams called one hot topic: never attached, but what a dispatcher may be shown. */
export function topicPairs(folder: string): Pair[] {
  const rows = new Map(readLines<TeddycupRow>(folder, TEDDYCUP).map((row) => [row.id, row]));
  const pairs = new Map<string, Pair>();
  for (const topic of readLines<{ ids: string[] }>(folder, TOPICS)) {
    const members = topic.ids
      .flatMap((id) => rows.get(id) ?? [])
      .map((row) => ({ sample: toSample(row), user: row.user }));
    for (const [i, a] of members.entries()) {
      for (const b of members.slice(i + 1)) {
        if (a.user !== b.user)
          pairs.set(keyOf(a.sample, b.sample), { a: a.sample, b: b.sample, same: true, judged: false });
      }
    }
  }
  return [...pairs.values()];
}

/** Every message with what is known of its matter: the data's groups, what was judged, the teams' hot topics. */
export function knownMatters(folder: string): Known[] {
  const rows = readLines<TeddycupRow>(folder, TEDDYCUP);
  const marks = new Map(rows.map(({ id, group }) => [id, [`group ${group}`]]));
  for (const pair of labels.teddycup.same) for (const id of pair.split('/')) marks.get(id)?.push(`judged ${pair}`);
  for (const [at, topic] of readLines<{ ids: string[] }>(folder, TOPICS).entries())
    for (const id of topic.ids) marks.get(id)?.push(`topic ${at}`);
  return rows
    .sort((a, b) => (a.time < b.time ? -1 : 1))
    .map(({ id, title, text }) => ({ id, text: `${title}\n${text.slice(0, 2_000)}`, marks: marks.get(id) ?? [] }));
}
