import { dateString, isWeekday } from '../../civil-date.ts';
import { DAYS, OTHER_DAYS, spell, type Undated } from './dates.ts';
import { Misread } from './mistake.ts';

/** What the sentences about one holiday have said so far. */
export interface Arrangement {
  off: Set<number>;
  /** Make-up workdays; `certain`: said to be worked, not only that their rest was moved elsewhere. */
  worked: Map<number, { certain: boolean }>;
  /** Said to be rest days or statutory holidays: they must be off when all is said. */
  resting: Set<number>;
  /** "Worked again from": says nothing new unless the day was off. */
  again: Set<number>;
  /** The days of the last clause that gave days off, for "共N天" after it. */
  lastOff: number[];
}

export const emptyArrangement = (): Arrangement => ({
  off: new Set(),
  worked: new Map(),
  resting: new Set(),
  again: new Set(),
  lastOff: [],
});

/** The last day off of a holiday as the table has it, for a notice that extends it. */
export type LastDayOff = (holiday: string) => number | undefined;

type Found = Record<string, string | undefined>;
type Rule = [pattern: RegExp, take: (found: Found, days: number[], into: Arrangement, lastDayOff: LastDayOff) => void];

/** How the notices of 2007 to 2026 say what they say. A clause that fits none of these is not understood. */
const rules: Rule[] = [
  [
    new RegExp(`^(?:其中)?${DAYS}(?:放假公休|调休放假|放假调休|放假|补休|调休|休息)(?:(?<count>\\d+)天)?$`),
    ({ days: piece = '', count }, days, into) => {
      into.lastOff = spell(piece, days);
      for (const day of into.lastOff) into.off.add(day);
      checkCount(count, into);
    },
  ],
  [/^共(?<count>\d+)天$/, ({ count }, _days, into) => checkCount(count, into)],
  [/^(?:不调休|与周末连休)$/, () => undefined],
  [
    new RegExp(`^(?:其中)?${DAYS}(?:照常|正常)?上班$`),
    ({ days: piece = '' }, days, into) => {
      for (const day of spell(piece, days)) into.worked.set(day, { certain: true });
    },
  ],
  [
    new RegExp(`^${DAYS}起(?:照常|正常)?上班$`),
    ({ days: piece = '' }, days, into) => {
      for (const day of spell(piece, days)) into.again.add(day);
    },
  ],
  [
    new RegExp(`^(?:其中)?将?${DAYS}(?:[两三四]个)?公休日(?:分别)?调[至到]${OTHER_DAYS}$`),
    ({ days: from = '', others = '' }, days, into) => {
      for (const day of spell(from, days)) if (!into.worked.has(day)) into.worked.set(day, { certain: false });
      for (const day of spell(others, days)) into.off.add(day);
    },
  ],
  [
    new RegExp(`^(?:其中)?${DAYS}(?:照常公休|为公休日|为法定节?假日)$`),
    ({ days: piece = '' }, days, into) => {
      for (const day of spell(piece, days)) into.resting.add(day);
    },
  ],
  [
    new RegExp(`^延长(?:\\d{4}年)?(?<holiday>[^\\d年]{2,12})假期至${DAYS}$`),
    ({ holiday = '', days: piece = '' }, days, into, lastDayOff) => {
      const last = lastDayOff(holiday);
      const [until = 0] = spell(piece, days);
      if (last === undefined || until <= last || until - last > 31)
        throw new Misread(`the table has no ${holiday} that this could extend`, `日历中没有可延长的${holiday}假期`);
      for (let day = last + 1; day <= until; day++) into.off.add(day);
    },
  ],
];

/** Adds what a sentence says. @throws Misread when a clause fits no rule, or contradicts what was said before. */
export function takeSentence({ text, days }: Undated, into: Arrangement, lastDayOff: LastDayOff): void {
  // Advice to employers: nobody has to follow it, so it makes no day off.
  if (text.startsWith('鼓励')) return;
  const left = [...days];
  for (const clause of text.split(',').filter((part) => part !== '' && part !== '其中')) {
    const rule = rules.find(([pattern]) => pattern.test(clause));
    if (!rule) throw new Misread('is not understood', '无法理解');
    const [pattern, take] = rule;
    take(pattern.exec(clause)?.groups ?? {}, left, into, lastDayOff);
  }
}

function checkCount(count: string | undefined, { lastOff }: Arrangement): void {
  if (count !== undefined && Number(count) !== lastOff.length)
    throw new Misread(`says ${count} days but names ${lastOff.length}`, `称共${count}天，实为${lastOff.length}天`);
}

/** The days of a finished arrangement. `wasOff`: as the table has it so far. @throws Misread for a contradiction. */
export function conclude(
  { off, worked, resting, again }: Arrangement,
  wasOff: (day: number) => boolean,
): { off: number[]; worked: number[] } {
  for (const day of resting)
    if (!off.has(day)) throw contradiction(day, 'is called a rest day but not given off', '称为公休但未放假');
  const workdays = [...again].filter((day) => wasOff(day) || !isWeekday(day));
  for (const [day, { certain }] of worked) {
    if (certain && off.has(day)) throw contradiction(day, 'is called both off and worked', '既放假又上班');
    if (off.has(day)) continue;
    if (isWeekday(day) && !wasOff(day))
      throw contradiction(day, 'is worked anyway, and cannot be a make-up workday', '本为工作日，不能作为调休上班日');
    workdays.push(day);
  }
  for (const day of again) if (off.has(day)) throw contradiction(day, 'is called both off and worked', '既放假又上班');
  return { off: [...off], worked: workdays };
}

const contradiction = (day: number, en: string, zh: string): Misread =>
  new Misread(`${dateString(day)} ${en}`, `${dateString(day)}${zh}`);
