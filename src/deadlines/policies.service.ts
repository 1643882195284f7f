import { desc, eq } from 'drizzle-orm';
import { recordAudit } from '../platform/access/audit.ts';
import type { Executor, Transaction } from '../platform/database/database.ts';
import { fieldProblem, ProblemError, type ProblemField } from '../platform/problem.ts';
import { policies, policyChoices } from './deadlines.table.ts';
import type { Policy } from './policy.schema.ts';
import { checkPolicy } from './policy-check.ts';
import type { PolicyChoice } from './policy-choices.ts';

/** Who changes the rules, and at which business time. */
export interface By {
  actor: string;
  now: Date;
}

/** The newest version of every policy, by code. */
export async function listPolicies(db: Executor): Promise<Policy[]> {
  const rows = await db
    .selectDistinctOn([policies.code], { document: policies.document })
    .from(policies)
    .orderBy(policies.code, desc(policies.version));
  return rows.map((row) => row.document);
}

/**
 * Stores a policy's next version, for ever: appeals registered from now on fall under it.
 * @throws ProblemError naming every mistake of the document, or 409 when it is not the next version.
 */
export async function storePolicy(tx: Transaction, document: unknown, { actor, now }: By): Promise<Policy> {
  const mistakes = checkPolicy(document);
  if (mistakes.length > 0) throw refused(mistakes);
  const policy = document as Policy;
  const { code, version } = policy;
  const newest = await newestPolicy(tx, code);
  const next = (newest?.version ?? 0) + 1;
  if (version !== next) throw notNext(next);
  if (newest && newest.zone !== policy.zone)
    throw fieldProblem(
      '/zone',
      `must stay ${newest.zone}, as in the version before`,
      `必须与上一版本一致：${newest.zone}`,
    );
  const stored = await tx
    .insert(policies)
    .values({ code, version, document: policy })
    .onConflictDoNothing()
    .returning({ version: policies.version });
  if (stored.length === 0) throw notNext(next + 1);
  await recordAudit(tx, { at: now, actor, action: 'policy', subject: code, data: { version } });
  return policy;
}

async function newestPolicy(tx: Transaction, code: string): Promise<Policy | undefined> {
  const [row] = await tx
    .select({ document: policies.document })
    .from(policies)
    .where(eq(policies.code, code))
    .orderBy(desc(policies.version))
    .limit(1);
  return row?.document;
}

function refused(errors: ProblemField[]): ProblemError {
  const [first] = errors;
  return new ProblemError(
    'validation',
    {
      en: `The policy cannot be used: ${errors.length} mistakes, the first at ${first?.pointer || '/'}.`,
      zh: `该规则不可用，共 ${errors.length} 处错误，首处位于 ${first?.pointer || '/'}。`,
    },
    { errors },
  );
}

function notNext(next: number): ProblemError {
  const detail = `must be ${next}, the next version`;
  return new ProblemError(
    'conflict',
    { en: `/version ${detail}`, zh: `/version 必须为下一版本号 ${next}` },
    { errors: [{ pointer: '/version', detail, detailZh: `必须为下一版本号 ${next}` }] },
  );
}

export async function knownPolicies(db: Executor): Promise<Set<string>> {
  const rows = await db.selectDistinct({ code: policies.code }).from(policies);
  return new Set(rows.map((row) => row.code));
}

/** The choices in force and their version; version 0: none were ever stored. */
export async function currentChoices(db: Executor): Promise<{ version: number; choices: PolicyChoice[] }> {
  const [row] = await db.select().from(policyChoices).orderBy(desc(policyChoices.version)).limit(1);
  return row ?? { version: 0, choices: [] };
}

/**
 * Puts a new list of choices in force as a whole; appeals that are registered keep their policy.
 * @throws ProblemError naming a policy that is not known, or 412 when the list has changed since `version` was read.
 */
export async function replaceChoices(
  tx: Transaction,
  version: number,
  choices: readonly PolicyChoice[],
  { actor, now }: By,
): Promise<void> {
  const known = await knownPolicies(tx);
  const unknown = choices.findIndex(({ policy }) => !known.has(policy));
  if (unknown >= 0) throw fieldProblem(`/choices/${unknown}/policy`, 'is not a known policy', '不是已有的规则');
  const newest = await currentChoices(tx);
  const stored =
    newest.version === version
      ? await tx
          .insert(policyChoices)
          .values({ version: version + 1, choices: [...choices] })
          .onConflictDoNothing()
          .returning({ version: policyChoices.version })
      : [];
  if (stored.length === 0)
    throw new ProblemError('stale-version', {
      en: 'The choices have changed since they were read: read them again.',
      zh: '规则选用已变更，请重新读取。',
    });
  const data = { version: version + 1, choices: [...choices] };
  await recordAudit(tx, { at: now, actor, action: 'policy-choices', subject: 'policy-choices', data });
}
