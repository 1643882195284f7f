import { and, asc, eq, or, sql } from 'drizzle-orm';
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
  /** Address they wrote from, where the channel is mail. */
  email: string | null;
  /** Place of the matter, as the sender told it. */
  address: string | null;
  /**
   * Told it as a report (举报), which stays, whatever the desk judges it to be later; or meant it for a linked appeal that
   * is one.
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
    .select({ message: messages, appellant: appellants, meantFor: appeals.nature })
    .from(messages)
    .innerJoin(appellants, eq(appellants.id, messages.appellantId))
    .leftJoin(appeals, eq(appeals.id, appellants.through))
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
  const { message, appellant, meantFor } = found;
  const person = openPerson(keyRing, appellant.id, appellant.sealed);
  const told = keyRing.open<{ address?: string; nature?: string }>(`message:${message.id}`, message.sealed);
  return {
    messageId: message.id,
    appellantId: appellant.id,
    name: person.name ?? null,
    phone: person.phone ?? null,
    email: person.account?.includes('@') ? person.account : null,
    address: told.address ?? null,
    reported: told.nature === 'report' || meantFor === 'report',
    ...(await wishesOf(tx, appellant)),
  };
}

/** A wish holds for the person in this appeal: a later message without it does not take it back. */
async function wishesOf(
  tx: Executor,
  { appealId, id, phoneIndex, accountIndex }: typeof appellants.$inferSelect,
): Promise<Pick<Contact, 'anonymous' | 'confidential'>> {
  const same = or(
    eq(appellants.id, id),
    phoneIndex ? eq(appellants.phoneIndex, phoneIndex) : undefined,
    accountIndex ? eq(appellants.accountIndex, accountIndex) : undefined,
  );
  const [wishes] = await tx
    .select({
      anonymous: sql<boolean>`bool_or(${appellants.anonymous})`,
      confidential: sql<boolean>`bool_or(${appellants.confidential})`,
    })
    .from(appellants)
    .where(and(eq(appellants.appealId, appealId), same));
  return { anonymous: wishes?.anonymous === true, confidential: wishes?.confidential === true };
}
