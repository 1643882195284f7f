import { parse } from 'lossless-json';
import { unreadable } from '../webhook/raw-body.ts';

/** An object of Weibo's. Every number in it is text: ids are 64-bit and would lose their last digits. */
export type Fields = Readonly<Record<string, unknown>>;

/** @throws ProblemError 400 when this is no JSON object. */
export function readJson(source: string): Fields {
  let value: unknown;
  try {
    value = parse(source, undefined, (digits) => digits);
  } catch {
    // Not JSON, the same name twice, or nested deeper than anybody would.
    throw unreadable('is not valid JSON', '不是有效的 JSON');
  }
  const fields = fieldsOf(value);
  if (!fields) throw unreadable('is not a JSON object', '不是 JSON 对象');
  return fields;
}

export const fieldsOf = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;

export const idOf = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[0-9]{1,20}$/.test(value) ? value : undefined;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const TIME = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d{2}) (\d{2}:\d{2}:\d{2}) ([+-]\d{2})(\d{2}) (\d{4})$/;

/** `Mon Jul 16 18:09:20 +0800 2012`, as Weibo writes its times. */
export function timeOf(value: unknown): Date | undefined {
  const [, month = '', day, time, hours, minutes, year] = TIME.exec(typeof value === 'string' ? value : '') ?? [];
  const number = String(MONTHS.indexOf(month) + 1).padStart(2, '0');
  const date = new Date(`${year}-${number}-${day}T${time}${hours}:${minutes}`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
