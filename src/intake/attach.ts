import { type AppealRow, changeAppeals, lockAppeals, noteAppeals } from '../appeals/appeals.service.ts';
import { type AppealStatus, isOpen } from '../appeals/states.ts';
import { duesOf } from '../deadlines/deadlines.service.ts';
import type { RulesInForce } from '../deadlines/rule-book.service.ts';
import { assignedAt, renewAssignments } from '../departments/assignments.service.ts';
import { departmentNames } from '../departments/departments.service.ts';
import { systemActor } from '../platform/access/keys.ts';
import type { Transaction } from '../platform/database/database.ts';
import type { Subject } from '../receipts/texts.ts';
import { reopen } from '../routing/reopen.service.ts';
import { endingOf } from './ending.ts';
import type { Placed } from './placed.ts';

export interface Joined {
  number: string;
  status: AppealStatus;
  /** What the new message's sender can be told at once: who has the case, that it is looked at again, or how it ended. */
  known?: Subject;
  /** The same for whoever says nothing new: since when, and until when. */
  progress?: Subject;
}

export interface Attached {
  joined: Map<string, Joined>;
  /** The open appeals, for the feeds of the departments that have them: that is the transaction's last word. */
  changed: readonly AppealRow[];
}

const ACTOR = systemActor('same-matter');

/**
 * Joins messages to appeals of the same matter: one event an appeal. An answered appeal is opened again, where a message
 * does so; an ended one that was only thanked for keeps its state.
 */
export async function attachMessages(
  tx: Transaction,
  rules: RulesInForce,
  attached: readonly Placed[],
  registered: ReadonlyMap<string, { number: string; status: AppealStatus }>,
  now: Date,
): Promise<Attached> {
  if (attached.length === 0) return { joined: new Map(), changed: [] };
  const byAppeal = new Map<string, Placed[]>();
  for (const entry of attached) byAppeal.set(entry.appealId, [...(byAppeal.get(entry.appealId) ?? []), entry]);
  const rows = [...(await lockAppeals(tx, [...byAppeal.keys()])).values()];
  const open = rows.filter(({ status }) => isOpen(status));
  const changes = open.map((appeal) => ({
    appeal,
    action: 'attach' as const,
    role: 'system' as const,
    actor: ACTOR,
    data: dataOf(byAppeal.get(appeal.id) ?? []),
  }));
  await changeAppeals(tx, changes, now);
  const ended = rows.filter(({ status }) => !isOpen(status));
  const again = ended.filter(({ id }) => byAppeal.get(id)?.some(({ reopens }) => reopens));
  // Thanks for an answer: on record, and nothing moves.
  const thanked = ended.filter((row) => !again.includes(row));
  await noteAppeals(
    tx,
    thanked.map(({ id }) => ({ appealId: id, type: 'attach', actor: ACTOR, data: dataOf(byAppeal.get(id) ?? []) })),
    now,
  );
  await renewAssignments(tx, thanked);
  for (const appeal of again) {
    const data = dataOf(byAppeal.get(appeal.id) ?? []);
    await reopen(tx, rules, { appeal, role: 'system', actor: ACTOR, data }, now);
  }
  const joined = await describe(
    tx,
    open.filter((row) => !registered.has(row.id)),
    attached.some(({ nothingNew }) => nothingNew),
  );
  for (const { id, number } of again) joined.set(id, { number, status: 'triage', known: { about: 'reopened' } });
  for (const row of thanked) {
    const known = endingOf(row);
    joined.set(row.id, { number: row.number, status: row.status, ...(known ? { known } : {}) });
  }
  for (const [id, { number, status }] of registered) if (byAppeal.has(id)) joined.set(id, { number, status });
  return { joined, changed: open };
}

function dataOf(entries: readonly Placed[]): Record<string, unknown> {
  const idsOf = (list: readonly Placed[]): string[] => list.map(({ message }) => message.messageId);
  const repeated = entries.filter(({ nothingNew }) => nothingNew);
  const answered = entries.filter(({ message }) => message.answered !== null);
  return {
    messages: idsOf(entries),
    // A key that posts learns to whose appeal its message belongs: on record, it cannot be tried out unseen.
    postedBy: [...new Set(entries.map(({ message }) => message.actor))],
    ...(repeated.length > 0 ? { nothingNew: idsOf(repeated) } : {}),
    ...(answered.length > 0 ? { answered: idsOf(answered) } : {}),
  };
}

async function describe(
  tx: Transaction,
  rows: readonly AppealRow[],
  withProgress: boolean,
): Promise<Map<string, Joined>> {
  const codes = rows.flatMap((row) => row.department ?? []);
  const names = codes.length === 0 ? new Map<string, string>() : await departmentNames(tx, codes);
  const ids = withProgress ? rows.flatMap((row) => (row.assignmentId ? [row.id] : [])) : [];
  const since = ids.length === 0 ? new Map<string, Date>() : await assignedAt(tx, ids);
  const dues = ids.length === 0 ? undefined : await duesOf(tx, 'resolve', 'appeal', ids);
  return new Map(
    rows.map(({ id, number, status, department }): [string, Joined] => {
      const departmentName = names.get(department ?? '');
      if (!departmentName) return [id, { number, status }];
      const began = since.get(id);
      const progress = began && { about: 'progress' as const, departmentName, since: began, due: dues?.get(id) };
      return [id, { number, status, known: { about: 'joined', departmentName }, ...(progress ? { progress } : {}) }];
    }),
  );
}
