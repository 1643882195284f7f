import { fieldProblem, ProblemError, type ProblemField } from '../../platform/problem.ts';
import { parseDate, yearOf } from '../civil-date.ts';
import type { CalendarInput } from './calendar.schema.ts';
import type { CalendarDay } from './calendar.ts';
import type { CalendarChange } from './day-table.ts';
import { readNotice } from './notice/notice.ts';

/**
 * What an import asks for, checked against the table it would change.
 * @throws ProblemError 400 that names every mistake with its place; of a notice, with the sentence.
 */
export function readInput(input: CalendarInput, known: readonly CalendarDay[]): CalendarChange {
  const forms = [input.notice, input.holidayCn, input.set ?? input.remove].filter((form) => form !== undefined);
  if (forms.length !== 1)
    throw fieldProblem(
      '',
      'takes one of: notice, holidayCn, or set and remove',
      '应提供 notice、holidayCn 或 set/remove 之一',
    );
  if (input.notice !== undefined) return fromNotice(input.notice, input, known);
  if (input.year !== undefined) throw fieldProblem('/year', 'goes with a notice only', '仅可与 notice 一同提供');
  return input.holidayCn ? fromHolidayCn(input.holidayCn, input.source) : fromDays(input, known);
}

function fromNotice(
  text: string,
  { year, source: given }: CalendarInput,
  known: readonly CalendarDay[],
): CalendarChange {
  const read = readNotice(text, known, year);
  if ('mistakes' in read) {
    throw mistaken(
      read.mistakes.map(({ sentence, en, zh }) => ({
        pointer: '/notice',
        detail: `“${sentence}”: ${en}`,
        detailZh: `“${sentence}”: ${zh}`,
      })),
    );
  }
  if (year !== undefined && year !== read.year)
    throw fieldProblem('/year', `is not the year of the notice, ${read.year}`, `与通知年份${read.year}不符`);
  const source = given ?? read.source;
  if (source === undefined) throw sourceMissing();
  return { source, set: read.days.map((day) => ({ ...day, source })), remove: [] };
}

function fromHolidayCn(
  { year, papers = [], days }: NonNullable<CalendarInput['holidayCn']>,
  given: string | undefined,
): CalendarChange {
  const source = given ?? (papers.join(' ') || `holiday-cn ${year}`);
  const set = days.map(({ date, name, isOffDay }): CalendarDay => {
    return { date, name, kind: isOffDay ? 'day-off' : 'workday', scope: 'national', source };
  });
  const mistakes = set.flatMap(({ date }, at): ProblemField[] => {
    const pointer = `/holidayCn/days/${at}/date`;
    const day = dayOf(date);
    if (day === undefined) return [{ pointer, detail: 'is no day of the calendar', detailZh: '不是有效日期' }];
    if (yearOf(day) !== year && !date.startsWith(`${year - 1}-12-`))
      return [
        {
          pointer,
          detail: `is not in ${year}, nor in the December before`,
          detailZh: `不在${year}年及上年12月内`,
        },
      ];
    return [];
  });
  return checked({ source, set, remove: [] }, '/holidayCn/days', mistakes);
}

function fromDays({ set = [], remove = [], source }: CalendarInput, known: readonly CalendarDay[]): CalendarChange {
  if (source === undefined) throw sourceMissing();
  const inTable = new Set(known.map(({ date, scope }) => `${date} ${scope}`));
  const both = new Set(set.map(({ date, scope }) => `${date} ${scope}`));
  const mistakes = [
    ...set.flatMap(({ date, kind, worked }, at): ProblemField[] => {
      const pointer = `/set/${at}`;
      if (dayOf(date) === undefined)
        return [
          { pointer: `${pointer}/date`, detail: 'is no day of 2000 to 2100', detailZh: '不是2000至2100年间的日期' },
        ];
      if ((kind === 'half-day') !== (worked !== undefined))
        return [
          {
            pointer: `${pointer}/worked`,
            detail: 'is required of a half day, and of no other',
            detailZh: '半天须写明，其他日期不得写明',
          },
        ];
      if ((worked?.from ?? '00:00') >= (worked?.to ?? '24:00'))
        return [{ pointer: `${pointer}/worked`, detail: 'ends before it begins', detailZh: '结束早于开始' }];
      return [];
    }),
    ...remove.flatMap((day, at): ProblemField[] => {
      const key = `${day.date} ${day.scope}`;
      if (both.has(key)) return [{ pointer: `/remove/${at}`, detail: 'is also set', detailZh: '同时又被设置' }];
      return inTable.has(key)
        ? []
        : [{ pointer: `/remove/${at}`, detail: 'is not in the calendar', detailZh: '不在日历中' }];
    }),
  ];
  return checked({ source, set: set.map((day) => ({ ...day, source })), remove }, '/set', mistakes);
}

/** Two words on one day are a contradiction, whatever else is right. */
function checked(change: CalendarChange, pointer: string, mistakes: ProblemField[]): CalendarChange {
  if (mistakes.length === 0) {
    const seen = new Map<string, number>();
    for (const [at, { date, scope }] of change.set.entries()) {
      const first = seen.get(`${date} ${scope}`);
      if (first !== undefined)
        mistakes.push({ pointer: `${pointer}/${at}`, detail: `names ${date} again`, detailZh: `重复写了${date}` });
      seen.set(`${date} ${scope}`, at);
    }
  }
  if (mistakes.length > 0) throw mistaken(mistakes);
  return change;
}

function dayOf(date: string): number | undefined {
  try {
    const day = parseDate(date);
    return yearOf(day) >= 2000 && yearOf(day) <= 2100 ? day : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const mistaken = (errors: ProblemField[]): ProblemError =>
  new ProblemError(
    'validation',
    {
      en: errors.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; '),
      zh: errors.map(({ pointer, detailZh }) => `${pointer} ${detailZh}`).join('；'),
    },
    { errors },
  );

const sourceMissing = (): ProblemError =>
  fieldProblem('/source', 'is required: by whose word, or which decision', '为必填项：请写明依据');
