import { createHash, randomBytes } from 'node:crypto';
import { eq, isNotNull } from 'drizzle-orm';
import { v7 as uuid } from 'uuid';
import type { Database } from '../database/database.ts';
import { sameText } from './key-ring.ts';
import { apiKeys } from './keys.table.ts';

/** Who acts: a person's or machine's key, the citizen, or a part of the system. Written on every event. */
export interface Actor {
  /** `key:<name>`, `citizen`, or `system:<room>`. */
  name: string;
  scopes: readonly string[];
  /** Requests a minute; undefined: not limited. */
  perMinute: number | undefined;
}

export const systemActor = (room: string): string => `system:${room}`;

/** `admin` opens everything; otherwise the exact scope is needed. */
export function hasScope(actor: Pick<Actor, 'scopes'>, ...anyOf: string[]): boolean {
  return actor.scopes.some((scope) => scope === 'admin' || anyOf.includes(scope));
}

/** Scopes that are one word, beside those of a channel or a department. */
const WORDS = ['admin', 'dispatch', 'operations', 'import', 'recordings', 'reveal', 'reveal:reporter', 'open311'];
const CHANNELS = ['phone', 'wechat', 'weibo', 'mailbox', 'portal'];

/** Scopes a key can hold; department codes and channels are filled in. */
export const SCOPE_PATTERN = `^(${WORDS.join('|')}|intake:(${CHANNELS.join('|')})|department:[a-z][a-z0-9-]{0,39})$`;
/** The same for people to read. */
export const scopeForms: readonly string[] = [...WORDS, 'intake:<channel>', 'department:<code>'];

const CACHE_MS = 5_000;
const digest = (key: string): Buffer => createHash('sha256').update(key).digest();

export class KeyNameTakenError extends Error {
  override name = 'KeyNameTakenError';
  constructor(name: string) {
    super(`A working key is named ${name}: revoke it first, or choose another name.`);
  }
}

export type Keys = ReturnType<typeof createKeys>;

/**
 * Keys are 256 random bits, kept only as a SHA-256 hash (nothing to guess, so no slow hash is needed). A revoked key
 * stops working within five seconds in every process. Expiry is machine time.
 */
export function createKeys(db: Database, adminKey: string | undefined) {
  const cache = new Map<string, { row: typeof apiKeys.$inferSelect; until: number }>();

  /** The actor behind a bearer key; undefined when it is unknown, expired or revoked. */
  async function authenticate(key: string): Promise<Actor | undefined> {
    if (adminKey !== undefined && sameText(key, adminKey))
      return { name: 'key:admin', scopes: ['admin'], perMinute: undefined };
    const row = await lookUp(key);
    const now = Date.now();
    if (!row || row.revokedAt || (row.expiresAt && row.expiresAt.getTime() <= now)) return undefined;
    return { name: `key:${row.name}`, scopes: row.scopes, perMinute: row.perMinute };
  }

  async function lookUp(key: string): Promise<typeof apiKeys.$inferSelect | undefined> {
    const hash = digest(key);
    const id = hash.toString('base64');
    const cached = cache.get(id);
    if (cached && cached.until > Date.now()) return cached.row;
    const [row] = await db.select().from(apiKeys).where(eq(apiKeys.hash, hash));
    if (cache.size > 10_000) cache.clear();
    if (row) cache.set(id, { row, until: Date.now() + CACHE_MS });
    return row;
  }

  /**
   * Makes a key and returns it: the only time it is seen. A revoked name may be used again.
   * @throws KeyNameTakenError when a working key has the name.
   */
  async function create(options: {
    name: string;
    scopes: string[];
    perMinute?: number;
    expiresAt?: Date | undefined;
    key?: string;
  }): Promise<string> {
    const key = options.key ?? `ms_${randomBytes(32).toString('base64url')}`;
    const fields = {
      hash: digest(key),
      scopes: options.scopes,
      perMinute: options.perMinute ?? 60_000,
      expiresAt: options.expiresAt ?? null,
      revokedAt: null,
      createdAt: new Date(),
    };
    const made = await db
      .insert(apiKeys)
      .values({ id: uuid(), name: options.name, ...fields })
      .onConflictDoUpdate({ target: apiKeys.name, set: fields, setWhere: isNotNull(apiKeys.revokedAt) })
      .returning({ id: apiKeys.id });
    if (made.length === 0) throw new KeyNameTakenError(options.name);
    return key;
  }

  async function revoke(name: string): Promise<boolean> {
    const rows = await db
      .update(apiKeys)
      .set({ revokedAt: new Date() })
      .where(eq(apiKeys.name, name))
      .returning({ id: apiKeys.id });
    return rows.length === 1;
  }

  async function list(): Promise<Omit<typeof apiKeys.$inferSelect, 'hash'>[]> {
    const rows = await db.select().from(apiKeys).orderBy(apiKeys.name);
    return rows.map(({ hash: _hash, ...row }) => row);
  }

  return { authenticate, create, revoke, list };
}
