import { DAY_MS, dateString, MINUTE_MS, parseDate } from './civil-date.ts';
import { createOffsets, firstWhere } from './zone-offsets.ts';

/** Wall-clock arithmetic of one time zone. Every function throws a RangeError for an invalid Date; none uses `this`. */
export interface Zone {
  readonly name: string;
  /** The day on the zone's calendar, as days since 1970-01-01. */
  epochDay(instant: Date): number;
  /** What the zone's clock shows, in milliseconds since it showed midnight: 0 to 86,399,999. */
  msOfDay(instant: Date): number;
  /** The same in whole minutes: 0 to 1439. */
  minuteOfDay(instant: Date): number;
  /**
   * When the zone's clock shows a time on a day. 1440 minutes (24:00) is the next midnight; parts of a minute are kept to
   * the millisecond. A time that the clock skips is the first instant after the gap; one that it shows twice, the earlier.
   */
  instantOf(epochDay: number, minutesOfDay: number): Date;
  /** RFC 3339 with the zone's offset, milliseconds only when not zero: `2026-09-30T10:00:00+08:00`. */
  formatInstant(instant: Date): string;
  /** `YYYY-MM-DD` of days since 1970-01-01. */
  dateString(epochDay: number): string;
  /** `YYYY-MM-DD` as days since 1970-01-01. */
  parseDate(text: string): number;
}

/** @param name of the IANA database. @throws RangeError when it is not known. */
export function createZone(name: string): Zone {
  const offsetAt = createOffsets(name);
  const wallOf = (instant: Date): number => instant.getTime() + offsetAt(instant.getTime());
  const epochDay = (instant: Date): number => Math.floor(wallOf(instant) / DAY_MS);
  const msOfDay = (instant: Date): number => {
    const wall = wallOf(instant);
    return wall - Math.floor(wall / DAY_MS) * DAY_MS;
  };

  function instantOf(day: number, minutesOfDay: number): Date {
    const wall = day * DAY_MS + Math.round(minutesOfDay * MINUTE_MS);
    // No offset reaches a day, so these are the offsets on either side of any change of the clocks near this time.
    const [before, after] = [offsetAt(wall - DAY_MS), offsetAt(wall + DAY_MS)];
    const earlier = wall - Math.max(before, after);
    if (before === after) return new Date(earlier);
    if (earlier + offsetAt(earlier) === wall) return new Date(earlier);
    const later = wall - Math.min(before, after);
    if (later + offsetAt(later) === wall) return new Date(later);
    return new Date(firstWhere((at) => offsetAt(at) === after, earlier, later));
  }

  function formatInstant(instant: Date): string {
    const offset = offsetAt(instant.getTime());
    // RFC 3339 knows no seconds of offset, which only local mean times before 1972 have.
    if (offset % MINUTE_MS !== 0) return withoutZeroMs(instant.toISOString());
    return withoutZeroMs(new Date(instant.getTime() + offset).toISOString()).slice(0, -1) + offsetText(offset);
  }

  return {
    name,
    epochDay,
    msOfDay,
    minuteOfDay: (instant) => Math.floor(msOfDay(instant) / MINUTE_MS),
    instantOf,
    formatInstant,
    dateString,
    parseDate,
  };
}

const withoutZeroMs = (iso: string): string => (iso.endsWith('.000Z') ? `${iso.slice(0, -5)}Z` : iso);

function offsetText(offset: number): string {
  const minutes = Math.abs(offset) / MINUTE_MS;
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
