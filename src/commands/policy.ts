import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { ConfigError } from '../config.ts';
import { createCalendar } from '../deadlines/calendar/calendar.ts';
import { stateCouncilDays } from '../deadlines/calendar/state-council.ts';
import { type ExampleTable, examplesOf } from '../deadlines/explain/examples.ts';
import { explainDeadlines, explainWork, type Section, sampleTexts } from '../deadlines/explain/explain-policy.ts';
import { bundledPolicies } from '../deadlines/policies/bundled.ts';
import type { Policy } from '../deadlines/policy.schema.ts';
import { checkPolicy } from '../deadlines/policy-check.ts';
import { createTimeRules } from '../deadlines/time-rules.service.ts';
import { pad, widthOf, wrap } from '../platform/text-layout.ts';

const USAGE = `minsheng policy check FILE   explains a city's rules of time, or names what is wrong with them
  FILE   a policy as JSON, or the code of one that comes with the service:
         ${bundledPolicies()
           .map((policy) => policy.code)
           .join(' ')}`;

/** `policy check FILE`: every rule in Chinese and English with example due times. 1: mistakes; 2: not understood. */
export async function runPolicy([task, file, ...rest]: string[]): Promise<number> {
  if (task !== 'check' || !file || rest.length > 0) {
    console.error(USAGE);
    return 2;
  }
  const document = await readDocument(file);
  const mistakes = checkPolicy(document);
  if (mistakes.length > 0) {
    console.error(`${file} 有${mistakes.length}处错误，不能使用。`);
    console.error(`${file} cannot be used. Mistakes: ${mistakes.length}`);
    for (const { pointer, detail, detailZh } of mistakes)
      console.error(`  ${pointer || '/'}\n    ${detailZh}\n    ${detail}`);
    return 1;
  }
  for (const line of explanation(document as Policy)) console.log(line);
  return 0;
}

async function readDocument(file: string): Promise<unknown> {
  const bundled = bundledPolicies();
  const own = bundled.find((policy) => policy.code === file);
  if (own && !existsSync(file)) return own;
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new ConfigError(
      `${file} cannot be read as JSON: ${(error as Error).message}. ` +
        `The policies that come with the service are ${bundled.map((policy) => policy.code).join(', ')}.`,
    );
  }
}

function explanation(policy: Policy): string[] {
  const { days } = stateCouncilDays();
  const lastKnownYear = Math.max(...days.map((day) => Number(day.date.slice(0, 4))));
  const rules = createTimeRules(policy, createCalendar({ version: 1, days }));
  return [
    policy.names.zh,
    policy.names.en,
    `${policy.code} · 第${policy.version}版 version ${policy.version}`,
    ...explainWork(policy).flatMap(sectionLines),
    ...explainDeadlines(policy).flatMap((section) => [
      ...sectionLines(section),
      ...tableLines(examplesOf(rules, section.name, lastKnownYear)),
    ]),
    '',
    '短信 SMS to citizens',
    ...sampleTexts(policy).flatMap(({ zh, en, text }) => [`  · ${zh} ${en}`, ...wrapped(text, '    ')]),
    '',
    `* 暂定：${lastKnownYear + 1}年放假安排尚未收录，按周一至周五为工作日推算，公布后重新计算。`,
    `* Provisional: the holidays of ${lastKnownYear + 1} are not known here; Monday to Friday are taken as worked, and the`,
    '  time is computed again when they are.',
  ];
}

function sectionLines({ title, sentences }: Section): string[] {
  return [
    '',
    `${title.zh} ${title.en}`,
    ...sentences.flatMap(({ zh, en }) => [...wrapped(zh, '  · '), ...wrapped(en, '    ')]),
  ];
}

function tableLines({ columns, rows }: ExampleTable): string[] {
  const cells = [
    ['起算 start', '', ...columns.map(({ zh }) => zh)],
    ['', '', ...columns.map(({ en }) => en)],
    ...rows.map(({ start, when, dues }) => [
      start,
      `${when.zh} ${when.en}`,
      ...dues.map(({ text, provisional }) => `${text}${provisional ? ' *' : ''}`),
    ]),
  ];
  const widths = cells[0]?.map((_, at) => Math.max(...cells.map((row) => widthOf(row[at] ?? '')))) ?? [];
  return cells.map((row) => `      ${row.map((cell, at) => pad(cell, widths[at] ?? 0)).join('  ')}`.trimEnd());
}

/** Columns of a line; the tables may need more. */
const WIDTH = 110;

/** Lines that fit; the first begins with the mark, the others below its text. */
function wrapped(text: string, mark: string): string[] {
  return wrap(text, WIDTH - mark.length).map((line, at) => (at === 0 ? mark : ' '.repeat(mark.length)) + line);
}
