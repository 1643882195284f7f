import { and, asc, eq, or } from 'drizzle-orm';
import type { KeyRing } from '../platform/access/key-ring.ts';
import type { Executor } from '../platform/database/database.ts';
import { appeals, appellants, messages } from './appeals.table.ts';
import { openPerson } from './appellants.ts';

/** Whose contact: the sender of a message, an appellant; neither: who raised the appeal. */
export interface WhoseContact {
  messageId?: string | undefined;
  appellantId?: string | undefined;
}

export interface Contact {
  messageId: string;
  appellantId: string;
  name: string | null;
  /** E.164, or as given where that could not be understood. */
  phone: string | null;
  /** Address they wrote from, where the channel is mail; or that they gave, where it is Open311. */
  email: string | null;
  /** Place of the matter, as the sender told it. */
  address: string | null;
  /**
   * Told it as a report (举报) in any message to this appeal, which stays, whatever the desk judges it to be later; or meant
   * it for a linked appeal that is one.
   */
  reported: boolean;
  /** Asked for by them in any message to this appeal. */
  anonymous: boolean;
  confidential: boolean;
}

/** The contact data of somebody who wrote to an appeal, in clear. Undefined: they did not write to this one. */
export async function contactOf(
  tx: Executor,
  keyRing: KeyRing,
  appealId: string,
  { messageId, appellantId }: WhoseContact,
): Promise<Contact | undefined> {
  const [found] = await tx
    .select({ message: messages, appellant: appellants })
    .from(messages)
    .innerJoin(appellants, eq(appellants.id, messages.appellantId))
    .where(
      and(
        eq(messages.appealId, appealId),
        messageId === undefined ? undefined : eq(messages.id, messageId),
        appellantId === undefined ? undefined : eq(appellants.id, appellantId),
      ),
    )
    .orderBy(asc(messages.id))
    .limit(1);
  if (!found) return undefined;
  const { message, appellant } = found;
  const person = openPerson(keyRing, appellant.id, appellant.sealed);
  const told = keyRing.open<{ address?: string; form?: { open311?: { email?: string } } }>(
    `message:${message.id}`,
    message.sealed,
  );
  return {
    messageId: message.id,
    appellantId: appellant.id,
    name: person.name ?? null,
    phone: person.phone ?? null,
    email: person.account?.includes('@') ? person.account : (told.form?.open311?.email ?? null),
    address: told.address ?? null,
    ...(await standingOf(tx, keyRing, appellant)),
  };
}

/**
 * What protects this person in this appeal, whichever message says so: a later one that does not say it takes nothing back.
 * Who gave the same number or account is the same.
 */
async function standingOf(
  tx: Executor,
  keyRing: KeyRing,
  { appealId, id, phoneIndex, accountIndex }: typeof appellants.$inferSelect,
): Promise<Pick<Contact, 'reported' | 'anonymous' | 'confidential'>> {
  const same = or(
    eq(appellants.id, id),
    phoneIndex ? eq(appellants.phoneIndex, phoneIndex) : undefined,
    accountIndex ? eq(appellants.accountIndex, accountIndex) : undefined,
  );
  const { anonymous, confidential } = appellants;
  const rows = await tx
    .select({ id: messages.id, sealed: messages.sealed, anonymous, confidential, meantFor: appeals.nature })
    .from(messages)
    .innerJoin(appellants, eq(appellants.id, messages.appellantId))
    .leftJoin(appeals, eq(appeals.id, appellants.through))
    .where(and(eq(messages.appealId, appealId), same));
  const isReport = (row: { id: string; sealed: Buffer }): boolean =>
    keyRing.open<{ nature?: string }>(`message:${row.id}`, row.sealed).nature === 'report';
  return {
    reported: rows.some((row) => row.meantFor === 'report' || isReport(row)),
    anonymous: rows.some((row) => row.anonymous),
    confidential: rows.some((row) => row.confidential),
  };
}
