import type { Zone } from '../../deadlines/zone.ts';
import { fieldProblem } from '../../platform/problem.ts';
import { closedStatuses, openToEverybody } from './request.view.ts';

/** The standard's own bounds of one search. */
const DAY_MS = 86_400_000;
const DAYS_90_MS = 90 * DAY_MS;
const MOST_RESULTS = 1_000;
const MOST_VALUES = 200;

export type Query = Readonly<Record<string, unknown>>;

/** One argument; of a repeated one the last. */
export function textOf(query: Query, name: string): string | undefined {
  const value = query[name];
  const last: unknown = Array.isArray(value) ? value.at(-1) : value;
  return typeof last === 'string' && last.trim() !== '' ? last.trim() : undefined;
}

const listOf = (query: Query, name: string): string[] | undefined => {
  const values = textOf(query, name)
    ?.split(',')
    .map((value) => value.trim())
    .filter(Boolean);
  if (values && values.length > MOST_VALUES)
    throw fieldProblem(name, `holds more than ${MOST_VALUES} values`, `超过 ${MOST_VALUES} 个值`);
  return values;
};

/**
 * What `GET requests` asks for. Without ids: at most 90 days, the last ones unless `start_date` alone says otherwise. At
 * most 1000 results, all on one page unless `page_size` asks for less. @throws ProblemError 400 naming the argument.
 */
export function readQuery(query: Query, now: Date, zone: Zone) {
  const numbers = listOf(query, 'service_request_id');
  // Ids override all other arguments, says the standard; they stay divided into pages.
  const others = numbers ? {} : query;
  const [start, end] = [timeOf(others, 'start_date', zone), timeOf(others, 'end_date', zone)];
  const to = end ?? (start ? new Date(start.getTime() + DAYS_90_MS) : now);
  const earliest = new Date(to.getTime() - DAYS_90_MS);
  const from = start && start > earliest ? start : earliest;
  const pageSize = countOf(query, 'page_size') ?? MOST_RESULTS;
  const page = countOf(query, 'page') ?? 1;
  const offset = (page - 1) * pageSize;
  return {
    filter: {
      numbers,
      statuses: listOf(others, 'status')?.flatMap((status) => {
        if (status === 'open') return openToEverybody;
        if (status === 'closed') return closedStatuses;
        throw fieldProblem('status', 'must be open or closed', '应为 open 或 closed');
      }),
      ...(numbers ? {} : { from, to }),
    },
    serviceCodes: listOf(others, 'service_code'),
    page: { limit: Math.max(0, Math.min(pageSize, MOST_RESULTS - offset)), offset },
  };
}

/** A day alone is the city's whole day: from its first moment, or to its last. So is a time without an offset the city's. */
function timeOf(query: Query, name: 'start_date' | 'end_date', zone: Zone): Date | undefined {
  const text = textOf(query, name);
  if (text === undefined) return undefined;
  const [, date = '', time, offset] =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(.*))?$/.exec(text) ?? [];
  const midnight = midnightOf(date, zone);
  // A plus sign that was not encoded arrives as a blank.
  const instant = offset ? new Date(`${date}T${time}${offset.replace(/^ (?=\d{2}:?\d{2}$)/, '+')}`) : undefined;
  const ofDay = time === undefined ? 0 : Date.parse(`1970-01-01T${time}Z`);
  const local = midnight && new Date(midnight.getTime() + ofDay);
  if (midnight && local && time === undefined && name === 'end_date') local.setTime(midnight.getTime() + DAY_MS - 1);
  const found = midnight && (instant ?? local);
  const year = found?.getUTCFullYear() ?? Number.NaN;
  if (found && year >= 1970 && year <= 2100) return found;
  throw fieldProblem(name, 'is not a time, such as 2026-03-10 or 2026-03-10T00:00:00+08:00', '不是有效时间');
}

/** Undefined: there is no such day. */
function midnightOf(date: string, zone: Zone): Date | undefined {
  try {
    return zone.instantOf(zone.parseDate(date), 0);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function countOf(query: Query, name: string): number | undefined {
  const text = textOf(query, name);
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,2}$|^1000$/.test(text)) return Number(text);
  throw fieldProblem(name, 'must be from 1 to 1000', '应为 1 至 1000');
}
