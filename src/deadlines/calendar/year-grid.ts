import { isWeekday, parseDate, weekdayOf } from '../civil-date.ts';
import { type CalendarDay, type DayKind, effectiveDays } from './calendar.ts';

/** After the day's number: off on a weekday, worked on a weekend, worked in part. Plain weekends have a dot. */
const marks: Record<DayKind, string> = { 'day-off': '休', workday: '班', 'half-day': '半' };
const WIDTH = 7 * 5;
const ACROSS = 3;

/**
 * A year for a person to look at: three months in a row, weeks from Monday. Every cell is as wide as its mark, a Chinese
 * character that takes two columns of a terminal.
 */
export function yearGrid(year: number, days: readonly CalendarDay[]): string {
  const named = effectiveDays(days);
  const months = Array.from({ length: 12 }, (_, at) => monthLines(year, at + 1, named));
  const rows: string[] = [];
  for (let at = 0; at < months.length; at += ACROSS) {
    const beside = months.slice(at, at + ACROSS);
    for (let line = 0; line < 8; line++)
      rows.push(
        beside
          .map((month) => month[line] ?? '')
          .join('  ')
          .trimEnd(),
      );
  }
  return rows.join('\n');
}

function monthLines(year: number, month: number, named: ReadonlyMap<string, CalendarDay>): string[] {
  const prefix = `${year}-${String(month).padStart(2, '0')}`;
  const first = parseDate(`${prefix}-01`);
  const count = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const before = weekdayOf(first);
  const cells = Array.from({ length: 42 }, (_, at) => {
    const day = at - before + 1;
    if (day < 1 || day > count) return ' '.repeat(5);
    return ` ${String(day).padStart(2)}${markOf(first + day - 1, named.get(`${prefix}-${String(day).padStart(2, '0')}`))}`;
  });
  const title = `${month}月`;
  const weeks = Array.from({ length: 6 }, (_, week) => cells.slice(week * 7, week * 7 + 7).join(''));
  return [
    ` ${title}${' '.repeat(WIDTH - title.length - 2)}`,
    [...'一二三四五六日'].map((name) => ` ${name}  `).join(''),
    ...weeks,
  ];
}

function markOf(day: number, named: CalendarDay | undefined): string {
  if (named) return marks[named.kind];
  return isWeekday(day) ? '  ' : '· ';
}
