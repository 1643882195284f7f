import { wrap } from '../platform/text-layout.ts';
import { type Account, figuresOf } from './account.ts';
import { arrivals, type Names, type Rows, reminders, short, textMessages, work } from './rows.ts';
import { closingSentences } from './sentences.ts';
import { type Style, table } from './table.ts';

export interface Paper {
  /** Columns of the terminal. */
  width: number;
  style: Style;
}

/** The whole account for a reader who knows the city and not the software. */
export function print(account: Account, names: Names, { width, style }: Paper): string {
  const lines = (text: string): string => wrap(text, width).join('\n');
  const title = (zh: string, en: string): string => `\n${style.strong(zh)}  ${style.faint(en)}\n`;
  const part = (zh: string, en: string, { columns, rows }: Rows): string[] => [
    title(zh, en),
    table(columns, rows, width, style),
  ];
  return [
    style.strong('民声 Minsheng：国庆节前一天的诉求'),
    style.faint('One day of appeals, the eve of National Day, Wednesday 2026-09-30, and what became of them by 10-13.'),
    style.faint('10-01 至 10-07 放假，10-10（星期六）补班。 Holidays 10-01 to 10-07; Saturday 10-10 is a working day.'),
    ...part('一、来件与去向', 'What came in, and where it went', arrivals(account, names)),
    ...part('二、短信回执', 'What the citizens were told (the query code only they can see)', textMessages(account)),
    ...part('三、承办', 'What the departments did', work(account, names)),
    ...part('四、催办', 'Who was reminded, and when (step 0 comes before the deadline)', reminders(account, names)),
    title('五、市民查询', 'What the citizen of no 4 sees with number and query code'),
    ...citizenLines(account).map(lines),
    title('六、小结', 'In short'),
    ...closingSentences(figuresOf(account)).map(lines),
  ].join('\n');
}

function citizenLines({ citizen }: Account): string[] {
  const { number, statusText, departmentName, resolveDueAt, steps } = citizen;
  return [
    `编号${number}：${statusText}；承办单位：${departmentName}；办理时限：${short(resolveDueAt)}`,
    ...steps.map(({ at, text }) => `  ${short(at)}  ${text}`),
  ];
}
