import { statfsSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { machine, median, type Report, type Row, rounded, say } from '../report.ts';
import { clausesOf, madeClauses } from './appeals.ts';
import { measureRound, type Samples } from './measure.ts';
import { type FilledCity, type Stage, setStage } from './stage.ts';

export interface MattersOptions {
  quick: boolean;
  /** Appeals of the large city. */
  rows?: number;
  /** JSON lines with `text` (or `body`) and `title`: the messages that texts are put together from. */
  texts?: string;
}

const SMALL = 10_000;
const LARGE = 1_000_000;
/** Disk that an appeal takes at most while its city is filled, with the write-ahead log. */
const BYTES_PER_ROW = 6_000;
const gib = (bytes: number): number => Math.ceil(bytes / 2 ** 30);
/** What a look-up may take in the large city, by its p99: so many times as in the small one, and so many milliseconds. */
const MOST_TIMES = 1.5;
const MOST_MORE_MS = 5;
/** The whole country's 12345 over a year, and at the six-fold surge of 2020 (design, targets). */
const NATION = 51;
const SURGE = 304;

/** Look-ups of the same matter in a small and in a large city, in turns on one server. */
export async function benchMatters({ quick, rows, texts }: MattersOptions): Promise<Report> {
  const busy = loadavg()[0] ?? 0;
  const large = rows ?? (quick ? LARGE / 10 : LARGE);
  const free = statfsSync(tmpdir());
  if (free.bavail * free.bsize < large * BYTES_PER_ROW)
    throw new Error(`${tmpdir()} has too little room: ${large} appeals need ${gib(large * BYTES_PER_ROW)} GiB.`);
  const clauses = texts === undefined ? madeClauses() : clausesOf(texts);
  say(`filling two cities, of ${SMALL} and ${large} appeals in ${tmpdir()}, up to ${gib(large * BYTES_PER_ROW)} GiB …`);
  const { ready, stop } = setStage([SMALL, large], clauses);
  let interrupted = false;
  const interrupt = (): void => {
    interrupted = true;
    void stop()
      .catch((error: unknown) => console.error(error))
      .finally(() => process.exit(130));
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    const stage = await ready;
    const report = await measure(stage, quick ? { rounds: 2, appeals: 200 } : { rounds: 5, appeals: 400 });
    report.machine.loadBefore = rounded(busy);
    if (busy > cpus().length / 4)
      report.notes.push(
        `Other programs kept the machine busy (load ${rounded(busy)} on ${cpus().length} cores before).`,
      );
    return report;
  } catch (error) {
    // Pulled from under the measurement on purpose: the interruption ends the process, not this error.
    if (interrupted) await new Promise<never>(() => undefined);
    throw error;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    await stop();
  }
}

async function measure(stage: Stage, plan: { rounds: number; appeals: number }): Promise<Report> {
  const [small, large] = stage.cities as [FilledCity, FilledCity];
  const sizes = await sizesOf(large);
  const seen = new Map<FilledCity, Samples[]>(stage.cities.map((city) => [city, []]));
  const rounds: Record<string, number>[] = [];
  // The first round fills caches and is not counted.
  for (let at = 0; at <= plan.rounds; at++) {
    const round: Record<string, number> = {};
    const measured = await measureRound(stage.cities, plan.appeals);
    for (const [which, samples] of measured.entries()) {
      const city = stage.cities[which] as FilledCity;
      if (at > 0) seen.get(city)?.push(samples);
      round[`p50 ${city.rows}`] = rounded(quantile(samples.lookUp, 0.5));
      round[`p99 ${city.rows}`] = rounded(quantile(samples.lookUp, 0.99));
      round[`matches/s ${city.rows}`] = rounded(samples.four);
    }
    say(`${at === 0 ? 'warming up' : `round ${at} of ${plan.rounds}`}: ${JSON.stringify(round)}`);
    if (at > 0) rounds.push(round);
  }

  /** The median of the rounds' quantiles. */
  const of = (city: FilledCity, name: 'lookUp' | 'add' | 'person' | 'dailyCaller', part: number): number =>
    median((seen.get(city) ?? []).map((samples) => quantile(samples[name], part)));
  const perSecond = (city: FilledCity, name: 'one' | 'four'): number =>
    median((seen.get(city) ?? []).map((samples) => samples[name]));
  const both = (title: string, value: (city: FilledCity) => number): Row[] =>
    stage.cities.map((city) => plain(`${title}, ${city.rows} appeals`, value(city)));
  const [p99, smallP99] = [of(large, 'lookUp', 0.99), of(small, 'lookUp', 0.99)];
  const matched = perSecond(large, 'four');
  return {
    rows: [
      {
        name: 'look-up p99 ms, large city',
        value: rounded(p99),
        target: `≤ ${MOST_TIMES} × small + ${MOST_MORE_MS}`,
        reached: p99 <= MOST_TIMES * smallP99 + MOST_MORE_MS,
      },
      plain('look-up p99, large ÷ small city', p99 / smallP99),
      atLeast('matches /s, 4 at once, large city: the whole country', matched, NATION),
      atLeast('matches /s, 4 at once, large city: six-fold surge', matched, SURGE),
      ...both('look-up p50 ms', (city) => of(city, 'lookUp', 0.5)),
      ...both('look-up p99 ms', (city) => of(city, 'lookUp', 0.99)),
      ...both('matches /s, one worker', (city) => perSecond(city, 'one')),
      ...both('matches /s, 4 at once', (city) => perSecond(city, 'four')),
      ...both('adding a sketch p50 ms', (city) => of(city, 'add', 0.5)),
      ...both('adding a sketch p99 ms', (city) => of(city, 'add', 0.99)),
      ...both('intake: appeals of a person p99 ms', (city) => of(city, 'person', 0.99)),
      ...both('intake: appeals of a daily caller p99 ms', (city) => of(city, 'dailyCaller', 0.99)),
      ...sizes,
    ],
    rounds,
    machine: { ...machine(), postgresql: stage.serverVersion },
    notes: [],
  };
}

async function sizesOf({ admin, rows }: FilledCity): Promise<Row[]> {
  const { rows: sizes } = await admin.query<{ name: string; mib: number }>(`
    select relname as name, pg_relation_size(oid)::float8 / 1048576 as mib from pg_class
    where relname in ('matter_sketches', 'matter_sketches_keys', 'bigram_frequencies') order by 1`);
  return sizes.map(({ name, mib }) => plain(`${name} MiB, ${rows} appeals`, mib));
}

const plain = (name: string, value: number): Row => ({ name, value: rounded(value) });
const atLeast = (name: string, value: number, least: number): Row => ({
  name,
  value: rounded(value),
  target: `≥ ${least}`,
  reached: value >= least,
});

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
