import { eq, sql } from 'drizzle-orm';
import type { KeyRing } from '../platform/access/key-ring.ts';
import { maskEmail, maskName, maskPhone } from '../platform/access/masking.ts';
import type { Executor } from '../platform/database/database.ts';
import { arrayOf } from '../platform/database/rows.ts';
import { appellants, messages } from './appeals.table.ts';

/** What is known of the person; encrypted at rest, bound to the appellant's row. */
export interface Person {
  name?: string;
  /** E.164, when it could be understood. */
  phone?: string;
  /** openid, Weibo uid or e-mail address: the channel's own identity. */
  account?: string;
}

export const sealPerson = (keyRing: KeyRing, appellantId: string, person: Person): Buffer =>
  keyRing.seal(`appellant:${appellantId}`, person);
export const openPerson = (keyRing: KeyRing, appellantId: string, sealed: Buffer): Person =>
  keyRing.open(`appellant:${appellantId}`, sealed);

/** Query code (查询码) of a message: derived, never stored, so that a replayed message gets the same one again. */
export const queryCodeOf = (keyRing: KeyRing, keyId: string, messageId: string): string =>
  keyRing.deriveCode(keyId, 'query-code', messageId, 8);

/** Where a message's receipt goes, in clear: for the moment of sending only. */
export async function contactsOf(
  db: Executor,
  keyRing: KeyRing,
  messageIds: readonly string[],
): Promise<Map<string, { phone: string | undefined; queryCode: string }>> {
  const rows = await db
    .select({ messageId: messages.id, keyId: messages.keyId, appellantId: appellants.id, sealed: appellants.sealed })
    .from(messages)
    .innerJoin(appellants, sql`${appellants.id} = ${messages.appellantId}`)
    .where(sql`${messages.id} = any(${arrayOf(messageIds, 'uuid')})`);
  return new Map(
    rows.map((row) => [
      row.messageId,
      {
        phone: openPerson(keyRing, row.appellantId, row.sealed).phone,
        queryCode: queryCodeOf(keyRing, row.keyId, row.messageId),
      },
    ]),
  );
}

/** A message as it came, with its sender's account and query code, in clear: for the moment of answering only. */
export async function openMessage(
  db: Executor,
  keyRing: KeyRing,
  messageId: string,
): Promise<
  { source: string; account: string | undefined; queryCode: string; body: Record<string, unknown> } | undefined
> {
  const [row] = await db
    .select({ message: messages, sealed: appellants.sealed })
    .from(messages)
    .innerJoin(appellants, eq(appellants.id, messages.appellantId))
    .where(eq(messages.id, messageId));
  if (!row) return undefined;
  const { message, sealed } = row;
  return {
    source: message.source,
    account: openPerson(keyRing, message.appellantId, sealed).account,
    queryCode: queryCodeOf(keyRing, message.keyId, messageId),
    body: keyRing.open(`message:${messageId}`, message.sealed),
  };
}

/**
 * By what each of these persons is reached, as a blind index: whoever gave the same number is one. A number that was
 * recorded under another key of the ring counts as another one. With the linked appeal that they are in an appeal through.
 */
export async function numbersReached(
  db: Executor,
  appellantIds: readonly string[],
): Promise<Map<string, { number: string; through: string | null }>> {
  const { id, phoneIndex, through } = appellants;
  const rows = await db
    .select({ id, phoneIndex, through })
    .from(appellants)
    .where(sql`${id} = any(${arrayOf(appellantIds, 'uuid')})`);
  return new Map(
    rows.map((row) => [row.id, { number: row.phoneIndex?.toString('base64') ?? row.id, through: row.through }]),
  );
}

export async function appellantsById(
  db: Executor,
  ids: readonly string[],
): Promise<Map<string, typeof appellants.$inferSelect>> {
  const rows = await db
    .select()
    .from(appellants)
    .where(sql`${appellants.id} = any(${arrayOf(ids, 'uuid')})`);
  return new Map(rows.map((row) => [row.id, row]));
}

/** Those of `ids` who raised one of these appeals. */
export async function appellantsOf(
  db: Executor,
  appealIds: readonly string[],
  ids: readonly string[],
): Promise<{ id: string; appealId: string }[]> {
  const member = sql`${appellants.appealId} = any(${arrayOf(appealIds, 'uuid')})`;
  return db
    .select({ id: appellants.id, appealId: appellants.appealId })
    .from(appellants)
    .where(sql`${appellants.id} = any(${arrayOf(ids, 'uuid')}) and ${member}`);
}

export interface MaskedAppellant {
  id: string;
  name: string | null;
  phone: string | null;
  account: string | null;
  verified: boolean;
  anonymous: boolean;
  confidential: boolean;
  language: string;
}

/** An appellant as everyone sees them: masked. */
export function maskAppellant(keyRing: KeyRing, row: typeof appellants.$inferSelect): MaskedAppellant {
  const person = openPerson(keyRing, row.id, row.sealed);
  const account = person.account?.includes('@')
    ? maskEmail(person.account)
    : person.account?.replace(/^(.{3}).*$/u, '$1***');
  return {
    id: row.id,
    name: person.name ? maskName(person.name) : null,
    phone: person.phone ? maskPhone(person.phone) : null,
    account: account ?? null,
    verified: row.phoneVerified || row.accountVerified,
    anonymous: row.anonymous,
    confidential: row.confidential,
    language: row.language,
  };
}
