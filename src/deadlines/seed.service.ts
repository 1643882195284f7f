import { v7 as uuid } from 'uuid';
import { systemActor } from '../platform/access/keys.ts';
import type { Transaction } from '../platform/database/database.ts';
import { stateCouncilDays } from './calendar/state-council.ts';
import { calendars, policies } from './deadlines.table.ts';
import { bundledPolicies } from './policies/bundled.ts';

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
