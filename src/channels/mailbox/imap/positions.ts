import { createHash } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import type { Executor } from '../../../platform/database/database.ts';
import type { MailboxSettings } from '../mailbox.channel.ts';
import { mailboxPositions } from '../mails.table.ts';

export type Position = typeof mailboxPositions.$inferSelect;

/** Which mailbox a source reads: another server, account or folder has UIDs of its own. */
export const placeOf = ({ host, port, user, mailbox }: MailboxSettings): Buffer =>
  createHash('sha256')
    .update(JSON.stringify([host, port, user, mailbox]))
    .digest();

/** Of a mailbox that was set up and could not be opened yet. */
export const NOWHERE = Buffer.alloc(0);

/**
 * Notes that a source is to be read from now on, before its mailbox could be opened: however long the settings stay wrong,
 * what the mailbox receives meanwhile is not what lay there before.
 * @param since machine time. @returns whether it is the first time.
 */
export async function noteBeginning(db: Executor, source: string, since: Date): Promise<boolean> {
  const row = { source, place: NOWHERE, uidValidity: 0n, lastUid: 0, takenFrom: since, oldBelow: 0 };
  const { rowCount } = await db.insert(mailboxPositions).values(row).onConflictDoNothing();
  return rowCount === 1;
}

/** Where the source stands, in this mailbox or in another one that it read before. */
export async function positionOf(db: Executor, source: string): Promise<Position | undefined> {
  const [row] = await db.select().from(mailboxPositions).where(eq(mailboxPositions.source, source));
  return row;
}

/** Another mailbox, or another UIDVALIDITY: reading begins where the row says. */
export async function beginAt(db: Executor, row: Position): Promise<void> {
  const { source, ...rest } = row;
  await db.insert(mailboxPositions).values(row).onConflictDoUpdate({ target: mailboxPositions.source, set: rest });
}

/** Everything up to this UID is recorded. Never back, and never in a mailbox that is another one by now. */
export async function advanceTo(db: Executor, { source, place, uidValidity }: Position, uid: number): Promise<void> {
  await db
    .update(mailboxPositions)
    .set({ lastUid: uid })
    .where(
      sql`${mailboxPositions.source} = ${source} and ${mailboxPositions.place} = ${place}
        and ${mailboxPositions.uidValidity} = ${uidValidity} and ${mailboxPositions.lastUid} < ${uid}`,
    );
}
