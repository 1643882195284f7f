import type { FileHandle } from 'node:fs/promises';
import type { ChannelName } from '../channels/channel.ts';
import type { ImportMap } from './map.ts';
import { type MappedRow, mapRow, type RowRefusal } from './map-row.ts';
import { createRemarks, type Remarks } from './remarks.ts';
import { wallClockOf } from './times.ts';

/** One row to post: where it stands in the file, and when it is received (undefined: the service says now). */
export interface PlannedRow {
  /** Line in the file, from 1. */
  row: number;
  offset: number;
  length: number;
  channel: ChannelName;
  source: string;
  at: number | undefined;
}

export interface Plan {
  rows: PlannedRow[];
  refused: { row: number; reason: string; line: string }[];
  remarks: Remarks;
  /** Rows of which only the day is known, by its beginning. */
  days: ReadonlyMap<number, PlannedRow[]>;
}

interface Reading {
  map: ImportMap;
  inventPhones: boolean;
}

/** Citizens are awake from 08:00 to 22:00: where only the day is known, its rows are spread over these hours. */
const WAKING = { from: 8 * 3_600_000, hours: 14 * 3_600_000 };

/** Reads the file once and keeps only where each row stands. */
export async function planFile(file: FileHandle, reading: Reading, limit: number): Promise<Plan> {
  const days = new Map<number, PlannedRow[]>();
  const plan: Plan = { rows: [], refused: [], remarks: createRemarks(), days };
  for await (const { line, row, offset, length } of readLines(file)) {
    if (row > limit) break;
    const mapped = readRow(reading, line);
    if ('refused' in mapped) {
      plan.refused.push({ row, reason: mapped.refused, line });
      continue;
    }
    const planned = { row, offset, length, channel: mapped.channel, source: mapped.body.source, at: mapped.time?.at };
    plan.rows.push(planned);
    for (const remark of mapped.remarks) plan.remarks.add(row, remark);
    if (mapped.time?.dateOnly) days.set(mapped.time.at, [...(days.get(mapped.time.at) ?? []), planned]);
  }
  return plan;
}

/**
 * Gives rows of a day their times and brings all into the order of posting: by the time received, then as in the file.
 * @param now of a day that is not over only what is past is used.
 */
export function orderRows({ rows, days }: Plan, timeZone: string, now: number): void {
  for (const [day, itsRows] of days) spreadOverDay(day, itsRows, timeZone, now);
  rows.sort((a, b) => (a.at ?? 0) - (b.at ?? 0) || a.row - b.row);
}

/** @returns the message of one line of the file, or why it is none. */
export function readRow(reading: Reading, line: string): MappedRow | RowRefusal {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return { refused: 'the line is not JSON' };
    throw error;
  }
  return mapRow(reading.map, value, { inventPhones: reading.inventPhones });
}

function spreadOverDay(day: number, rows: readonly PlannedRow[], timeZone: string, now: number): void {
  // A day whose offset changes in the night begins an hour off; its waking hours still do not.
  const shift = wallClockOf(day, timeZone) - wallClockOf(day + WAKING.from, timeZone) + WAKING.from;
  const morning = day + WAKING.from + shift;
  const evening = morning + WAKING.hours;
  // A day that has not come is left to be refused.
  const until = now > day && now < evening ? now : evening;
  const from = until > morning ? morning : day;
  for (const [i, planned] of rows.entries()) planned.at = from + Math.floor(((i + 0.5) / rows.length) * (until - from));
}

/**
 * Squeezes (or stretches) the rows into a span that begins at `start`, keeping order and relative position. Whole
 * seconds. Rows without a time stand at even distances.
 */
export function playOver(rows: readonly PlannedRow[], start: number, span: number): void {
  const first = rows[0]?.at ?? 0;
  const length = (rows.at(-1)?.at ?? 0) - first;
  for (const [i, planned] of rows.entries()) {
    const position = planned.at === undefined || length === 0 ? (i + 0.5) / rows.length : (planned.at - first) / length;
    planned.at = start + Math.floor((position * span) / 1_000) * 1_000;
  }
}

/** Lines of a file with their places in it, in bytes; empty lines are counted and skipped. */
async function* readLines(
  file: FileHandle,
): AsyncGenerator<{ line: string; row: number; offset: number; length: number }> {
  let held: Buffer = Buffer.alloc(0);
  let offset = 0;
  let row = 0;
  const toLine = (bytes: Buffer) => {
    row += 1;
    const found = { line: bytes.toString('utf8').replace(/^\uFEFF/, ''), row, offset, length: bytes.length };
    offset += bytes.length + 1;
    return found;
  };
  for await (const chunk of file.createReadStream({ start: 0, autoClose: false, highWaterMark: 1 << 18 })) {
    let rest = Buffer.concat([held, chunk as Buffer]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const found = toLine(rest.subarray(0, end));
      rest = rest.subarray(end + 1);
      if (found.line.trim() !== '') yield found;
    }
    held = rest;
  }
  const last = toLine(held);
  if (last.line.trim() !== '') yield last;
}
