import { allChannels } from '../channels/channels.ts';
import type { Assignment } from '../departments/departments.schema.ts';
import type { Account, Case, Item } from './account.ts';
import type { Column } from './table.ts';

/** Names behind the codes of the API. */
export interface Names {
  department(code: string): string;
  role(code: string): string;
}

/** Columns and rows of one table of the account. */
export interface Rows {
  columns: Column[];
  rows: string[][];
}

const WHEN = 11;
const number: Column = { zh: '件', en: 'no', width: 3 };
const when = (zh: string, en: string): Column => ({ zh, en, width: WHEN });

/** `2026-09-30T16:40:00+08:00` as `09-30 16:40`. */
export const short = (instant: string | null): string =>
  instant === null ? '' : `${instant.slice(5, 10)} ${instant.slice(11, 16)}`;

/** A due time at the very end of a day is written as its 24:00. */
function until(instant: string | null): string {
  if (instant === null || !instant.slice(11).startsWith('00:00:00')) return short(instant);
  const eve = new Date(`${instant.slice(0, 10)}T00:00:00Z`);
  eve.setUTCDate(eve.getUTCDate() - 1);
  return `${eve.toISOString().slice(5, 10)} 24:00`;
}

export function arrivals({ items }: Account, names: Names): Rows {
  const columns = [
    number,
    when('收到', 'received'),
    { zh: '渠道', en: 'channel', width: 12 },
    { zh: '说了什么', en: 'what was said' },
    { zh: '去向', en: 'sent to', width: 14 },
    { zh: '依据', en: 'why' },
    when('转办时限', 'forward by'),
    when('转办', 'forwarded'),
  ];
  return { columns, rows: items.map((item) => [String(item.position), ...arrival(item, names)]) };
}

function arrival({ at, says, answer, appeal, assignment }: Item, names: Names): string[] {
  const channel = allChannels.find(({ name }) => name === says.channel)?.zh ?? '';
  const start = [short(at), `${channel} ${says.channel}`, says.body];
  if (!assignment) return [...start, '热线 the desk', '话务员当场答复 answered on the spot', '', ''];
  const to = names.department(assignment.department);
  if (answer.disposition === 'attached')
    return [...start, to, `同一人同一事，并入诉求 same matter as ${appeal.number}`, '', ''];
  return [...start, to, reasonOf(assignment), until(answer.forwardDueAt), short(assignment.assignedAt)];
}

function reasonOf({ reason }: Assignment): string {
  const { by, words, note } = reason as { by: string; words?: string[]; note?: string | null };
  return by === 'rule' ? `派单目录 catalogue: ${words?.join('、')}` : `值班员 dispatcher: ${note ?? ''}`;
}

export function textMessages({ items, cases }: Account): Rows {
  const columns = [
    number,
    when('承诺最迟', 'promised by'),
    when('发出', 'left'),
    { zh: '手机', en: 'to', width: 12 },
    { zh: '短信', en: 'text message' },
  ];
  const rows = cases
    .flatMap(({ receipts }) => receipts)
    .filter(({ status }) => status !== 'cancelled')
    .map(({ messageId, dueAt, sentAt, to, text }) => {
      const item = items.find(({ answer }) => answer.messageId === messageId);
      return [String(item?.position ?? ''), short(dueAt), short(sentAt), to, text ?? ''];
    });
  return { columns, rows: rows.sort(by(2, 0)) };
}

export function work({ cases }: Account, names: Names): Rows {
  const columns = [
    { ...number, width: 5 },
    { zh: '承办单位', en: 'department', width: 22 },
    when('派单', 'assigned'),
    when('签收', 'signed for'),
    when('反馈', 'result in'),
    { zh: '结果', en: 'result' },
  ];
  const rows = cases.flatMap(({ positions, assignments }) =>
    assignments.map(({ department, assignedAt, signedAt, submittedAt, returnedAt, returnReason, result }) => [
      positions.join(','),
      names.department(department),
      short(assignedAt),
      short(signedAt),
      short(submittedAt),
      returnedAt ? `${short(returnedAt)} 退单 sent back: ${returnReason}` : (result ?? ''),
    ]),
  );
  return { columns, rows };
}

const deadlineNames: Record<string, string> = {
  forward: '转办 forward',
  receipt: '回执 receipt',
  sign: '签收 sign',
  resolve: '办结 resolve',
};

export function reminders({ cases }: Account, names: Names): Rows {
  const columns = [
    number,
    when('催办', 'reminded'),
    { zh: '级', en: 'step', width: 4 },
    { zh: '时限', en: 'deadline', width: 12 },
    when('截止', 'due'),
    { zh: '现在谁手里', en: 'with', width: 22 },
    { zh: '找了谁', en: 'who was told' },
  ];
  const rows = cases.flatMap(({ positions, escalations }: Case) =>
    escalations.map(({ at, step, deadline, dueAt, role, department }) => [
      String(positions[0]),
      short(at),
      String(step),
      deadlineNames[deadline] ?? deadline,
      until(dueAt),
      department ? names.department(department) : '热线 the desk',
      names.role(role),
    ]),
  );
  return { columns, rows: rows.sort(by(1, 0, 3)) };
}

/** Orders rows by these cells, the first first. */
const by =
  (...cells: number[]) =>
  (a: string[], b: string[]): number => {
    const cell = cells.find((at) => a[at] !== b[at]);
    return cell === undefined ? 0 : (a[cell] ?? '') < (b[cell] ?? '') ? -1 : 1;
  };
