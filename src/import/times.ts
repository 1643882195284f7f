/** An instant read from a file. `dateOnly`: only the day was given, `at` is its beginning. */
export interface ReadTime {
  at: number;
  dateOnly: boolean;
}

/** The year always comes first: whether 3/4/2026 is in March or in April nobody can tell. */
const PATTERN =
  /^(\d{4})([-/.])(\d\d?)\2(\d\d?)(?:(?:T|\s+)(\d\d?):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?\s?(Z|[+-]\d\d:?\d\d)?)?$/i;

/**
 * Reads RFC 3339, `YYYY-MM-DD HH:mm[:ss]` without a zone (then `timeZone`), a date; the same with `/` or `.`, and
 * `2026年9月3日 8时30分`. Month, day and hour may have one digit.
 * @returns milliseconds since 1970; undefined when it is no such time or no such day.
 */
export function readTime(text: string, timeZone: string): ReadTime | undefined {
  const found = PATTERN.exec(withoutChinese(text.normalize('NFKC').trim()));
  if (!found) return undefined;
  const [, year, , month, day, hour = '0', minute = '0', second = '0', fraction = '', offset] = found;
  const numbers = [year, month, day, hour, minute, second].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const wall = Date.UTC(numbers[0], numbers[1] - 1, numbers[2], numbers[3], numbers[4], numbers[5]);
  const back = new Date(wall);
  if (
    back.getUTCMonth() !== numbers[1] - 1 ||
    back.getUTCDate() !== numbers[2] ||
    numbers[3] > 23 ||
    numbers[4] > 59 ||
    numbers[5] > 59
  )
    return undefined;
  const millis = Number(fraction.padEnd(3, '0').slice(0, 3));
  const at = offset === undefined ? instantOf(wall, timeZone) : wall - offsetMs(offset);
  return { at: at + millis, dateOnly: found[5] === undefined };
}

function withoutChinese(text: string): string {
  return text
    .replace(/^(\d{4})年(\d\d?)月(\d\d?)日\s*/, '$1-$2-$3 ')
    .replace(/(\d\d?)[时点](\d\d?)分(?:(\d\d?)秒)?$/, (_, ...parts: (string | undefined)[]) =>
      parts
        .slice(0, 3)
        .flatMap((part) => part?.padStart(2, '0') ?? [])
        .join(':'),
    )
    .trim();
}

function offsetMs(offset: string): number {
  if (/^z$/i.test(offset)) return 0;
  const digits = offset.replace(':', '');
  const minutes = Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3, 5));
  return (digits.startsWith('-') ? -minutes : minutes) * 60_000;
}

/** @throws RangeError when there is no such time zone. */
export function wallClockOf(at: number, timeZone: string): number {
  const parts = formatOf(timeZone).formatToParts(new Date(at));
  const get = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  return Date.UTC(get('year'), get('month') - 1, get('day'), get('hour') % 24, get('minute'), get('second'));
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    const numeric = {
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    } as const;
    format = new Intl.DateTimeFormat('en-US', { ...numeric, timeZone, hourCycle: 'h23' });
    formats.set(timeZone, format);
  }
  return format;
}

/** Instant of a wall clock time; one that a change of offset skips or repeats is read with the offset before it. */
function instantOf(wall: number, timeZone: string): number {
  const guess = wall - (wallClockOf(wall, timeZone) - wall);
  return wall - (wallClockOf(guess, timeZone) - guess);
}

const DURATION = /^P(?=.)(?:(\d{1,4})D)?(?:T(?=.)(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?$/;

/** ISO 8601 duration of days, hours, minutes and seconds, in milliseconds; undefined when it is none or zero. */
export function readDuration(text: string): number | undefined {
  const found = DURATION.exec(text);
  if (!found) return undefined;
  const [days, hours, minutes, seconds] = found.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
  ];
  return ((days * 24 + hours) * 3_600 + minutes * 60 + seconds) * 1_000 || undefined;
}
