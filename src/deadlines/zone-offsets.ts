import { DAY_MS } from './civil-date.ts';

/** How far a zone's wall clock is ahead of UTC, in milliseconds, at an instant in epoch milliseconds. */
export type OffsetAt = (instant: number) => number;

/** One UTC day: before and after the only change of the clocks it may contain. */
interface Stretch {
  before: number;
  after: number;
  changesAt: number;
}

/** About ten years of days; the intake looks at a handful. */
const REMEMBERED_DAYS = 4096;

const LONG_OFFSET = /GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/;

/**
 * Offsets of an IANA zone, exact to the millisecond. Intl is asked once per UTC day; the clocks of no zone change twice
 * within one.
 * @throws RangeError when the runtime knows no such zone.
 */
export function createOffsets(zone: string): OffsetAt {
  const ask = askIntl(zone);
  const days = new Map<number, Stretch>();

  function stretchOf(day: number): Stretch {
    const known = days.get(day);
    if (known) return known;
    const from = day * DAY_MS;
    const [before, after] = [ask(from), ask(from + DAY_MS)];
    const stretch = {
      before,
      after,
      changesAt: before === after ? from + DAY_MS : firstWhere((at) => ask(at) === after, from, from + DAY_MS),
    };
    if (days.size >= REMEMBERED_DAYS) days.clear();
    days.set(day, stretch);
    return stretch;
  }

  return (instant) => {
    const stretch = stretchOf(Math.floor(instant / DAY_MS));
    return instant < stretch.changesAt ? stretch.before : stretch.after;
  };
}

function askIntl(zone: string): OffsetAt {
  const format = formatter(zone);
  return (instant) => {
    const [, sign, hours, minutes, seconds] = LONG_OFFSET.exec(format.format(instant)) ?? [];
    const ms = (Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)) * 1000;
    return sign === '-' ? -ms : ms;
  };
}

function formatter(zone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  } catch (cause) {
    throw new RangeError(`'${zone}' is not a time zone of the IANA database, such as Asia/Shanghai.`, { cause });
  }
}

/** The first millisecond in (from, to] where `holds`, which holds at `to`, and from then on. */
export function firstWhere(holds: (at: number) => boolean, from: number, to: number): number {
  let [no, yes] = [from, to];
  while (yes - no > 1) {
    const middle = Math.floor((no + yes) / 2);
    if (holds(middle)) yes = middle;
    else no = middle;
  }
  return yes;
}
