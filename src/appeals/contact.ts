import { and, asc, eq, type SQL, sql } from 'drizzle-orm';
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
  /** Address they wrote from, where the channel is mail; or that they gave, where it is Open311. */
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
    and(
      eq(messages.appealId, appealId),
      messageId === undefined ? undefined : eq(messages.id, messageId),
      appellantId === undefined ? undefined : eq(appellants.id, appellantId),
    ),
    1,
  );
  if (!found) return undefined;
  const { message, appellant } = found;
  const person = openPerson(keyRing, appellant.id, appellant.sealed);
  const told = openTold(keyRing, message);
  const wishesOf = await wishesIn(tx, keyRing, [appellant]);
  return {
    messageId: message.id,
    appellantId: appellant.id,
    name: person.name ?? null,
    phone: person.phone ?? null,
    email: person.account?.includes('@') ? person.account : (told.form?.open311?.email ?? null),
    address: told.address ?? null,
    ...wishesOf(appellant),
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
  const senders = await sendersOf(db, sql`${messages.id} = any(${arrayOf(messageIds, 'uuid')})`);
  const wishesOf = await wishesIn(
    db,
    keyRing,
    senders.map(({ appellant }) => appellant),
  );
  const hidden = senders.filter(({ nature, appellant }) =>
    isHiddenFromDepartments([nature, ...lead], wishesOf(appellant)),
  );
  return new Set(hidden.map(({ message }) => message.id));
}

type AppellantRow = typeof appellants.$inferSelect;

interface Sender {
  message: typeof messages.$inferSelect;
  appellant: AppellantRow;
  /** Of the appeal that the message is in, as it is judged now. */
  nature: string | null;
}

/** Who sent messages, oldest first. */
async function sendersOf(db: Executor, where: SQL | undefined, limit?: number): Promise<Sender[]> {
  const query = db
    .select({ message: messages, appellant: appellants, nature: appeals.nature })
    .from(messages)
    .innerJoin(appellants, eq(appellants.id, messages.appellantId))
    .innerJoin(appeals, eq(appeals.id, messages.appealId))
    .where(where)
    .orderBy(asc(messages.id));
  return limit === undefined ? query : query.limit(limit);
}

/**
 * What protects these people in their appeals and in those they meant, whichever message says so: a later one that does not say it takes nothing
 * back. Who gave the same number or account is the same person.
 */
async function wishesIn(
  db: Executor,
  keyRing: KeyRing,
  people: readonly AppellantRow[],
): Promise<(person: AppellantRow) => Wishes> {
  const given = <K extends 'id' | 'phoneIndex' | 'accountIndex'>(key: K): NonNullable<AppellantRow[K]>[] =>
    people.flatMap((person) => person[key] ?? []) as NonNullable<AppellantRow[K]>[];
  const cases = new Set(people.flatMap(({ appealId, through }) => [appealId, through ?? appealId]));
  const rows = await db
    .select({ message: messages, appellant: appellants, meantFor: appeals.nature })
    .from(messages)
    .innerJoin(appellants, eq(appellants.id, messages.appellantId))
    .leftJoin(appeals, eq(appeals.id, appellants.through))
    .where(
      and(
        sql`${messages.appealId} = any(${arrayOf([...cases], 'uuid')})`,
        sql`(${appellants.id} = any(${arrayOf(given('id'), 'uuid')})
          or ${appellants.phoneIndex} = any(${arrayOf(given('phoneIndex'), 'bytea')})
          or ${appellants.accountIndex} = any(${arrayOf(given('accountIndex'), 'bytea')}))`,
      ),
    );
  const said = rows.map(({ message, appellant, meantFor }) => ({
    appellant,
    reported: meantFor === 'report' || openTold(keyRing, message).nature === 'report',
  }));
  return (person) => {
    const own = said.filter(
      ({ appellant: { appealId }, appellant }) =>
        (appealId === person.appealId || appealId === person.through) && isSame(appellant, person),
    );
    return {
      reported: own.some(({ reported }) => reported),
      anonymous: own.some(({ appellant }) => appellant.anonymous),
      confidential: own.some(({ appellant }) => appellant.confidential),
    };
  };
}

function isSame(a: AppellantRow, b: AppellantRow): boolean {
  const same = (left: Buffer | null, right: Buffer | null): boolean =>
    left !== null && right !== null && left.equals(right);
  return a.id === b.id || same(a.phoneIndex, b.phoneIndex) || same(a.accountIndex, b.accountIndex);
}

/** What a message says that stands nowhere else. */
const openTold = (
  keyRing: KeyRing,
  { id, sealed }: Sender['message'],
): { address?: string; nature?: string; form?: { open311?: { email?: string } } } =>
  keyRing.open(`message:${id}`, sealed);
