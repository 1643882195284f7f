import { isDeepStrictEqual } from 'node:util';
import { v7 as uuid } from 'uuid';
import { ConfigError } from '../config.ts';
import { systemActor } from '../platform/access/keys.ts';
import type { Transaction } from '../platform/database/database.ts';
import { stateCouncilDays } from './calendar/state-council.ts';
import { calendars, policies, policyChoices } from './deadlines.table.ts';
import { bundledPolicies } from './policies/bundled.ts';
import { currentChoices, knownPolicies } from './policies.service.ts';
import type { PolicyChoice } from './policy-choices.ts';

/** Stores the shipped policies and the official calendar; versions that are stored already stay as they are. */
export async function seedTimeRules(tx: Transaction): Promise<void> {
  for (const document of bundledPolicies())
    await tx
      .insert(policies)
      .values({ code: document.code, version: document.version, document })
      .onConflictDoNothing();
  const { source, days } = stateCouncilDays();
  await tx
    .insert(calendars)
    .values({ version: 1, id: uuid(), source, days, actor: systemActor('seed') })
    .onConflictDoNothing();
}

/** Puts a city's choices in force as the next version. @throws ConfigError when one names a policy that is not stored. */
export async function seedChoices(tx: Transaction, choices: PolicyChoice[]): Promise<void> {
  const known = await knownPolicies(tx);
  const unknown = choices.find(({ policy }) => !known.has(policy));
  if (unknown)
    throw new ConfigError(
      `The city file names the policy ${unknown.policy}; known are ${[...known].sort().join(', ')}.`,
    );
  const { version, choices: before } = await currentChoices(tx);
  if (isDeepStrictEqual(before, choices)) return;
  await tx.insert(policyChoices).values({ version: version + 1, choices });
}
