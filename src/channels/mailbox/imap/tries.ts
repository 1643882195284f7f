import { sql } from 'drizzle-orm';
import type { Executor } from '../../../platform/database/database.ts';
import type { Position } from './positions.ts';

/** Attempts to take one mail, after which it is not to hold up others. */
export const MOST_TRIES = 3;

/** Attempts in a row that ended in an error, and that nobody saw the end of. */
export interface Tries {
  failures: number;
  crashes: number;
}

/** By UID; of a mail that is not among them none was counted. */
export async function triesOf(db: Executor, { source, uidValidity }: Position): Promise<Map<number, Tries>> {
  const { rows } = await db.execute<{ uid: string; tries: number; failures: number }>(sql`
    select uid, tries, failures from mailbox_tries where source = ${source} and uid_validity = ${uidValidity}`);
  return new Map(rows.map(({ uid, tries, failures }) => [Number(uid), { failures, crashes: tries - failures }]));
}

/** Notes that a mail is about to be taken: before it is fetched, so that it outlives a process that this ends. */
export async function countTry(db: Executor, { source, uidValidity }: Position, uid: number): Promise<void> {
  await db.execute(sql`insert into mailbox_tries values (${source}, ${uidValidity}, ${uid}, 1, 0)
    on conflict (source, uid_validity, uid) do update set tries = mailbox_tries.tries + 1`);
}

/** That the attempt ended in an error; one that cannot be noted counts as not ended. */
export async function countFailure(db: Executor, { source, uidValidity }: Position, uid: number): Promise<void> {
  await db
    .execute(
      sql`update mailbox_tries set failures = failures + 1
        where source = ${source} and uid_validity = ${uidValidity} and uid = ${uid}`,
    )
    .catch(() => undefined);
}

/** Mails up to this one are taken or set aside, and their attempts are of no more use; nor are those of other UIDs. */
export async function forgetTries(db: Executor, { source, uidValidity }: Position, uid: number): Promise<void> {
  await db.execute(
    sql`delete from mailbox_tries where source = ${source} and (uid_validity <> ${uidValidity} or uid <= ${uid})`,
  );
}
