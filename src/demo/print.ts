import { allChannels } from '../channels/channels.ts';
import type { Assignment } from '../departments/departments.schema.ts';
import { type Account, type Case, type Figures, figuresOf, type Item } from './account.ts';
import { closingSentences } from './sentences.ts';
import { type Style, table, wrap } from './table.ts';

/** Names behind the codes of the API. */
export interface Names {
  department(code: string): string;
  role(code: string): string;
}

export interface Paper {
  /** Columns of the terminal. */
  width: number;
  style: Style;
}

/** The whole account for a reader who knows the city and not the software. */
export function print(account: Account, names: Names, { width, style }: Paper): string {
  const title = (zh: string, en: string): string => `\n${style.strong(zh)}  ${style.faint(en)}\n`;
  const line = (text: string): string => wrap(text, width).join('\n');
  const figures = figuresOf(account);
  return [
    style.strong('民声 Minsheng · 国庆节前一天的诉求'),
    style.faint('The appeals of one day, the eve of National Day: 2026-09-30, and what became of them until 10-13'),
    style.faint('10-01 至 10-07 放假，10-10（星期六）补班  Holidays 10-01 to 10-07; Saturday 10-10 is a working day'),
    title('一、来件与去向', 'What came in, and where it went'),
    table(inColumns, account.items.map(inRow(names)), width, style),
    title('二、短信回执', 'What the citizens were told'),
    table(receiptColumns, receiptRows(account.cases), width, style),
    title('三、承办', 'What the departments did'),
    table(workColumns, workRows(account.cases, names), width, style),
    title('四、催办', 'Who was reminded, and when'),
    table(ladderColumns, ladderRows(account.cases, names), width, style),
    title('五、市民查询', 'What the citizen sees with number and query code'),
    ...citizenLines(account).map(line),
    title('六、小结', 'In short'),
    ...closingSentences(figures).map(line),
  ].join('\n');
}

export const summary = (account: Account): Figures => figuresOf(account);

/** `2026-09-30T16:40:00+08:00` as `09-30 16:40`; seconds only where there are any. */
export const short = (instant: string | null): string =>
  instant === null ? '' : `${instant.slice(5, 10)} ${instant.slice(11, 19).replace(/:00$/, '')}`;

/** The end of a day is written as its 24:00. */
const until = (instant: string | null): string => {
  if (instant === null || !instant.slice(11).startsWith('00:00:00')) return short(instant);
  const eve = new Date(`${instant.slice(0, 10)}T00:00:00Z`);
  eve.setUTCDate(eve.getUTCDate() - 1);
  return `${eve.toISOString().slice(5, 10)} 24:00`;
};

const WHEN = 11;
const inColumns = [
  { zh: '#', en: '', width: 2 },
  { zh: '收到', en: 'received', width: WHEN },
  { zh: '渠道', en: 'channel', width: 12 },
  { zh: '说了什么', en: 'what was said' },
  { zh: '去向', en: 'sent to', width: 16 },
  { zh: '依据', en: 'why', width: 20 },
  { zh: '转办', en: 'forwarded', width: WHEN },
];

function inRow(names: Names): (item: Item) => string[] {
  return ({ position, at, says, answer, appeal, assignment }) => {
    const channel = allChannels.find(({ name }) => name === says.channel)?.zh ?? '';
    const start = [String(position), short(at), `${channel} ${says.channel}`, says.body];
    if (answer.disposition === 'attached')
      return [...start, names.department(appeal.assignment?.department ?? ''), '同一人同一事，并入同一诉求', '已转办'];
    if (!assignment) return [...start, '热线直接答复', '话务员当场答复', ''];
    return [...start, names.department(assignment.department), reasonOf(assignment), short(assignment.assignedAt)];
  };
}

function reasonOf({ reason }: Assignment): string {
  const { by, words, note } = reason as { by: string; words?: string[]; note?: string | null };
  return by === 'rule' ? `派单目录：${words?.join('、')}` : `值班员：${note ?? ''}`;
}

const receiptColumns = [
  { zh: '#', en: '', width: 5 },
  { zh: '最迟', en: 'promised by', width: WHEN },
  { zh: '发出', en: 'left', width: WHEN },
  { zh: '手机', en: 'to', width: 14 },
  { zh: '短信', en: 'text message' },
];

function receiptRows(cases: readonly Case[]): string[][] {
  return cases
    .flatMap(({ receipts, positions }) =>
      receipts.map((receipt, at) => ({ receipt, position: positions[at] ?? 0, positions })),
    )
    .filter(({ receipt }) => receipt.status !== 'cancelled')
    .sort((a, b) => ((a.receipt.sentAt ?? '') < (b.receipt.sentAt ?? '') ? -1 : 1))
    .map(({ receipt, positions }) => [
      positions.join(','),
      short(receipt.dueAt),
      short(receipt.sentAt),
      receipt.to,
      receipt.text ?? '',
    ]);
}

const workColumns = [
  { zh: '#', en: '', width: 5 },
  { zh: '单位', en: 'department', width: 24 },
  { zh: '派单', en: 'assigned', width: WHEN },
  { zh: '签收', en: 'signed for', width: WHEN },
  { zh: '办结反馈', en: 'result in', width: WHEN },
  { zh: '结果', en: 'result' },
];

function workRows(cases: readonly Case[], names: Names): string[][] {
  return cases.flatMap(({ positions, assignments }) =>
    assignments.map(({ department, assignedAt, signedAt, submittedAt, returnedAt, returnReason, result }) => [
      positions.join(','),
      names.department(department),
      short(assignedAt),
      short(signedAt),
      short(submittedAt),
      returnedAt ? `${short(returnedAt)} 退单：${returnReason}` : (result ?? ''),
    ]),
  );
}

const deadlineNames: Record<string, string> = {
  forward: '转办 forward',
  receipt: '回执 receipt',
  sign: '签收 sign',
  resolve: '办结 resolve',
};

const ladderColumns = [
  { zh: '#', en: '', width: 5 },
  { zh: '催办时间', en: 'when', width: WHEN },
  { zh: '级', en: 'step', width: 4 },
  { zh: '时限', en: 'deadline', width: 14 },
  { zh: '截止', en: 'due', width: WHEN },
  { zh: '找谁', en: 'who was told' },
];

function ladderRows(cases: readonly Case[], names: Names): string[][] {
  return cases
    .flatMap(({ positions, escalations }) => escalations.map((escalation) => ({ positions, escalation })))
    .sort((a, b) => (a.escalation.at < b.escalation.at ? -1 : 1))
    .map(({ positions, escalation: { at, step, deadline, dueAt, role, department } }) => [
      positions.join(','),
      short(at),
      String(step),
      deadlineNames[deadline] ?? deadline,
      until(dueAt),
      `${department ? names.department(department) : '热线'} ${names.role(role)}${step === 0 ? '（到期前提醒）' : ''}`,
    ]);
}

function citizenLines({ citizen }: Account): string[] {
  const { number, statusText, departmentName, resolveDueAt, steps } = citizen;
  return [
    `编号 ${number}：${statusText}，承办单位 ${departmentName}，承诺办结时间 ${short(resolveDueAt)}`,
    steps.map(({ at, text }) => `${short(at)} ${text}`).join('；'),
  ];
}
