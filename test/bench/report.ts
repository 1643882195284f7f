import { cpus, totalmem } from 'node:os';

/** One line of a benchmark's table. */
export interface Row {
  name: string;
  value: number;
  /** Undefined: reported without a target. */
  target?: string;
  reached?: boolean;
}

export interface Report {
  rows: Row[];
  rounds: Record<string, number>[];
  machine: Record<string, string | number>;
  notes: string[];
}

export function machine(): Report['machine'] {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  };
}

export const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** The middle of the values, or the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] ?? Number.NaN) + (sorted[Math.floor(half)] ?? Number.NaN)) / 2;
}

/** Three figures are what such a measurement can carry. */
export const rounded = (value: number): number => (Number.isFinite(value) ? Number(value.toPrecision(3)) : value);

export function printReport({ rows, rounds, machine, notes }: Report): void {
  say('');
  for (const [at, round] of rounds.entries()) say(`round ${at + 1}: ${pairs(round)}`);
  say(`machine: ${pairs(machine)}`);
  say('');
  const width = Math.max(...rows.map((row) => row.name.length));
  for (const { name, value, target, reached } of rows) {
    const verdict = target === undefined ? '' : `   target ${target}: ${reached ? 'reached' : 'NOT reached'}`;
    say(`${name.padEnd(width)}  ${String(value).padStart(8)}${verdict}`);
  }
  for (const note of notes) say(note);
}

const pairs = (values: Record<string, string | number>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
