import { type AppealRow, changeAppeals, lockAppeals } from '../appeals/appeals.service.ts';
import type { AppealStatus } from '../appeals/states.ts';
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
    rows.filter((row) => !registered.has(row.id)),
  );
  for (const [id, { number, status }] of registered) if (byAppeal.has(id)) joined.set(id, { number, status });
  await announceChange(tx, rows, now);
  return joined;
}

async function describe(tx: Transaction, rows: readonly AppealRow[]): Promise<Map<string, Joined>> {
  const codes = rows.flatMap((row) => row.department ?? []);
  const names = codes.length === 0 ? new Map<string, string>() : await departmentNames(tx, codes);
  return new Map(
    rows.map(({ id, number, status, department }): [string, Joined] => {
      const departmentName = names.get(department ?? '');
      return [
        id,
        {
          number,
          status,
          ...(departmentName ? { known: { number, subject: { about: 'joined', departmentName } } } : {}),
        },
      ];
    }),
  );
}
