import { pad, wrap } from '../platform/text-layout.ts';

export interface Column {
  zh: string;
  en: string;
  /** Columns of the terminal; left out: shares what is left over with the others that leave it out. */
  width?: number;
}

/** How the parts of a table look; plain text when each is the identity. */
export interface Style {
  strong(text: string): string;
  faint(text: string): string;
}

const GAP = '  ';

/** A table `total` columns wide: Chinese headings, English ones below, and cells that go on over as many lines as needed. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  total: number,
  style: Style,
): string {
  const widths = widthsOf(columns, total);
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => pad(cell, widths[at] ?? 0))
      .join(GAP)
      .trimEnd();
  const heads = [
    style.strong(line(columns.map(({ zh }) => zh))),
    style.faint(line(columns.map(({ en }) => en))),
    style.faint('─'.repeat(total)),
  ];
  const body = rows.flatMap((row) => {
    const wrapped = row.map((cell, at) => wrap(cell, widths[at] ?? 0));
    const height = Math.max(...wrapped.map((lines) => lines.length));
    return Array.from({ length: height }, (_, at) => line(wrapped.map((lines) => lines[at] ?? '')));
  });
  return [...heads, ...body].join('\n');
}

function widthsOf(columns: readonly Column[], total: number): number[] {
  const fixed = columns.reduce((sum, { width }) => sum + (width ?? 0), GAP.length * (columns.length - 1));
  const open = columns.filter(({ width }) => width === undefined).length;
  const share = Math.floor((total - fixed) / Math.max(1, open));
  return columns.map(({ width }) => width ?? share);
}
