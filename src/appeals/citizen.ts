import { asc, eq, or, sql } from 'drizzle-orm';
import { duesOf } from '../deadlines/deadlines.service.ts';
import type { Zone } from '../deadlines/zone.ts';
import type { KeyRing } from '../platform/access/key-ring.ts';
import { sameText } from '../platform/access/key-ring.ts';
import type { Database } from '../platform/database/database.ts';
import { linkedAt, listSteps } from './appeals.repo.ts';
import type { CitizenView } from './appeals.schema.ts';
import type { AppealRow } from './appeals.service.ts';
import { messages } from './appeals.table.ts';
import { queryCodeOf } from './appellants.ts';
import { followLinks } from './links.service.ts';
import { findAppeal, readAppeals } from './lookup.service.ts';
import { isAppealNumber } from './number.ts';
import type { AppealStatus } from './states.ts';

export const statusTexts: Record<AppealStatus, string> = {
  registered: '已登记',
  triage: '研判中',
  assigned: '已转办',
  signed: '办理中',
  submitted: '已反馈办理结果',
  answered: '已答复',
  declined: '不予受理',
  diverted: '已引导至法定途径',
  linked: '已并入同一事项',
  archived: '已归档',
};

const stepTexts: Record<string, string> = {
  register: '诉求已登记',
  triage: '正在研判承办单位',
  assign: '已转办至承办单位',
  sign: '承办单位已签收',
  return: '正在重新研判承办单位',
  submit: '承办单位已反馈办理结果',
  answer: '已答复',
  decline: '不予受理',
  divert: '已引导至法定途径',
  link: '已并入同一事项办理',
  unlink: '已恢复单独办理',
  reopen: '已重新研判',
};
/** Of each appeal on the way, the newest. */
const MOST_STEPS = 200;

/** Codes are read out and typed by hand: case and the letters Crockford's alphabet leaves out are forgiven. */
const normalise = (code: string): string => code.toUpperCase().replaceAll('O', '0').replaceAll(/[IL]/g, '1');

/**
 * What a citizen sees with number and query code: only of the appeal their own message is part of, and nothing personal.
 * The code belongs to the message, so that nobody opens a case by claiming somebody's number in a form.
 * @returns undefined for a wrong number or code alike.
 */
export async function citizenView(
  deps: {
    db: Database;
    zone: Zone;
    keyRing: KeyRing;
    departmentName: (code: string) => Promise<string | undefined>;
  },
  number: string,
  code: string,
): Promise<CitizenView | undefined> {
  const { db, zone, keyRing } = deps;
  const named = isAppealNumber(number) ? await findAppeal(db, number) : undefined;
  if (!named) return undefined;
  const given = normalise(code);
  const own = (await messagesUnder(db, named.id)).find((row) =>
    sameText(queryCodeOf(keyRing, row.keyId, row.id), given),
  );
  const appeal = own && (own.appealId === named.id ? named : await findAppeal(db, own.appealId));
  if (!appeal) return undefined;
  const format = zone.formatInstant;
  const path = appeal.linkedTo === null ? [appeal] : await wayOf(db, appeal);
  const matter = path.at(-1) ?? appeal;
  const resolve = (await duesOf(db, 'resolve', 'appeal', [matter.id])).get(matter.id);
  const events = await stepsOf(db, path);
  return {
    number: appeal.number,
    linkedNumber: matter.id === appeal.id ? null : matter.number,
    status: matter.status,
    statusText: statusTexts[matter.status],
    departmentName: matter.department ? ((await deps.departmentName(matter.department)) ?? null) : null,
    receivedAt: format(own.receivedAt),
    resolveDueAt: resolve ? format(resolve.dueAt) : null,
    outcome: outcomeFor(matter),
    steps: events.map(({ type, at }) => ({ at: format(at), text: stepTexts[type] ?? '' })),
  };
}

/** Messages of an appeal, and those that were given its number before they went to another one. */
async function messagesUnder(db: Database, appealId: string) {
  const { id, keyId, receivedAt } = messages;
  // As an array, so that both halves go by their index.
  const moved = sql`array(select message_id from message_moves where from_appeal = ${appealId})`;
  return db
    .select({ id, keyId, receivedAt, appealId: messages.appealId })
    .from(messages)
    .where(or(eq(messages.appealId, appealId), sql`${id} = any(${moved})`))
    .orderBy(asc(id));
}

/** The appeals on the way from one to the one under which the matter is worked on, which is the last. */
async function wayOf(db: Database, { id }: AppealRow): Promise<AppealRow[]> {
  const way = (await followLinks(db, [id])).get(id) ?? [id];
  const rows = new Map((await readAppeals(db, way)).map((row) => [row.id, row]));
  return way.flatMap((step) => rows.get(step) ?? []);
}

/** The citizen's own steps up to the link, then what came after it in the appeal it was linked to. */
async function stepsOf(db: Database, path: readonly AppealRow[]): Promise<{ type: string; at: Date }[]> {
  const steps: { type: string; at: Date }[] = [];
  for (const [at, { id }] of path.entries()) {
    const before = path[at - 1];
    const from = before === undefined ? 0 : await linkedAt(db, id, before.id);
    steps.push(...(await listSteps(db, id, Object.keys(stepTexts), from, MOST_STEPS)));
  }
  return steps;
}

/** A department's result is the citizen's to see only when it has been signed off; what the desk said, at once. */
function outcomeFor(appeal: AppealRow): string | null {
  return appeal.status === 'answered' || appeal.status === 'declined' || appeal.status === 'diverted'
    ? appeal.outcome
    : null;
}
