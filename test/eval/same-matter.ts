import { SAME_MATTER_THRESHOLD, shared, similarityOf } from '../../src/intake/similarity.ts';
import { SUGGESTION_THRESHOLD } from '../../src/matters/score.ts';
import {
  hotlinePairs,
  knownMatters,
  missingFiles,
  type Pair,
  samePersonPairs,
  topicPairs,
} from './same-matter-pairs.ts';
import { type SuggestionFigures, suggestionFigures } from './suggestion-figures.ts';

type Measure = (pair: Pair) => number;

const jaccard = (a: Uint32Array, b: Uint32Array): number => {
  const common = shared(a, b);
  return common === 0 ? 0 : common / (a.length + b.length - common);
};

const measures: Record<string, Measure> = {
  'jaccard of body': ({ a, b }) => jaccard(a.body, b.body),
  'jaccard of title+body': ({ a, b }) => jaccard(a.whole, b.whole),
  'containment of title+body': ({ a, b }) =>
    shared(a.whole, b.whole) / Math.max(1, Math.min(a.whole.length, b.whole.length)),
  'length-weighted (in use)': ({ a, b }) => similarityOf(a.whole, b.whole),
};

const THRESHOLDS = [0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.8];

interface Figures {
  attached: number;
  falseAttached: number;
  precision: number;
  recall: number;
}

function figuresAt(scored: readonly { value: number; same: boolean }[], threshold: number): Figures {
  const attached = scored.filter((pair) => pair.value >= threshold);
  const right = attached.filter((pair) => pair.same).length;
  const all = scored.filter((pair) => pair.same).length;
  return {
    attached: attached.length,
    falseAttached: attached.length - right,
    precision: attached.length === 0 ? 1 : right / attached.length,
    recall: all === 0 ? 1 : right / all,
  };
}

interface Table {
  set: string;
  pairs: number;
  same: number;
  judged: number;
  measures: Record<string, ({ threshold: number } & Figures)[]>;
}

function tabulate(set: string, pairs: readonly Pair[]): Table {
  const table: Table = {
    set,
    pairs: pairs.length,
    same: pairs.filter((pair) => pair.same).length,
    judged: pairs.filter((pair) => pair.judged).length,
    measures: {},
  };
  for (const [name, measure] of Object.entries(measures)) {
    const scored = pairs.map((pair) => ({ value: measure(pair), same: pair.same }));
    table.measures[name] = THRESHOLDS.map((threshold) => ({ threshold, ...figuresAt(scored, threshold) }));
  }
  return table;
}

function print(table: Table, write: (line: string) => void): void {
  write(`\n${table.set}: ${table.pairs} pairs, ${table.same} of them one matter, ${table.judged} labelled by reading`);
  write('measure                    threshold  attached  false  precision  recall');
  for (const [name, rows] of Object.entries(table.measures)) {
    for (const row of rows) {
      const cells = [
        row.threshold.toFixed(2),
        row.attached,
        row.falseAttached,
        row.precision.toFixed(3),
        row.recall.toFixed(3),
      ];
      const [threshold, attached, wrong, precision, recall] = cells.map(String) as [
        string,
        string,
        string,
        string,
        string,
      ];
      write(
        `${name.padEnd(26)} ${threshold.padStart(9)} ${attached.padStart(9)} ${wrong.padStart(6)} ${precision.padStart(10)} ${recall.padStart(7)}`,
      );
    }
  }
}

interface Evaluation {
  task: string;
  threshold: number;
  suggestionThreshold: number;
  tables: Table[];
  suggested: Figures;
  halves: { half: string; attach: ({ threshold: number } & Figures)[]; suggest: SuggestionFigures[] }[];
}

/**
 * Precision and recall of the same-matter measures over thresholds, on real messages of one person.
 * @returns the figures, or undefined when the data are absent (said on `write`).
 */
export function evaluateSameMatter(folder: string, write: (line: string) => void): Evaluation | undefined {
  const missing = missingFiles(folder);
  if (missing.length > 0) {
    write(`The trial data are not there: ${missing.join(', ')}. Say where they are with --data DIR.`);
    return undefined;
  }
  write('1/4 messages of one person (teddycup-2020c)');
  const person = tabulate('One person', samePersonPairs(folder));
  write("2/4 the hotline's own short notes (fuzhou-12345)");
  const hotline = tabulate('Short notes', hotlinePairs(folder));
  write('3/4 different people, one topic (hot-topics-by-teams)');
  const topics = topicPairs(folder).map((pair) => ({
    value: similarityOf(pair.a.whole, pair.b.whole),
    same: pair.same,
  }));
  const suggested = figuresAt(topics, SAME_MATTER_THRESHOLD);
  write('4/4 suggestions: all messages, known repeats (groups, judged pairs, hot topics)');
  const matters = knownMatters(folder);
  const pairs = samePersonPairs(folder).map(({ a, b, same, half }) => ({
    value: similarityOf(a.whole, b.whole),
    same,
    half,
  }));
  const halves = (['tuning', 'held-out'] as const).map((half) => ({
    half,
    attach: THRESHOLDS.map((threshold) => ({
      threshold,
      ...figuresAt(
        pairs.filter((pair) => pair.half === half),
        threshold,
      ),
    })),
    suggest: suggestionFigures(matters, half),
  }));
  print(person, write);
  print(hotline, write);
  write(
    `\nDifferent people on one topic: ${topics.length} pairs, ${suggested.attached} reach ${SAME_MATTER_THRESHOLD}; they are never attached by themselves.`,
  );
  for (const { half, attach, suggest } of halves) {
    write(`\n${half}: automatic attach (threshold, attached, false, precision, recall)`);
    for (const row of attach)
      write(
        `${row.threshold.toFixed(2)} ${row.attached} ${row.falseAttached} ${row.precision.toFixed(3)} ${row.recall.toFixed(3)}`,
      );
    write(`${half}: suggestions by text (threshold, suggested, known, precision at least, recall, messages)`);
    for (const row of suggest)
      write(
        `${row.threshold.toFixed(2)} ${row.suggested} ${row.known} ${row.precision.toFixed(3)} ${row.recall.toFixed(3)} ${row.messages.toFixed(3)}`,
      );
  }
  return {
    halves,
    suggestionThreshold: SUGGESTION_THRESHOLD,
    task: 'same-matter',
    threshold: SAME_MATTER_THRESHOLD,
    tables: [person, hotline],
    suggested,
  };
}
