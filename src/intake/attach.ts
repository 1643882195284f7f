import { type AppealRow, changeAppeals, lockAppeals } from '../appeals/appeals.service.ts';
import type { AppealStatus } from '../appeals/states.ts';
import { dueAtOf } from '../deadlines/deadlines.service.ts';
import type { TimeRules } from '../deadlines/time-rules.service.ts';
import { announceChange } from '../departments/assignments.service.ts';
import { departmentNames } from '../departments/departments.service.ts';
import { systemActor } from '../platform/access/keys.ts';
import type { Transaction } from '../platform/database/database.ts';
import type { Subject } from '../receipts/texts.ts';
import type { Placed } from './placed.ts';

export interface Joined {
  number: string;
  status: AppealStatus;
  /** What the new message's sender can be told at once: who has the case. */
  known?: { number: string; subject: Subject };
}

const ACTOR = systemActor('same-matter');

/** Joins messages to appeals of the same matter: one event an appeal, and the department that has it sees the change. */
export async function attachMessages(
  tx: Transaction,
  rules: TimeRules,
  attached: readonly Placed[],
  registered: ReadonlyMap<string, { number: string; status: AppealStatus }>,
  now: Date,
): Promise<Map<string, Joined>> {
  if (attached.length === 0) return new Map();
  const byAppeal = new Map<string, string[]>();
  for (const { appealId, message } of attached)
    byAppeal.set(appealId, [...(byAppeal.get(appealId) ?? []), message.messageId]);
  const rows = [...(await lockAppeals(tx, [...byAppeal.keys()])).values()];
  const changes = rows.map((appeal) => ({
    appeal,
    action: 'attach' as const,
    role: 'system' as const,
    actor: ACTOR,
    data: { messages: byAppeal.get(appeal.id) },
  }));
  await changeAppeals(tx, changes, now);
  const joined = await describe(
    tx,
    rules,
    rows.filter((row) => !registered.has(row.id)),
  );
  for (const [id, { number, status }] of registered) if (byAppeal.has(id)) joined.set(id, { number, status });
  await announceChange(tx, rows, now);
  return joined;
}

async function describe(tx: Transaction, rules: TimeRules, rows: readonly AppealRow[]): Promise<Map<string, Joined>> {
  const withDepartment = rows.filter((row) => row.department !== null);
  const names = await departmentNames(
    tx,
    withDepartment.map((row) => row.department ?? ''),
  );
  const dueAts = await dueAtOf(
    tx,
    'resolve',
    'appeal',
    withDepartment.map((row) => row.id),
  );
  return new Map(
    rows.map((row): [string, Joined] => {
      const departmentName = names.get(row.department ?? '');
      const dueAt = dueAts.get(row.id) ?? rules.dueOf('resolve', row.updatedAt).dueAt;
      return [
        row.id,
        {
          number: row.number,
          status: row.status,
          ...(departmentName
            ? { known: { number: row.number, subject: { about: 'forwarded', departmentName, dueAt } } }
            : {}),
        },
      ];
    }),
  );
}
