import { dateString, parseDate, weekdayOf, yearOf } from '../../civil-date.ts';
import { Misread } from './mistake.ts';

/** Stands for one written day in a sentence whose days were taken out. */
const DAY = '\uE000';

/** `1月1日（周四）`: year and month are left out where they go on from the day before. The remark in brackets goes along. */
const WRITTEN = /(?:(\d{4})年)?(?:(\d{1,2})月)?(\d{1,2})日(\([^()]*\))?/g;
const SPAN = `${DAY}(?:[至到—–~-]+${DAY})?`;
/** One or several days or spans of days, as a piece of a regular expression. */
export const DAYS = `(?<days>${SPAN}(?:[、和及与]${SPAN})*)`;
export const OTHER_DAYS = DAYS.replace('<days>', '<others>');

const WEEKDAYS = '一二三四五六日';
const LONGEST_SPAN = 31;

/** A sentence without its days, and the days in the order they were written. */
export interface Undated {
  text: string;
  days: number[];
}

/** Where the reading is: what a day without year and month goes on from. */
export interface Reading {
  year: number;
  last: number | undefined;
}

/** Takes the days out of a sentence. @throws Misread for what is no day, or another weekday than it says. */
export function takeDays(sentence: string, reading: Reading): Undated {
  const days: number[] = [];
  const text = sentence.replaceAll(WRITTEN, (written, year, month, day, remark) => {
    const found = dayOf(written, { year, month, day }, reading);
    checkRemark(written, remark, found);
    days.push(found);
    reading.last = found;
    return DAY;
  });
  return { text, days };
}

export const hasDays = (text: string): boolean => text.includes(DAY);

/** Consumes as many days as the piece of text names, spans filled. @throws Misread for a span that runs backwards. */
export function spell(piece: string, days: number[]): number[] {
  return piece.split(/[、和及与]/).flatMap((span) => {
    const from = days.shift() ?? 0;
    const to = [...span].filter((char) => char === DAY).length > 1 ? (days.shift() ?? 0) : from;
    if (to < from || to - from >= LONGEST_SPAN)
      throw new Misread('names a span of days that ends before it begins, or is too long', '起止日期有误');
    return Array.from({ length: to - from + 1 }, (_, at) => from + at);
  });
}

function dayOf(
  written: string,
  { year, month, day }: { year?: string; month?: string; day: string },
  { year: noticeYear, last }: Reading,
): number {
  const ofMonth = month ?? (last === undefined ? undefined : monthOf(last));
  if (ofMonth === undefined) throw new Misread(`${written} has no month`, `${written}缺少月份`);
  if (year !== undefined) return mustExist(written, Number(year), ofMonth, day);
  if (last === undefined) return mustExist(written, noticeYear, ofMonth, day);
  // Around New Year the year that is left out is the one that lies nearest.
  const around = [yearOf(last), yearOf(last) - 1, yearOf(last) + 1];
  const near = around
    .flatMap((candidate) => exists(candidate, ofMonth, day) ?? [])
    .filter((candidate) => Math.abs(candidate - last) <= LONGEST_SPAN);
  const [nearest] = near.sort((a, b) => Math.abs(a - last) - Math.abs(b - last));
  return nearest ?? mustExist(written, noticeYear, ofMonth, day);
}

function exists(year: number, month: string, day: string): number | undefined {
  try {
    return parseDate(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function mustExist(written: string, year: number, month: string, day: string): number {
  const found = exists(year, month, day);
  if (found === undefined) throw new Misread(`${written} is no day of ${year}`, `${year}年没有${written}`);
  return found;
}

const monthOf = (day: number): string => dateString(day).slice(5, 7);

function checkRemark(written: string, remark: string | undefined, day: number): void {
  if (remark === undefined) return;
  if (/\d/.test(remark)) throw new Misread(`the remark ${remark} is not understood`, `无法理解${remark}`);
  const said = /(?:周|星期)([一二三四五六日天])/.exec(remark)?.[1];
  if (said === undefined) return;
  if (WEEKDAYS.indexOf(said === '天' ? '日' : said) !== weekdayOf(day))
    throw new Misread(
      `${written} is a 星期${WEEKDAYS[weekdayOf(day)]}`,
      `${written}实为星期${WEEKDAYS[weekdayOf(day)]}`,
    );
}
