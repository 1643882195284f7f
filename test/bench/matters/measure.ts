import { appealsOf } from '../../../src/appeals/known-appeals.ts';
import { natureClass } from '../../../src/appeals/nature.ts';
import { dropSketches, findCandidates, keepSketches, type Sketch } from '../../../src/matters/candidates.ts';
import { readFrequencies } from '../../../src/matters/frequencies.ts';
import { createMatchHandler } from '../../../src/matters/match.worker.ts';
import { placeKey } from '../../../src/matters/place-key.ts';
import { keysOf, textOf } from '../../../src/matters/sketch.ts';
import { createAgenda } from '../../../src/platform/agenda/agenda.ts';
import type { Transaction } from '../../../src/platform/database/database.ts';
import { withTransaction } from '../../../src/platform/database/transaction.ts';
import { DAILY_CALLER } from './appeals.ts';
import { addAppeals, personIndex, removeAppeals } from './fill.ts';
import type { FilledCity } from './stage.ts';

/** Milliseconds of one city's share of a round. */
export interface Samples {
  lookUp: number[];
  /** Of one sketch, added in batches as the worker adds them. */
  add: number[];
  /** The intake's own look-up for automatic attach: of anybody, and of the person who rings every day. */
  person: number[];
  dailyCaller: number[];
  /** Matches a second, of one worker and of as many as may drain one kind at once. */
  one: number;
  four: number;
}

const WORKERS = 4;
const BATCH = 50;
const DAY_MS = 86_400_000;
let numbered = 0;

/** A city's new appeals, which are removed after the round. */
interface Arrivals extends Samples {
  city: FilledCity;
  ids: string[];
  sketches: Sketch[];
  persons: number[];
  textsPerRow: number;
}

/** One round: new appeals are matched in every way that is measured, the cities in turns look-up by look-up. */
export async function measureRound(cities: readonly FilledCity[], appeals: number): Promise<Samples[]> {
  const all: Arrivals[] = [];
  try {
    for (const city of cities) all.push(await arrive(city, appeals));
    numbered += appeals;
    for (let at = 0; at < appeals; at += BATCH)
      for (const { city, sketches, add } of all) {
        const batch = sketches.slice(at, at + BATCH);
        add.push((await timed(() => inOne(city, (tx) => keepSketches(tx, batch, new Date())))) / batch.length);
      }
    for (let at = 0; at < appeals; at++) for (const arrivals of all) await lookUpOne(arrivals, at);
    for (const arrivals of all) {
      const { city, ids } = arrivals;
      await inOne(city, (tx) => dropSketches(tx, ids));
      arrivals.one = await matches(city, 1);
      arrivals.four = await matches(city, WORKERS);
    }
    return all;
  } finally {
    for (const { city, ids } of all) await removeAppeals(city.admin, ids);
  }
}

async function arrive(city: FilledCity, appeals: number): Promise<Arrivals> {
  const { db, admin, make, rows } = city;
  const from = rows + numbered;
  const ids = await addAppeals(admin, make, from, appeals);
  const frequencies = await readFrequencies(db);
  const sketches = ids.map((appealId, at): Sketch => {
    const { title, body, address, region, nature } = make(from + at);
    const keys = keysOf(frequencies, textOf({ title, body }));
    return { appealId, natureClass: natureClass(nature), ...placeKey(address), region, keys };
  });
  const persons = ids.map((_, at) => make(from + at).person);
  const samples = { lookUp: [], add: [], person: [], dailyCaller: [], one: 0, four: 0 };
  return { ...samples, city, ids, sketches, persons, textsPerRow: frequencies.texts / rows };
}

async function lookUpOne(arrivals: Arrivals, at: number): Promise<void> {
  const { city, sketches, persons, textsPerRow, lookUp, person, dailyCaller } = arrivals;
  const since = new Date(Date.now() - 30 * DAY_MS);
  const attach = (of: number) => timed(() => inOne(city, (tx) => appealsOf(tx, [personIndex(of)], since)));
  lookUp.push(await timed(() => inOne(city, (tx) => findCandidates(tx, sketches.slice(at, at + 1), textsPerRow))));
  person.push(await attach(persons[at] ?? DAILY_CALLER));
  if (at % 10 === 0) dailyCaller.push(await attach(DAILY_CALLER));
}

/** Matches a second by the service's own handler, work claimed as its workers claim it. */
async function matches({ db, admin }: FilledCity, workers: number): Promise<number> {
  await admin.query(`update agenda set state = 'open', lease_token = null where kind = 'match'`);
  const agenda = createAgenda(db);
  const handler = createMatchHandler(db);
  let done = 0;
  async function work(): Promise<void> {
    for (;;) {
      const now = new Date();
      const lease = await agenda.claim(handler.kind, now, handler.batchSize);
      if (lease.items.length === 0) return;
      await handler.handle(lease, now, new AbortController().signal);
      done += lease.items.length;
    }
  }
  const ms = await timed(() => Promise.all(Array.from({ length: workers }, work)));
  return (done * 1_000) / ms;
}

const inOne = <T>({ db }: FilledCity, work: (tx: Transaction) => Promise<T>): Promise<T> => withTransaction(db, work);

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
