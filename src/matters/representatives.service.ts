import { asc, eq, inArray, sql } from 'drizzle-orm';
import { changeAppeals, lockAppeals } from '../appeals/appeals.service.ts';
import { appellantsOf } from '../appeals/appellants.ts';
import { linkedTo } from '../appeals/lookup.service.ts';
import type { Executor, Transaction } from '../platform/database/database.ts';
import { arrayOf, insertRows } from '../platform/database/rows.ts';
import { fieldProblem } from '../platform/problem.ts';
import { checkVersion, type Decision } from '../routing/triage.service.ts';
import { representatives } from './matters.table.ts';

/** 信访工作条例 art. 20: whoever raise a matter together in person choose representatives, five at most. */
export const MOST_REPRESENTATIVES = 5;

/**
 * Names who speaks for a group appeal (群体诉求), in place of those named before: appellants of the lead appeal or of one
 * that is linked to it. Whoever wishes to stay anonymous cannot speak for others.
 */
export async function represent(
  tx: Transaction,
  decision: Decision & { appellants: readonly string[] },
  now: Date,
): Promise<void> {
  const locked = await lockAppeals(tx, [decision.appealId]);
  const appeal = checkVersion(locked.get(decision.appealId), decision.version);
  const members = [appeal.id, ...(await linkedTo(tx, [appeal.id])).map(({ id }) => id)];
  const known = new Map((await appellantsOf(tx, members, decision.appellants)).map((row) => [row.id, row]));
  for (const [at, id] of decision.appellants.entries()) {
    const row = known.get(id);
    if (!row)
      throw fieldProblem(
        `/appellants/${at}`,
        'is no appellant of this appeal or one linked to it',
        '不是本诉求的反映人',
      );
    if (row.anonymous)
      throw fieldProblem(`/appellants/${at}`, 'wishes to stay anonymous', '该反映人要求匿名，不能担任代表');
  }
  const { actor } = decision;
  const data = { appellants: decision.appellants };
  await changeAppeals(tx, [{ appeal, action: 'represent', role: 'dispatcher', actor, data }], now);
  await tx.delete(representatives).where(eq(representatives.appealId, appeal.id));
  await insertRows(
    tx,
    representatives,
    decision.appellants.map((appellantId, at) => ({
      appealId: appeal.id,
      position: at + 1,
      appellantId,
      namedAt: now,
      namedBy: actor,
    })),
  );
}

export async function representativesOf(db: Executor, appealId: string) {
  return db
    .select()
    .from(representatives)
    .where(eq(representatives.appealId, appealId))
    .orderBy(asc(representatives.position));
}

/** A case leaves the group: its appellants speak for the others no longer. Call after it was unlinked. */
export async function removeRepresentatives(tx: Transaction, appealId: string): Promise<void> {
  const members = [appealId, ...(await linkedTo(tx, [appealId])).map(({ id }) => id)];
  await tx
    .delete(representatives)
    .where(
      sql`${representatives.appealId} <> all(${arrayOf(members, 'uuid')}) and ${inArray(
        representatives.appellantId,
        sql`(select id from appellants where appeal_id = any(${arrayOf(members, 'uuid')}))`,
      )}`,
    );
}
