/** How many rows are named by each remark. */
const NAMED = 10;

/** What is wrong with rows that are posted all the same. */
export interface Remarks {
  add: (row: number, remark: string) => void;
  toLines: () => string[];
  /** How many rows have each remark. */
  toJson: () => Record<string, number>;
}

export function createRemarks(): Remarks {
  const found = new Map<string, { count: number; rows: number[] }>();

  function add(row: number, remark: string): void {
    const known = found.get(remark) ?? { count: 0, rows: [] };
    known.count += 1;
    if (known.rows.length < NAMED) known.rows.push(row);
    found.set(remark, known);
  }

  function toLines(): string[] {
    if (found.size === 0) return [];
    const lines = [...found].map(([remark, { count, rows }]) => {
      const more = count > rows.length ? ', …' : '';
      return `${String(count).padStart(8)}  ${remark} (line ${rows.join(', ')}${more})`;
    });
    return ['', 'posted, but', ...lines];
  }

  return { add, toLines, toJson: () => Object.fromEntries([...found].map(([remark, { count }]) => [remark, count])) };
}
