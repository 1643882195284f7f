import { type AppealRow, changeAppeals, lockAppeals } from '../appeals/appeals.service.ts';
import { followLinks } from '../appeals/links.service.ts';
import { findAppeal, readAppeals } from '../appeals/lookup.service.ts';
import { mayShareCase } from '../appeals/nature.ts';
import { type AppealAction, isOpen } from '../appeals/states.ts';
import { endDeadlines } from '../deadlines/deadlines.service.ts';
import type { RulesInForce } from '../deadlines/rule-book.service.ts';
import { announceChange } from '../departments/assignments.service.ts';
import { departmentNames } from '../departments/departments.service.ts';
import { dispatch, withdraw } from '../departments/dispatch.service.ts';
import { decideSuggestion } from '../matters/suggestions.service.ts';
import type { Transaction } from '../platform/database/database.ts';
import { fieldProblem, notFound, ProblemError } from '../platform/problem.ts';
import { tell } from '../receipts/receipts.service.ts';
import type { Subject } from '../receipts/texts.ts';

/** The dispatcher's decisions: assign (also away from a department), answer, decline, divert, link. */
export interface Decision {
  appealId: string;
  /** Version the dispatcher read (If-Match). */
  version: number;
  actor: string;
}

/** Locks the appeal of a decision. @throws ProblemError 412 when it has changed since it was read. */
export async function lockDecided(
  tx: Transaction,
  decision: Decision,
  others: readonly string[] = [],
): Promise<{ appeal: AppealRow; locked: Map<string, AppealRow> }> {
  const locked = await lockAppeals(tx, [decision.appealId, ...others]);
  return { appeal: checkVersion(locked.get(decision.appealId), decision.version), locked };
}

/** The locked appeal that was read. @throws ProblemError 404, or 412 when it changed since. */
export function checkVersion(appeal: AppealRow | undefined, version: number): AppealRow {
  if (!appeal) throw notFound({ en: 'The appeal', zh: '该诉求' });
  if (appeal.version === version) return appeal;
  throw new ProblemError('stale-version', {
    en: 'The appeal has changed since it was read: read it again.',
    zh: '诉求已变更，请重新读取。',
  });
}

export async function assign(
  tx: Transaction,
  rules: RulesInForce,
  decision: Decision & { department: string; note: string | null },
  now: Date,
): Promise<void> {
  const { appeal } = await lockDecided(tx, decision);
  const known = await departmentNames(tx, [decision.department]);
  if (!known.has(decision.department))
    throw fieldProblem('/department', 'is not a known department', '不是已登记的承办单位');
  const reason = { by: 'dispatcher' as const, note: decision.note };
  await dispatch(
    tx,
    rules,
    [{ appeal, department: decision.department, reason, role: 'dispatcher', actor: decision.actor }],
    now,
  );
}

type Closing = Extract<AppealAction, 'answer' | 'decline' | 'divert'>;
const about = { answer: 'answered', decline: 'declined', divert: 'diverted' } as const;

/** Answers, declines or diverts a case; the text is told to the citizen. */
export async function close(
  tx: Transaction,
  rules: RulesInForce,
  action: Closing,
  decision: Decision & { text: string },
  now: Date,
): Promise<void> {
  const { appeal } = await lockDecided(tx, decision);
  await changeAppeals(
    tx,
    [{ appeal, action, role: 'dispatcher', actor: decision.actor, data: {}, set: { outcome: decision.text } }],
    now,
  );
  await conclude(tx, rules, appeal, { about: about[action], text: decision.text }, action, now);
}

/**
 * Links a case to another one on the same matter: both numbers stay valid, the other one goes on, and both histories and
 * the department that has it know. A department that had the linked case has it no longer.
 */
export async function link(
  tx: Transaction,
  rules: RulesInForce,
  decision: Decision & { target: string },
  now: Date,
): Promise<void> {
  const target = await resolve(tx, decision.target);
  const { appeal, locked } = await lockDecided(tx, decision, [target]);
  const other = locked.get(target);
  if (!other || other.id === appeal.id || !isOpen(other.status)) throw await noTarget(tx, appeal, other);
  if (!mayShareCase(appeal.nature, other.nature))
    throw fieldProblem(
      '/target',
      'must be of the same kind: a report is linked to reports only, and nothing else to a report',
      '举报件只能与举报件并单，其他诉求不能与举报件并单',
    );
  const { department, assignmentId } = appeal;
  await changeAppeals(
    tx,
    [
      {
        appeal,
        action: 'link',
        role: 'dispatcher',
        actor: decision.actor,
        data: { target: other.id, ...(assignmentId ? { department, assignmentId } : {}) },
        set: { linkedTo: other.id, ...(assignmentId ? { department: null, assignmentId: null } : {}) },
      },
      {
        appeal: other,
        action: 'attach',
        role: 'system',
        actor: decision.actor,
        data: { linked: appeal.id, number: appeal.number },
      },
    ],
    now,
  );
  const removed = await withdraw(tx, rules, assignmentId ? [appeal] : [], now);
  await decideSuggestion(tx, [appeal.id, other.id], 'accepted', decision.actor, now);
  await conclude(tx, rules, appeal, { about: 'linked', targetNumber: other.number }, 'link', now);
  await announceChange(tx, [other], now, removed);
}

/** Why nothing can be linked to this one, and where it was linked to itself, the number that can be instead. */
async function noTarget(tx: Transaction, appeal: AppealRow, other: AppealRow | undefined): Promise<ProblemError> {
  const en = 'must be another appeal that is still being worked on';
  const zh = '必须是另一件仍在办理的诉求';
  const end = other?.linkedTo ? (await followLinks(tx, [other.id])).get(other.id)?.at(-1) : undefined;
  const [lead] = end && end !== appeal.id ? await readAppeals(tx, [end]) : [];
  if (!lead || !isOpen(lead.status)) return fieldProblem('/target', en, zh);
  return fieldProblem(
    '/target',
    `${en}: this one was linked to ${lead.number}, link to that`,
    `${zh}；该诉求已并入${lead.number}，请并入${lead.number}`,
  );
}

async function resolve(tx: Transaction, idOrNumber: string): Promise<string> {
  const found = await findAppeal(tx, idOrNumber);
  if (!found) throw fieldProblem('/target', 'is not a known appeal', '不是已登记的诉求');
  return found.id;
}

async function conclude(
  tx: Transaction,
  rules: RulesInForce,
  appeal: AppealRow,
  subject: Subject,
  event: string,
  now: Date,
): Promise<void> {
  await endDeadlines(
    tx,
    [
      { appealId: appeal.id, name: 'forward' },
      { appealId: appeal.id, name: 'resolve' },
    ],
    now,
  );
  await tell(tx, rules, [{ appeal, subject, eventId: `${event}:${appeal.version + 1}` }], now);
}
