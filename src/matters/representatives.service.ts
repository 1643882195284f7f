import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import { type AppealRow, changeAppeals, lockAppeals } from '../appeals/appeals.service.ts';
import { appellantsById, appellantsOf, type MaskedAppellant, maskAppellant } from '../appeals/appellants.ts';
import { type Contact, contactOf } from '../appeals/contact.ts';
import { linkedTo, numbersOf, readAppeals } from '../appeals/lookup.service.ts';
import { isHiddenFromDepartments, protectionOf } from '../appeals/protection.ts';
import { announceChange } from '../departments/assignments.service.ts';
import type { KeyRing } from '../platform/access/key-ring.ts';
import type { Executor, Transaction } from '../platform/database/database.ts';
import { arrayOf, insertRows } from '../platform/database/rows.ts';
import { fieldProblem } from '../platform/problem.ts';
import { checkVersion, type Decision } from '../routing/triage.service.ts';
import { representatives } from './matters.table.ts';

/** 信访工作条例 art. 20: whoever raise a matter together in person choose representatives, five at most. */
export const MOST_REPRESENTATIVES = 5;

/**
 * Names who speaks for a group appeal (群体诉求), in place of those named before: appellants of the lead appeal or of one
 * that is linked to it. Whose identity is protected cannot speak for others: the department may ask for a representative.
 */
export async function represent(
  tx: Transaction,
  keyRing: KeyRing,
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
    const sender = await senderIn(tx, keyRing, appeal, row);
    const because = sender && protectionOf(sender.natures, sender.contact);
    if (because)
      throw fieldProblem(
        `/appellants/${at}`,
        `cannot speak for others. ${because.en}: who they are is protected`,
        `${because.zh}，不能担任代表`,
      );
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
  await announceChange(tx, [appeal], now);
}

/** By what a representative's identity may be protected: the lead appeal, their own, or their wish. */
async function senderIn(
  db: Executor,
  keyRing: KeyRing,
  lead: Pick<AppealRow, 'nature'>,
  { id, appealId }: { id: string; appealId: string },
): Promise<{ natures: (string | null)[]; contact: Contact } | undefined> {
  const [own] = await readAppeals(db, [appealId]);
  const contact = await contactOf(db, keyRing, appealId, { appellantId: id });
  return own && contact && { natures: [lead.nature, own.nature], contact };
}

export interface Representative {
  appealId: string;
  appealNumber: string;
  appellant: MaskedAppellant;
  namedAt: Date;
  namedBy: string;
}

/**
 * Who speaks for an appeal, masked, in the order in which they were named. For a department without those who are
 * protected by now, or may be: while nobody has judged what their appeal is.
 */
export async function representativesOf(
  db: Executor,
  keyRing: KeyRing,
  lead: AppealRow,
  isForDepartment: boolean,
): Promise<Representative[]> {
  const rows = await db
    .select()
    .from(representatives)
    .where(eq(representatives.appealId, lead.id))
    .orderBy(asc(representatives.position));
  const known = await appellantsById(
    db,
    rows.map(({ appellantId }) => appellantId),
  );
  const numbers = await numbersOf(
    db,
    [...known.values()].map(({ appealId }) => appealId),
  );
  const shown: Representative[] = [];
  for (const { appellantId, namedAt, namedBy } of rows) {
    const row = known.get(appellantId);
    if (!row) continue;
    const sender = isForDepartment ? await senderIn(db, keyRing, lead, row) : undefined;
    if (sender && isHiddenFromDepartments(sender.natures, sender.contact)) continue;
    const { appealId } = row;
    const appellant = maskAppellant(keyRing, row);
    shown.push({ appealId, appealNumber: numbers.get(appealId) ?? '', appellant, namedAt, namedBy });
  }
  return shown;
}

/** The appeal that a representative of this one wrote to themselves; undefined: they do not speak for this one. */
export async function appealOfRepresentative(
  db: Executor,
  leadId: string,
  appellantId: string,
): Promise<string | undefined> {
  const [named] = await db
    .select({ id: representatives.appellantId })
    .from(representatives)
    .where(and(eq(representatives.appealId, leadId), eq(representatives.appellantId, appellantId)));
  return named && (await appellantsById(db, [named.id])).get(named.id)?.appealId;
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
