import { type Book, type Entry, type Protocol, protocols } from './book.ts';
import type { Compared } from './compare.ts';
import type { DayResult } from './day.ts';
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

/** Deviations that are printed; the JSON line has them all. */
const MOST_PRINTED = 40;

export function printDay(result: DayResult): void {
  const { ok, seed, protocols, deviations, kills, appeals, calls, sms, seconds, memoryMib, orphans, complaints } =
    result;
  console.table(protocols);
  for (const { protocol, key, what, facts } of deviations.slice(0, MOST_PRINTED))
    console.log(`DEVIATES  ${protocol} ${key}: ${what}\n          ${JSON.stringify(facts).slice(0, 1_500)}`);
  if (deviations.length > MOST_PRINTED) console.log(`and ${deviations.length - MOST_PRINTED} more`);
  for (const [text, times] of Object.entries(complaints)) console.log(`logged ${times} times  ${text}`);
  console.log(
    `${appeals} appeals, ${calls} calls, ${sms} SMS; ${orphans} contents nothing points to; memory ${JSON.stringify(memoryMib)} MiB; ${kills} kills; ${seconds} s`,
  );
  console.log(
    ok
      ? 'No message twice, none missing; every promise kept.'
      : `${deviations.length} deviations: the same day again with --seed ${seed}.`,
  );
}
