import { and, asc, eq, type SQL, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { KeyRing } from '../platform/access/key-ring.ts';
import type { Executor } from '../platform/database/database.ts';
import { arrayOf } from '../platform/database/rows.ts';
import { appeals, appellants, messages } from './appeals.table.ts';
import { openPerson } from './appellants.ts';
import { isHiddenFromDepartments, type Wishes } from './protection.ts';

/** Whose contact: the sender of a message, an appellant; neither: who raised the appeal. */
export interface WhoseContact {
  messageId?: string | undefined;
  appellantId?: string | undefined;
}

export interface Contact extends Wishes {
  messageId: string;
  appellantId: string;
  name: string | null;
  /** E.164, or as given where that could not be understood. */
  phone: string | null;
  /** Address they wrote from, where the channel is mail. */
  email: string | null;
  /** Place of the matter, as the sender told it. */
  address: string | null;
}

/** The contact data of somebody who wrote to an appeal, in clear. Undefined: they did not write to this one. */
export async function contactOf(
  tx: Executor,
  keyRing: KeyRing,
  appealId: string,
  { messageId, appellantId }: WhoseContact,
): Promise<Contact | undefined> {
  const [found] = await sendersOf(
    tx,
    keyRing,
    and(
      eq(messages.appealId, appealId),
      messageId === undefined ? undefined : eq(messages.id, messageId),
      appellantId === undefined ? undefined : eq(appellants.id, appellantId),
    ),
    1,
  );
  if (!found) return undefined;
  const { message, appellant, address, wishes } = found;
  const person = openPerson(keyRing, appellant.id, appellant.sealed);
  return {
    messageId: message.id,
    appellantId: appellant.id,
    name: person.name ?? null,
    phone: person.phone ?? null,
    email: person.account?.includes('@') ? person.account : null,
    address,
    ...wishes,
  };
}

/**
 * Those of these messages whose senders a department must not be led to.
 * @param lead nature of the appeal under which the department has the case.
 */
export async function hiddenSenders(
  db: Executor,
  keyRing: KeyRing,
  messageIds: readonly string[],
  ...lead: (string | null)[]
): Promise<Set<string>> {
  if (messageIds.length === 0) return new Set();
  const senders = await sendersOf(db, keyRing, sql`${messages.id} = any(${arrayOf(messageIds, 'uuid')})`);
  const hidden = senders.filter(({ nature, wishes }) => isHiddenFromDepartments([nature, ...lead], wishes));
  return new Set(hidden.map(({ message }) => message.id));
}

interface Sender {
  message: typeof messages.$inferSelect;
  appellant: typeof appellants.$inferSelect;
  /** Of the appeal that the message is in, as it is judged now. */
  nature: string | null;
  address: string | null;
  wishes: Wishes;
}

/** Who sent messages, oldest first. A wish holds for the person in this appeal: a later message does not take it back. */
async function sendersOf(db: Executor, keyRing: KeyRing, where: SQL | undefined, limit?: number): Promise<Sender[]> {
  const meant = alias(appeals, 'meant');
  const { appealId, id, phoneIndex, accountIndex } = appellants;
  const asked = (wish: SQL) => sql<boolean>`exists (select 1 from appellants q where q.appeal_id = ${appealId}
    and (q.id = ${id} or q.phone_index = ${phoneIndex} or q.account_index = ${accountIndex}) and ${wish})`;
  const query = db
    .select({
      message: messages,
      appellant: appellants,
      nature: appeals.nature,
      meantFor: meant.nature,
      anonymous: asked(sql`q.anonymous`),
      confidential: asked(sql`q.confidential`),
    })
    .from(messages)
    .innerJoin(appellants, eq(appellants.id, messages.appellantId))
    .innerJoin(appeals, eq(appeals.id, messages.appealId))
    .leftJoin(meant, eq(meant.id, appellants.through))
    .where(where)
    .orderBy(asc(messages.id));
  const rows = await (limit === undefined ? query : query.limit(limit));
  return rows.map(({ message, appellant, nature, meantFor, anonymous, confidential }) => {
    const told = keyRing.open<{ address?: string; nature?: string }>(`message:${message.id}`, message.sealed);
    const reported = told.nature === 'report' || meantFor === 'report';
    const wishes = { reported, anonymous, confidential };
    return { message, appellant, nature, address: told.address ?? null, wishes };
  });
}
