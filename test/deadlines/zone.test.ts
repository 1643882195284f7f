import fc from 'fast-check';
import t from 'tap';
import { DAY_MS, MINUTE_MS } from '../../src/deadlines/civil-date.ts';
import { createZone } from '../../src/deadlines/zone.ts';

const names = [
  'Asia/Shanghai',
  'America/New_York',
  'Europe/London',
  'Australia/Lord_Howe',
  'America/Sao_Paulo',
  'Pacific/Apia',
  'Asia/Kathmandu',
];
const zones = names.map((name) => {
  const shown = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  /** What the zone's clock shows, as if it were UTC: the slow way, as the measure of the fast one. */
  const wall = (instant: number): number => {
    const parts = Object.fromEntries(shown.formatToParts(instant).map((part) => [part.type, Number(part.value)]));
    const seconds = Date.UTC(parts.year!, parts.month! - 1, parts.day, parts.hour, parts.minute, parts.second);
    return seconds + (((instant % 1000) + 1000) % 1000);
  };
  return { zone: createZone(name), wall };
});

/** Days around which the clocks of some of the zones change, by one hour, by half an hour, at midnight, by a whole day. */
const changes = [
  '1986-05-04',
  '1991-09-15',
  '2011-12-30',
  '2018-02-18',
  '2018-11-04',
  '2026-03-08',
  '2026-03-29',
  '2026-04-05',
  '2026-10-04',
  '2026-10-25',
  '2026-11-01',
];
const anyZone = fc.constantFrom(...zones);
const anyDay = fc.oneof(
  fc.integer({ min: 5844, max: 22_000 }),
  fc
    .tuple(fc.constantFrom(...changes), fc.integer({ min: -1, max: 1 }))
    .map(([date, by]) => Date.parse(date) / DAY_MS + by),
);
const anyInstant = fc.tuple(anyDay, fc.integer({ min: 0, max: DAY_MS - 1 })).map(([day, ms]) => day * DAY_MS + ms);

t.test('shows the day and the time of day that Intl shows', async () => {
  fc.assert(
    fc.property(anyZone, anyInstant, ({ zone, wall }, instant) => {
      const date = new Date(instant);
      const expected = wall(instant);
      return (
        zone.epochDay(date) * DAY_MS + zone.msOfDay(date) === expected &&
        zone.minuteOfDay(date) === Math.floor((expected % DAY_MS) / MINUTE_MS)
      );
    }),
    { numRuns: 2000 },
  );
});

t.test('a time on a day is the first instant whose clock shows it or has passed it', async () => {
  fc.assert(
    fc.property(anyZone, anyDay, fc.integer({ min: 0, max: 1440 }), ({ zone, wall }, day, minutes) => {
      const asked = day * DAY_MS + minutes * MINUTE_MS;
      let first = asked - 15 * 60 * MINUTE_MS;
      while (wall(first) < asked) first += MINUTE_MS;
      return zone.instantOf(day, minutes).getTime() === first;
    }),
    { numRuns: 150 },
  );
});

t.test(
  'an instant survives the way through wall-clock time, but for an hour shown twice, which is the earlier',
  async () => {
    fc.assert(
      fc.property(anyZone, anyInstant, ({ zone, wall }, instant) => {
        const date = new Date(instant);
        const back = zone.instantOf(zone.epochDay(date), zone.msOfDay(date) / MINUTE_MS).getTime();
        return back === instant || (back < instant && wall(back) === wall(instant));
      }),
      { numRuns: 2000 },
    );
  },
);

t.test('writes RFC 3339 that reads back as the same instant', async (t) => {
  fc.assert(
    fc.property(
      anyZone,
      anyInstant,
      ({ zone }, instant) => Date.parse(zone.formatInstant(new Date(instant))) === instant,
    ),
    { numRuns: 2000 },
  );
  const [shanghai, newYork, , , , , kathmandu] = zones.map(({ zone }) => zone);
  const ten = new Date('2026-09-30T02:00:00Z');
  t.equal(shanghai!.formatInstant(ten), '2026-09-30T10:00:00+08:00');
  t.equal(shanghai!.formatInstant(new Date(ten.getTime() - 1)), '2026-09-30T09:59:59.999+08:00');
  t.equal(newYork!.formatInstant(ten), '2026-09-29T22:00:00-04:00');
  t.equal(kathmandu!.formatInstant(ten), '2026-09-30T07:45:00+05:45');
  t.equal(createZone('UTC').formatInstant(ten), '2026-09-30T02:00:00+00:00');
  t.equal(
    shanghai!.formatInstant(new Date('1900-01-01T00:00:00Z')),
    '1900-01-01T00:00:00Z',
    'local mean time has seconds, which RFC 3339 cannot say',
  );
});

t.test('24:00, the hour that is skipped and the hour that is shown twice', async (t) => {
  const at = (name: string, date: string, time: string): string => {
    const zone = createZone(name);
    const [hours, minutes] = time.split(':').map(Number);
    return zone.formatInstant(zone.instantOf(zone.parseDate(date), hours! * 60 + minutes!));
  };
  t.equal(at('Asia/Shanghai', '2026-12-31', '24:00'), '2027-01-01T00:00:00+08:00');
  t.equal(at('America/New_York', '2026-03-08', '02:30'), '2026-03-08T03:00:00-04:00');
  t.equal(at('America/New_York', '2026-11-01', '01:30'), '2026-11-01T01:30:00-04:00');
  t.equal(at('Europe/London', '2026-10-25', '01:00'), '2026-10-25T01:00:00+01:00');
  t.equal(at('America/Sao_Paulo', '2018-11-03', '24:00'), '2018-11-04T01:00:00-02:00', 'midnight itself is skipped');
});

t.test('refuses what is no zone, no day and no instant', async (t) => {
  t.throws(() => createZone('Asia/Kunming'), { name: 'RangeError', message: /'Asia\/Kunming' is not a time zone/ });
  const zone = createZone('Asia/Shanghai');
  for (const text of ['2026-02-29', '2026-2-01', '2026-13-01', '30.09.2026', ''])
    t.throws(() => zone.parseDate(text), RangeError, text);
  t.equal(zone.dateString(zone.parseDate('2024-02-29')), '2024-02-29');
  for (const use of [zone.epochDay, zone.msOfDay, zone.minuteOfDay, zone.formatInstant])
    t.throws(() => use(new Date(Number.NaN)), RangeError);
});
