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

export async function positionOf(db: Executor, source: string, place: Buffer): Promise<Position | undefined> {
  const [row] = await db.select().from(mailboxPositions).where(eq(mailboxPositions.source, source));
  return row?.place.equals(place) ? row : undefined;
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
