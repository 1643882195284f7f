import type { DueRule } from '../../src/deadlines/due-rule.schema.ts';

/** Minutes on the wall clock since 1970-01-01 00:00; a day is 1440 of them. */
export type Minute = number;

/** A town's days, looked up one by one. */
export interface Town {
  isWorkday(day: number): boolean;
  /** Office hours that are worked on the day, in minutes of the day. */
  hours(day: number): { from: number; to: number }[];
  /** When office hours end on a full day. */
  usualClose: number;
}

export interface Stop {
  from: Minute;
  to: Minute;
}

/**
 * When a limit is due, found by looking at one minute after the other: the measure of the arithmetic. A minute belongs to a
 * pause from its first to before its end; an instant (midnight, when a day begins, or the end of a day) is missed by what
 * was paused just before it.
 */
export function dueByWalking(rule: DueRule, start: Minute, town: Town, stops: readonly Stop[] = []): Minute {
  if (rule.by === 'none') throw new Error('nothing is due');
  if (rule.by === 'duration' && rule.countFrom === 'moment')
    return walkMinutes(rule.unit, rule.amount, start, town, stops);
  return walkDays(rule, start, town, stops);
}

function walkMinutes(unit: string, amount: number, start: Minute, town: Town, stops: readonly Stop[]): Minute {
  let left = unit === 'hours' ? amount * 60 : amount;
  for (let minute = start; ; minute++) {
    const isPaused = stops.some(({ from, to }) => from <= minute && minute < to);
    const isOpen = town
      .hours(Math.floor(minute / 1440))
      .some(({ from, to }) => from <= minute % 1440 && minute % 1440 < to);
    if (!isPaused && (unit !== 'working-minutes' || isOpen)) left--;
    if (left === 0) return minute + 1;
  }
}

type ByDays = Exclude<DueRule, { by: 'none' } | { countFrom: 'moment' }>;

function walkDays(rule: ByDays, start: Minute, town: Town, stops: readonly Stop[]): Minute {
  const isMissed = (instant: Minute): boolean => stops.some(({ from, to }) => from < instant && instant <= to);
  const kind = rule.by === 'clock' ? rule.dayKind : rule.unit;
  const isCounted = (day: number): boolean => kind === 'calendar-days' || town.isWorkday(day);
  const rolls = rule.by === 'duration' && rule.unit === 'calendar-days' && rule.roll === 'next-workday';
  const canEnd = (day: number): boolean => isCounted(day) && (!rolls || town.isWorkday(day));
  const today = Math.floor(start / 1440);

  let left: number;
  let endOf: (day: number) => number;
  if (rule.by === 'clock') {
    const timeOfDay = isCounted(today) ? start % 1440 : 0;
    const one = rule.cases.find((each) => each.startedBefore === undefined || timeOfDay < minutes(each.startedBefore));
    left = (one?.dayOffset ?? 0) + (isCounted(today) ? 0 : 1);
    endOf = () => minutes(one?.at ?? '');
  } else {
    endOf = (day) => {
      if (rule.endsAt === 'end-of-day') return 1440;
      if (rule.endsAt === 'close-of-business') return town.hours(day).at(-1)?.to ?? town.usualClose;
      return isCounted(today) ? start % 1440 : 1440;
    };
    const todayIsFirst = rule.countFrom === 'same-day' && isCounted(today) && start % 1440 < endOf(today);
    left = todayIsFirst ? rule.amount - 1 : rule.amount;
  }

  for (let instant = start + 1; ; instant++) {
    const day = Math.floor(instant / 1440);
    const isMidnight = instant % 1440 === 0;
    if (isMidnight && left === 0 && canEnd(day - 1) && endOf(day - 1) === 1440 && !isMissed(instant)) return instant;
    if (isMidnight && left > 0 && isCounted(day) && !isMissed(instant)) left--;
    if (left === 0 && canEnd(day) && instant % 1440 === endOf(day) && !isMissed(instant)) return instant;
  }
}

const minutes = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
