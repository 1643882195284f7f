import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { createCalendar } from '../../src/deadlines/calendar/calendar.ts';
import { stateCouncilDays } from '../../src/deadlines/calendar/state-council.ts';
import { dateString, isWeekday, parseDate } from '../../src/deadlines/civil-date.ts';

const FIRST_YEAR = 2018;
const LAST_YEAR = 2026;

/** Days as somebody else tells them. */
interface DayTable {
  name: string;
  /** The years it tells of. */
  years: number[];
  isWorkday(day: number): boolean;
}

export interface CalendarEvaluation {
  task: 'calendar';
  table: string;
  years: number[];
  days: number;
  differences: { date: string; here: 'worked' | 'off'; there: 'worked' | 'off' }[];
}

/**
 * Compares every day of 2018 to 2026 that another table tells of with our own calendar.
 * @param file a file, or a folder of files, in the form of the holiday-cn project; the npm package chinese-days when none.
 * @returns undefined when the file is not there or tells of no such year.
 */
export async function evaluateCalendar(
  file: string | undefined,
  write: (line: string) => void,
): Promise<CalendarEvaluation | undefined> {
  if (file !== undefined && !existsSync(file)) {
    write(`${file} is not there.`);
    return undefined;
  }
  const table = file === undefined ? await chineseDaysTable() : holidayCnTable(file);
  const years = table.years.filter((year) => year >= FIRST_YEAR && year <= LAST_YEAR);
  if (years.length === 0) {
    write(`${table.name} tells of no year from ${FIRST_YEAR} to ${LAST_YEAR}.`);
    return undefined;
  }
  const own = createCalendar({ version: 1, days: stateCouncilDays().days });
  const days = years.flatMap(daysOf);
  const differences = days
    .filter((day) => own.isWorkday(day) !== table.isWorkday(day))
    .map((day) => ({
      date: dateString(day),
      here: own.isWorkday(day) ? ('worked' as const) : ('off' as const),
      there: table.isWorkday(day) ? ('worked' as const) : ('off' as const),
    }));
  write(`${days.length} days of ${years.join(', ')} compared with ${table.name}: ${differences.length} differ.`);
  for (const { date, here, there } of differences) write(`  ${date}: here ${here}, there ${there}`);
  return { task: 'calendar', table: table.name, years, days: days.length, differences };
}

function daysOf(year: number): number[] {
  const first = parseDate(`${year}-01-01`);
  return Array.from({ length: parseDate(`${year + 1}-01-01`) - first }, (_, at) => first + at);
}

async function chineseDaysTable(): Promise<DayTable> {
  // The package reads days in the machine's zone, which it keeps from when it was loaded.
  process.env.TZ = 'Asia/Shanghai';
  const { default: chineseDays } = await import('chinese-days');
  return {
    name: 'chinese-days',
    years: Array.from({ length: LAST_YEAR - FIRST_YEAR + 1 }, (_, at) => FIRST_YEAR + at),
    isWorkday: (day) => chineseDays.isWorkday(dateString(day)),
  };
}

/** A year tells of itself when it names any day; a later year may also name the last days of December. */
function holidayCnTable(file: string): DayTable {
  const files = statSync(file).isDirectory()
    ? readdirSync(file)
        .filter((name) => name.endsWith('.json'))
        .map((name) => path.join(file, name))
    : [file];
  const told = new Map<number, boolean>();
  const years = new Set<number>();
  for (const name of files) {
    const { year, days } = JSON.parse(readFileSync(name, 'utf8')) as {
      year: number;
      days: { date: string; isOffDay: boolean }[];
    };
    if (days.length > 0) years.add(year);
    for (const { date, isOffDay } of days) told.set(parseDate(date), !isOffDay);
  }
  return {
    name: path.basename(file),
    years: [...years].sort((a, b) => a - b),
    isWorkday: (day) => told.get(day) ?? isWeekday(day),
  };
}
