import { dateString, parseDate, yearOf } from '../../civil-date.ts';
import type { CalendarDay } from '../calendar.ts';
import { type Arrangement, conclude, emptyArrangement, takeSentence } from './arrangement.ts';
import { hasDays, type Reading, takeDays } from './dates.ts';
import { Misread, type Mistake } from './mistake.ts';

export interface ReadNotice {
  /** From the text: number of the notice, otherwise its title. */
  source: string | undefined;
  year: number;
  days: Omit<CalendarDay, 'source'>[];
}

const NUMBER = /国办发(?:明电)?[〔[(]\d{4}[〕\])]\d+号/;
const TITLE = /关于(?:延长|调整)?(\d{4})年.{2,24}?的?通知/;
/** Named by every notice for a whole year; a paragraph that was lost in copying must not pass unseen. */
const HOLIDAYS = ['元旦', '春节', '清明节', '劳动节', '端午节', '中秋节', '国庆节'];
const HEADING = /^[^\d,]{2,40}$/;
const ORDINAL = /^[一二三四五六七八九十]+、/;
const SIGNATURE = /^(?:国务院办公厅)?(?:\d{4}年\d{1,2}月\d{1,2}日)?(?:\(此件公开发布\))?$/;
const ABOUT_DAYS = /放假|上班|调休/;
const ANNOUNCEMENT = /(?:如下|通知)$/;

/**
 * Reads the State Council's notice on the holidays of a year, or on a change to them (`known`: the table it changes). What
 * speaks of days must be understood to the last clause; salutation, signature and admonitions may say what they like.
 * @param year of a text that does not say it itself. Days that a later sentence names differently are a contradiction.
 */
export function readNotice(
  text: string,
  known: readonly CalendarDay[],
  year?: number,
): ReadNotice | { mistakes: Mistake[] } {
  const plain = text.normalize('NFKC').replaceAll(/\s/g, '').replaceAll(';', '。');
  const title = TITLE.exec(plain);
  const noticeYear = title ? Number(title[1]) : year;
  if (noticeYear === undefined)
    return { mistakes: [{ sentence: plain.slice(0, 40), en: 'no title says which year is meant', zh: '未写明年份' }] };
  const national = new Map(known.filter((day) => day.scope === 'national').map((day) => [parseDate(day.date), day]));
  const sections = readSections(plain, noticeYear, (holiday) => lastDayOff(national, holiday, noticeYear));
  const mistakes = [...sections.mistakes];
  const days = new Map<number, ReadNotice['days'][number]>();
  for (const { name, arrangement, sentence } of sections.read) {
    try {
      const { off, worked } = conclude(arrangement, (day) => national.get(day)?.kind === 'day-off');
      for (const [list, kind] of [[off, 'day-off'] as const, [worked, 'workday'] as const])
        for (const day of list) {
          checkDay(day, noticeYear, days.get(day)?.kind ?? kind, kind);
          days.set(day, { date: dateString(day), name, kind, scope: 'national' });
        }
    } catch (error) {
      mistakes.push(mistakeOf(sentence, error));
    }
  }
  const named = sections.read.flatMap(({ name }) => name.split('、'));
  if (plain.includes('部分节假日安排'))
    for (const holiday of HOLIDAYS.filter((wanted) => !named.includes(wanted)))
      mistakes.push({ sentence: holiday, en: 'is not arranged, although the notice is for the year', zh: '未作安排' });
  if (mistakes.length === 0 && days.size === 0)
    mistakes.push({ sentence: plain.slice(0, 40), en: 'names no days', zh: '未写明日期' });
  if (mistakes.length > 0) return { mistakes };
  const source = NUMBER.exec(plain)?.[0].replace(/[[(]/, '〔').replace(/[\])]/, '〕') ?? title?.[0];
  return { source, year: noticeYear, days: [...days.values()].sort((a, b) => a.date.localeCompare(b.date)) };
}

interface Section {
  name: string;
  arrangement: Arrangement;
  /** Its first sentence, to name it by. */
  sentence: string;
}

function readSections(plain: string, year: number, last: (holiday: string) => number | undefined) {
  const read: Section[] = [];
  const mistakes: Mistake[] = [];
  let name = HOLIDAYS.find((holiday) => TITLE.exec(plain)?.[0].includes(holiday)) ?? '节假日';
  let reading: Reading = { year, last: undefined };
  let section: Section | undefined;
  for (const sentence of plain.split(/[。:]/)) {
    const body = sentence.replace(ORDINAL, '');
    if (SIGNATURE.test(body)) continue;
    if (isHeading(sentence, body)) {
      name = body;
      section = undefined;
      reading = { year, last: undefined };
      continue;
    }
    try {
      const undated = takeDays(body, reading);
      if (!hasDays(undated.text) && (!ABOUT_DAYS.test(body) || ANNOUNCEMENT.test(body)) && !/^共\d/.test(body))
        continue;
      if (!section) {
        section = { name, arrangement: emptyArrangement(), sentence };
        read.push(section);
      }
      takeSentence(undated, section.arrangement, last);
    } catch (error) {
      mistakes.push(mistakeOf(sentence, error));
    }
  }
  return { read, mistakes };
}

/** `五、端午节` whatever it is called, and a known holiday without a number too. */
function isHeading(sentence: string, body: string): boolean {
  return (body !== sentence && HEADING.test(body)) || body.split('、').every((name) => HOLIDAYS.includes(name));
}

function lastDayOff(national: ReadonlyMap<number, CalendarDay>, holiday: string, year: number): number | undefined {
  const days = [...national].filter(
    ([day, { kind, name }]) => kind === 'day-off' && yearOf(day) === year && name.split('、').includes(holiday),
  );
  return days.length === 0 ? undefined : Math.max(...days.map(([day]) => day));
}

function checkDay(day: number, year: number, before: string, kind: string): void {
  if (before !== kind)
    throw new Misread(`${dateString(day)} is called both off and worked`, `${dateString(day)}既放假又上班`);
  if (yearOf(day) !== year && dateString(day).slice(0, 7) !== `${year - 1}-12`)
    throw new Misread(`${dateString(day)} is no day of ${year}`, `${dateString(day)}不在${year}年`);
}

function mistakeOf(sentence: string, error: unknown): Mistake {
  if (!(error instanceof Misread)) throw error;
  return { sentence, en: error.message, zh: error.zh };
}
