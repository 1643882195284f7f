import fc from 'fast-check';
import parsePhoneNumber from 'libphonenumber-js/max';
import t from 'tap';
import { checkMap, ImportError, readMap } from '../../src/import/map.ts';
import { inventPhone, mapRow } from '../../src/import/map-row.ts';
import { type PlannedRow, playOver } from '../../src/import/plan.ts';
import { readDuration, readTime } from '../../src/import/times.ts';

t.test('a wrong map is told by place', async (t) => {
  const good = { externalId: 'id', body: 'text', source: { channel: 'phone', source: '12345' } };
  t.equal(checkMap(good, 'm').timeZone, 'Asia/Shanghai');
  const wrong: [unknown, RegExp][] = [
    [{ ...good, externalId: undefined }, /\/ externalId is required/],
    [{ ...good, tilte: 'x' }, /tilte is not known here/],
    [{ ...good, nature: 'bad' }, /\/nature .*complaint/],
    [{ ...good, nature: { field: 'k', values: { 投诉: 'bad' } } }, /\/nature\/values\/投诉 .*complaint/],
    [
      { ...good, source: { field: 'c', values: { 网站: { channel: 'web', source: 'portal' } } } },
      /\/source\/values\/网站\/channel .*portal/,
    ],
    [{ ...good, timeZone: 'Mars/North' }, /\/timeZone "Mars\/North" is not a time zone/],
    [{ ...good, titel: 1, nature: 'bad' }, /\/ titel is not known here\n {2}\/nature/],
    ['nonsense', /object/],
  ];
  for (const [map, message] of wrong)
    t.throws(() => checkMap(JSON.parse(JSON.stringify(map)), 'm'), { name: 'ImportError', message });
  await t.rejects(readMap('/nowhere/map.json'), ImportError);
});

t.test('the maps that come with Minsheng', async (t) => {
  const fuzhou = await readMap('fuzhou-12345');
  const row = {
    id: 'fz1',
    kind: '投诉',
    channel: '电话',
    district: '仓山区',
    water: '龙津河',
    title: '噪音',
    text: '深夜施工',
    date: '2018-08-21',
    anonymous: true,
  };
  t.match(mapRow(fuzhou, row, { inventPhones: false }), {
    channel: 'phone',
    time: { dateOnly: true },
    body: {
      source: '12345',
      externalId: 'fz1',
      nature: 'complaint',
      region: '350104',
      address: '仓山区龙津河',
      sender: { anonymous: true },
    },
  });
  t.match(mapRow(fuzhou, { ...row, district: null }, { inventPhones: true }), {
    body: { address: '龙津河', region: undefined, sender: { phone: /^139\d{8}$/ } },
  });
  t.match(mapRow(fuzhou, { ...row, channel: '传真' }, { inventPhones: false }), { refused: /传真/ });
  const board = await readMap('teddycup-hot');
  const message = { id: '1', user: 'A1', title: '路灯', text: '不亮', time: '2019-02-14T20:00:00' };
  const [a, b] = [
    mapRow(board, message, { inventPhones: true }),
    mapRow(board, { ...message, id: '2' }, { inventPhones: true }),
  ];
  t.match(a, {
    channel: 'portal',
    body: { source: 'message-board', form: { account: 'A1' }, sender: { verified: true, phone: /^139/ } },
  });
  t.same(
    (a as { body: { sender?: unknown } }).body.sender,
    (b as { body: { sender?: unknown } }).body.sender,
    'one person, one number',
  );
});

t.test('invented numbers are mobile numbers, the same for the same person', async () => {
  fc.assert(
    fc.property(fc.string(), (person) => {
      const number = inventPhone(person);
      const parsed = parsePhoneNumber(number, 'CN');
      return parsed?.isValid() === true && parsed.getType() === 'MOBILE' && number === inventPhone(person);
    }),
  );
});

t.test('times with and without zone, dates, and what is none', async (t) => {
  const at = (text: string, zone = 'Asia/Shanghai'): string | undefined => {
    const read = readTime(text, zone);
    return read && `${new Date(read.at).toISOString()}${read.dateOnly ? ' day' : ''}`;
  };
  t.equal(at('2026-09-30T16:59:00+08:00'), '2026-09-30T08:59:00.000Z');
  t.equal(at('2026-09-30T16:59:00.25-05:30'), '2026-09-30T22:29:00.250Z');
  t.equal(at('2026-09-30 16:59:00'), '2026-09-30T08:59:00.000Z');
  t.equal(at('2026-9-3 6:59'), '2026-09-02T22:59:00.000Z');
  t.equal(at('2026-07-01T12:00:00', 'Europe/Berlin'), '2026-07-01T10:00:00.000Z');
  t.equal(at('2026-01-01T12:00:00', 'Europe/Berlin'), '2026-01-01T11:00:00.000Z');
  t.equal(at('2026-09-30'), '2026-09-29T16:00:00.000Z day');
  for (const morning of [
    '2026/11/25 8:30',
    '2026.11.25 08:30:00',
    '2026年11月25日8时30分',
    '2026年11月25日 8:30',
    '2026年11月25日 8点30分0秒',
    '２０２６/11/25　8：30',
  ])
    t.equal(at(morning), '2026-11-25T00:30:00.000Z', morning);
  for (const day of ['2026/11/5', '2026年11月5日', '2026.11.05']) t.equal(at(day), '2026-11-04T16:00:00.000Z day', day);
  for (const none of [
    '25/11/2026',
    '11/25/2026 8:30',
    '2026/11-25',
    '2026年13月1日',
    '8时30分',
    '2026年11月25日8',
    '',
    'gestern',
    '2026-02-30',
    '2026-13-01',
    '2026-09-30 24:00:00',
    '2026-09-30 10:61',
  ])
    t.equal(at(none), undefined, none);
  t.same(['P7D', 'PT12H', 'P1DT30M', 'PT0S', 'P', '7D', 'P1M'].map(readDuration), [
    604_800_000,
    43_200_000,
    88_200_000,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

t.test('a played file keeps its order and stays within the span', async () => {
  const times = fc.array(fc.integer({ min: 0, max: 2_000_000_000_000 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(times, fc.integer({ min: 1_000, max: 10_000_000_000 }), (instants, span) => {
      const rows = instants
        .sort((a, b) => a - b)
        .map((at, i): PlannedRow => ({ row: i, offset: 0, length: 0, channel: 'phone', source: '12345', at }));
      const start = 1_800_000_000_000;
      playOver(rows, start, span);
      return rows.every(
        ({ at = -1 }, i) => at >= start && at <= start + span && (i === 0 || at >= (rows[i - 1]?.at ?? 0)),
      );
    }),
  );
});
