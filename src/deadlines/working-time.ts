import { minutesOf, yearOf } from './civil-date.ts';
import { type Basis, workedHours } from './office-hours.ts';

/** The stretches of office hours of a day as instants, in order. */
function stretchesOf(basis: Basis, day: number): { from: number; to: number }[] {
  const at = (time: string): number => basis.zone.instantOf(day, minutesOf(time)).getTime();
  return workedHours(basis, day).map(({ from, to }) => ({ from: at(from), to: at(to) }));
}

/**
 * The instant at which so many milliseconds of office hours have passed since `start`. What starts outside them starts when
 * they next open; a stretch that is used up to its end ends there, not at the next opening. Provisional when a day of a year
 * without data was looked at.
 */
export function addWorkingMs(basis: Basis, start: Date, amount: number): { at: Date; provisional: boolean } {
  let left = amount;
  let provisional = false;
  for (let day = basis.zone.epochDay(start); ; day++) {
    provisional ||= !basis.calendar.knows(yearOf(day));
    for (const { from, to } of stretchesOf(basis, day)) {
      const begin = Math.max(from, start.getTime());
      if (begin >= to) continue;
      if (left <= to - begin) return { at: new Date(begin + left), provisional };
      left -= to - begin;
    }
  }
}

/** Milliseconds of office hours between two instants. */
export function workingMsBetween(basis: Basis, start: Date, end: Date): number {
  let sum = 0;
  for (let day = basis.zone.epochDay(start); day <= basis.zone.epochDay(end); day++) {
    for (const { from, to } of stretchesOf(basis, day))
      sum += Math.max(0, Math.min(to, end.getTime()) - Math.max(from, start.getTime()));
  }
  return sum;
}
