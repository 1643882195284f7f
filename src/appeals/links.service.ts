import { sql } from 'drizzle-orm';
import type { Executor, Transaction } from '../platform/database/database.ts';
import { arrayOf } from '../platform/database/rows.ts';
import { type AppealRow, lockAppeals } from './appeals.service.ts';

/**
 * The way of each of these appeals through its links (并单): itself first, the one it is worked on under last. What is not
 * linked is its own way. A circle cannot be linked, since only what is open takes a link; one would end where it began.
 */
export async function followLinks(db: Executor, ids: readonly string[]): Promise<Map<string, string[]>> {
  if (ids.length === 0) return new Map();
  const { rows } = await db.execute<{ first: string; way: string[] }>(sql`
    with recursive ways (first, next, way) as (
      select id, linked_to, array[id] from appeals where id = any(${arrayOf([...new Set(ids)], 'uuid')})
      union all
      select w.first, a.linked_to, w.way || a.id from ways w join appeals a on a.id = w.next where a.id <> all (w.way))
    select distinct on (first) first, way from ways order by first, cardinality(way) desc`);
  return new Map(rows.map(({ first, way }) => [first, way]));
}

/** Locked appeals with all that they are linked to. */
export interface LockedWays {
  locked: ReadonlyMap<string, AppealRow>;
  /** The appeal that one is worked on under: the one at the end of its links, or itself. */
  endOf(id: string): AppealRow | undefined;
}

/**
 * Locks appeals and all that they are linked to, as `lockAppeals` does. What was linked on while the locks were waited for
 * is locked as well, so that no way leads out of what is locked. (In that rare case not in order: should two then wait for
 * each other, one of them is done again.)
 */
export async function lockWays(tx: Transaction, ids: readonly string[]): Promise<LockedWays> {
  let locked = await lockAppeals(tx, [...(await followLinks(tx, ids)).values()].flat());

  function endOf(id: string): AppealRow | undefined {
    const way = new Set<AppealRow>();
    let end = locked.get(id);
    for (let row = end; row && !way.has(row); row = locked.get(row.linkedTo ?? '')) {
      way.add(row);
      end = row;
    }
    return end;
  }

  for (;;) {
    const beyond = ids.flatMap((id) => endOf(id)?.linkedTo ?? []).filter((id) => !locked.has(id));
    if (beyond.length === 0) return { locked, endOf };
    locked = await lockAppeals(tx, [...locked.keys(), ...beyond]);
  }
}
