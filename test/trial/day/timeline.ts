/** Business milliseconds between two moments at which anything happens: what lies between happens at once. */
export const STEP_MS = 20_000;

type Happening = () => Promise<unknown>;

/** What is still to happen, by business time. What happens may put more on it, later than now. */
export interface Timeline {
  /** The moment something next happens; undefined: never. */
  next(): number | undefined;
  /** Everything of that moment, taken off. */
  take(moment: number): Happening[];
  /** Plans something, at the next step at or after this time, and never before what happens now. */
  at(time: number, happening: Happening): void;
  /** How far the day has come. */
  readonly now: number;
}

export function createTimeline(begin: number): Timeline {
  const moments = new Map<number, Happening[]>();
  let now = begin;
  return {
    get now() {
      return now;
    },
    next() {
      let first: number | undefined;
      for (const moment of moments.keys()) if (first === undefined || moment < first) first = moment;
      return first;
    },
    take(moment) {
      now = moment;
      const happening = moments.get(moment) ?? [];
      moments.delete(moment);
      return happening;
    },
    at(time, happening) {
      const moment = Math.max(begin + Math.ceil((time - begin) / STEP_MS) * STEP_MS, now + STEP_MS);
      moments.set(moment, [...(moments.get(moment) ?? []), happening]);
    },
  };
}
