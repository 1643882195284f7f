import { createHash } from 'node:crypto';
import { type Challenge, createChallenge, type Payload, randomInt, verifySolution } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import { sql } from 'drizzle-orm';
import type { KeyRing } from '../../platform/access/key-ring.ts';
import type { Database } from '../../platform/database/database.ts';
import { fieldProblem, type ProblemError } from '../../platform/problem.ts';
import { portalProofs } from './proofs.table.ts';

/** Machine milliseconds a challenge may be solved and sent in: longer than anybody writes after the page began to solve. */
const VALID_MS = 60 * 60_000;
const ALGORITHM = 'PBKDF2/SHA-256';
const ROUNDS = 1_000;
const PRUNED_AT_ONCE = 200;

/**
 * Proof of work in front of the public form (ALTCHA): the visitor's device computes for a second, no picture to read, no
 * foreign service, nothing about the visitor. Signed with a key derived from the ring, so any process checks what another
 * gave out; single use is kept in PostgreSQL.
 */
export function createProofs({ db, keyRing }: { db: Database; keyRing: KeyRing }) {
  const secretsOf = (source: string): string[] =>
    keyRing.blindIndexes('portal-challenge', source).map((secret) => secret.toString('hex'));

  async function challenge(source: string, difficulty: number): Promise<Challenge> {
    return createChallenge({
      algorithm: ALGORITHM,
      cost: ROUNDS,
      counter: randomInt(Math.ceil(difficulty / 2), difficulty),
      deriveKey,
      expiresAt: new Date(Date.now() + VALID_MS),
      hmacSignatureSecret: secretsOf(source)[0] ?? '',
    });
  }

  /**
   * Checks a proof and spends it for this form. The same form may come again with it (a second click, an answer that got
   * lost); any other is a replay. @throws ProblemError 400 naming `/altcha`.
   */
  async function spend(source: string, given: string, form: string): Promise<void> {
    const payload = parse(given);
    if (!payload) throw refused('is not a proof of work', '安全校验无效，请重新校验');
    const { challenge, solution } = payload;
    let outcome: Awaited<ReturnType<typeof verifySolution>> | undefined;
    for (const hmacSignatureSecret of secretsOf(source)) {
      outcome = await verifySolution({ challenge, solution, deriveKey, hmacSignatureSecret });
      if (outcome.verified || outcome.expired) break;
    }
    if (outcome?.expired) throw refused('has expired', '安全校验已过期，请重新校验');
    if (!outcome?.verified) throw refused('is not a solution of a challenge of ours', '安全校验未通过，请重新校验');
    const digest = createHash('sha256')
      .update(challenge.signature ?? '')
      .digest();
    const expiresAt = new Date((challenge.parameters.expiresAt ?? 0) * 1_000);
    const spent = await db
      .insert(portalProofs)
      .values({ digest, form, expiresAt })
      .onConflictDoUpdate({ target: portalProofs.digest, set: { form }, setWhere: sql`${portalProofs.form} = ${form}` })
      .returning({ form: portalProofs.form });
    if (spent.length === 0) throw refused('was used before', '安全校验已使用过，请重新校验');
    await prune();
  }

  /** What has expired is refused for that; machine time, a little at a time. */
  async function prune(): Promise<void> {
    await db.execute(sql`delete from portal_proofs where digest in (
      select digest from portal_proofs where expires_at < clock_timestamp() - interval '1 hour'
      limit ${PRUNED_AT_ONCE} for update skip locked)`);
  }

  return { challenge, spend };
}

export type Proofs = ReturnType<typeof createProofs>;

function refused(en: string, zh: string): ProblemError {
  return fieldProblem('/altcha', en, zh);
}

/** Undefined for anything that has not the shape of a proof; the signature decides about the rest. */
function parse(given: string): Payload | undefined {
  try {
    const value = JSON.parse(Buffer.from(given, 'base64').toString('utf8')) as Partial<Payload> | null;
    const parameters = value?.challenge?.parameters;
    const whole =
      typeof parameters === 'object' &&
      parameters !== null &&
      typeof parameters.expiresAt === 'number' &&
      typeof value?.challenge?.signature === 'string' &&
      typeof value.solution === 'object';
    return whole ? (value as Payload) : undefined;
  } catch {
    return undefined;
  }
}
