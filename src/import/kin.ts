import { createHash } from 'node:crypto';
import { parsePhone } from '../appeals/phone-number.ts';
import type { MappedRow } from './map-row.ts';

/**
 * Which rows of a file may have to do with each other: of the same number or account, or under the same id at the source.
 * Any chain of such rows is one kin. Keeps a few bytes a row, and no content.
 */
export function createKin() {
  const rowOf = new Map<string, number>();
  const parents: number[] = [];

  function rootOf(row: number): number {
    let root = row;
    while (parents[root] !== root) root = parents[root]!;
    parents[row] = root;
    return root;
  }

  /** The next row; rows are numbered from 0 in the order they are added. */
  function add(channel: string, body: MappedRow['body']): void {
    const row = parents.push(parents.length) - 1;
    for (const key of keysOf(channel, body)) {
      const other = rowOf.get(key);
      if (other === undefined) rowOf.set(key, row);
      else join(other, row);
    }
  }

  /** The earlier row stays the root. */
  function join(a: number, b: number): void {
    const [first, second] = [rootOf(a), rootOf(b)].sort((x, y) => x - y) as [number, number];
    parents[second] = first;
  }

  /** Rows of each kin in their order, kins by their first row. */
  function groups(): number[][] {
    const byRoot = new Map<number, number[]>();
    for (const row of parents.keys()) {
      const root = rootOf(row);
      const group = byRoot.get(root);
      if (group) group.push(row);
      else byRoot.set(root, [row]);
    }
    return [...byRoot.values()];
  }

  return { add, groups };
}

const accountFields = ['openId', 'uid', 'from', 'account'];

function keysOf(channel: string, { source, externalId, sender, ...rest }: MappedRow['body']): string[] {
  const { phone } = (sender ?? {}) as { phone?: string };
  const blocks = Object.values(rest).filter((value) => typeof value === 'object' && value !== null);
  const accounts = blocks.flatMap((block) =>
    accountFields.flatMap((field) => (block as Record<string, string | undefined>)[field] ?? []),
  );
  return [
    ['id', source, externalId],
    ...(phone === undefined ? [] : [['phone', parsePhone(phone)?.number ?? phone]]),
    ...accounts.map((account) => ['account', channel, account]),
  ].map((parts) => createHash('sha256').update(parts.join('\0')).digest('base64url').slice(0, 16));
}
