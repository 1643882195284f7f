/** Calendar days and times of day as plain numbers, without a time zone. */

export const DAY_MS = 86_400_000;
export const MINUTE_MS = 60_000;

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** `YYYY-MM-DD` as days since 1970-01-01. @throws RangeError when the text is no such day. */
export function parseDate(text: string): number {
  const ms = DATE.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  // The engine reads 30 February as 2 March or refuses it, depending on its age: only what reads back is a day.
  if (Number.isNaN(ms) || dateString(ms / DAY_MS) !== text)
    throw new RangeError(`'${text}' is not a day written YYYY-MM-DD.`);
  return ms / DAY_MS;
}

/** Days since 1970-01-01 as `YYYY-MM-DD`. */
export function dateString(epochDay: number): string {
  return new Date(epochDay * DAY_MS).toISOString().slice(0, 10);
}

export function yearOf(epochDay: number): number {
  return new Date(epochDay * DAY_MS).getUTCFullYear();
}

/** Monday is 0. 1970-01-01 was a Thursday. */
export function weekdayOf(epochDay: number): number {
  return (((epochDay + 3) % 7) + 7) % 7;
}

/** Monday to Friday. */
export function isWeekday(epochDay: number): boolean {
  return weekdayOf(epochDay) < 5;
}

/** A policy's `HH:MM` (`24:00` allowed) as minutes of the day, 0 to 1440. The schema has checked the form. */
export function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
}

/** Whether a minute of the day lies in hours that may pass midnight; `from` belongs to them, `to` does not. */
export function isWithin(minute: number, from: number, to: number): boolean {
  return from <= to ? minute >= from && minute < to : minute >= from || minute < to;
}
