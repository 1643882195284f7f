import type { PlannedRow } from './plan.ts';

export const outcomes = ['registered', 'attached', 'replayed', 'refused'] as const;
export type Outcome = (typeof outcomes)[number];
type Counts = Record<Outcome, number>;

const noCounts = (): Counts => ({ registered: 0, attached: 0, replayed: 0, refused: 0 });

/** How many refused rows are listed one by one. */
const LISTED = 20;

/** What became of the rows. */
export interface Tally {
  count: (planned: Pick<PlannedRow, 'channel' | 'source'> | undefined, outcome: Outcome) => void;
  refuse: (planned: PlannedRow | undefined, row: number, reason: string) => void;
  total: () => number;
  refused: () => number;
  /** One JSON object. */
  toJson: () => {
    places: Record<string, Counts>;
    total: Counts;
    reasons: Record<string, number>;
    listed: { row: number; reason: string }[];
  };
  toLines: () => string[];
}

export function createTally(): Tally {
  const places = new Map<string, Counts>();
  const total = noCounts();
  const reasons = new Map<string, number>();
  const listed: { row: number; reason: string }[] = [];

  function count(planned: Pick<PlannedRow, 'channel' | 'source'> | undefined, outcome: Outcome): void {
    const place = planned ? `${planned.channel}/${planned.source}` : 'not mapped';
    const counts = places.get(place) ?? noCounts();
    counts[outcome] += 1;
    places.set(place, counts);
    total[outcome] += 1;
  }

  function refuse(planned: PlannedRow | undefined, row: number, reason: string): void {
    count(planned, 'refused');
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    if (listed.length < LISTED) listed.push({ row, reason });
  }

  function toLines(): string[] {
    const table = [...places].sort(([a], [b]) => (a < b ? -1 : 1));
    const lines = [`${'channel/source'.padEnd(28)}${outcomes.map((name) => name.padStart(12)).join('')}`];
    for (const [place, counts] of [...table, ['total', total] as const]) {
      lines.push(`${place.padEnd(28)}${outcomes.map((name) => String(counts[name]).padStart(12)).join('')}`);
    }
    if (total.refused === 0) return lines;
    lines.push('', 'refused because');
    for (const [reason, times] of [...reasons].sort((a, b) => b[1] - a[1]))
      lines.push(`${String(times).padStart(8)}  ${reason}`);
    lines.push('', total.refused > LISTED ? `the first ${LISTED} refused rows` : 'refused rows');
    for (const { row, reason } of listed) lines.push(`  line ${row}: ${reason}`);
    return lines;
  }

  return {
    count,
    refuse,
    total: () => outcomes.reduce((sum, name) => sum + total[name], 0),
    refused: () => total.refused,
    toJson: () => ({ places: Object.fromEntries(places), total, reasons: Object.fromEntries(reasons), listed }),
    toLines,
  };
}
