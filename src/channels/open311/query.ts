import { fieldProblem } from '../../platform/problem.ts';
import { closedStatuses, openToEverybody } from './request.view.ts';

/** The standard's own bounds of one search. */
const DAYS_90_MS = 90 * 86_400_000;
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
export function readQuery(query: Query, now: Date) {
  const numbers = listOf(query, 'service_request_id');
  const [start, end] = [timeOf(query, 'start_date'), timeOf(query, 'end_date')];
  const to = end ?? (start ? new Date(start.getTime() + DAYS_90_MS) : now);
  const earliest = new Date(to.getTime() - DAYS_90_MS);
  const from = start && start > earliest ? start : earliest;
  const pageSize = countOf(query, 'page_size') ?? MOST_RESULTS;
  const page = countOf(query, 'page') ?? 1;
  const offset = (page - 1) * pageSize;
  return {
    filter: {
      numbers,
      statuses: listOf(query, 'status')?.flatMap((status) => {
        if (status === 'open') return openToEverybody;
        if (status === 'closed') return closedStatuses;
        throw fieldProblem('status', 'must be open or closed', '应为 open 或 closed');
      }),
      ...(numbers ? {} : { from, to }),
    },
    serviceCodes: listOf(query, 'service_code'),
    page: { limit: Math.max(0, Math.min(pageSize, MOST_RESULTS - offset)), offset },
  };
}

function timeOf(query: Query, name: string): Date | undefined {
  const text = textOf(query, name);
  if (text === undefined) return undefined;
  // A plus sign that was not encoded arrives as a blank.
  const time = /^\d{4}-\d{2}-\d{2}/.test(text)
    ? new Date(text.replace(/ (?=\d{2}:?\d{2}$)/, '+'))
    : new Date(Number.NaN);
  const year = time.getUTCFullYear();
  if (year >= 1970 && year <= 2100) return time;
  throw fieldProblem(name, 'is not a time, such as 2026-03-10T00:00:00+08:00', '不是有效时间');
}

function countOf(query: Query, name: string): number | undefined {
  const text = textOf(query, name);
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,2}$|^1000$/.test(text)) return Number(text);
  throw fieldProblem(name, 'must be from 1 to 1000', '应为 1 至 1000');
}
