import { type Book, type Deviation, type Entry, type Protocol, protocols } from './book.ts';
import type { Compared } from './compare.ts';
import type { Found } from './found.ts';

/** What the day came to, by protocol. */
export interface Row {
  sent: number;
  deliveries: number;
  acknowledged: number;
  /** All tries used up without an answer: the platform's own loss. */
  gaveUp: number;
  appeals: number;
  attached: number;
  lines: number;
  noAppeal: number;
  refused: number;
  twice: number;
  missing: number;
  receipts: number;
  p99Ms: number | null;
}

export function rowsOf(book: Book, { placed, twice, missing }: Compared, found: Found): Record<string, Row> {
  const receipts = new Set(found.receipts.filter(({ kind }) => kind === 'receipt').map(({ messageId }) => messageId));
  const rows: Record<string, Row> = {};
  for (const protocol of protocols) {
    const own = book.entries.filter((entry) => entry.protocol === protocol);
    if (own.length === 0) continue;
    const count = (is: (entry: Entry) => boolean): number => own.filter(is).length;
    const joins = (entry: Entry): boolean => placed.get(entry)?.disposition === 'attached';
    rows[protocol] = {
      sent: own.length,
      deliveries: own.reduce((sum, { deliveries }) => sum + deliveries, 0),
      acknowledged: count(({ acknowledged }) => acknowledged),
      gaveUp: count(({ gaveUp, acknowledged }) => gaveUp && !acknowledged),
      appeals: count((entry) => placed.get(entry)?.disposition === 'registered'),
      attached: count((entry) => joins(entry) && !entry.isLine),
      lines: count((entry) => joins(entry) && entry.isLine === true),
      noAppeal: count(({ fate }) => fate === 'nothing'),
      refused: count(({ refused }) => refused),
      twice: count((entry) => twice.has(entry)),
      missing: count((entry) => missing.has(entry)),
      receipts: count((entry) => receipts.has(placed.get(entry)?.id ?? '')),
      p99Ms: percentile(book.answerMs.get(protocol as Protocol) ?? [], 0.99),
    };
  }
  return rows;
}

function percentile(values: readonly number[], part: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.min(Math.floor(sorted.length * part), sorted.length - 1)];
  return value === undefined ? null : Math.round(value);
}

export function printDeviations(deviations: readonly Deviation[]): void {
  const MOST = 40;
  for (const { protocol, key, what, facts } of deviations.slice(0, MOST))
    console.log(`DEVIATES  ${protocol} ${key}: ${what}\n          ${JSON.stringify(facts).slice(0, 1_500)}`);
  if (deviations.length > MOST) console.log(`and ${deviations.length - MOST} more`);
}
