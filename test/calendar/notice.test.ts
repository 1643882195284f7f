import fc from 'fast-check';
import t from 'tap';
import type { CalendarDay } from '../../src/deadlines/calendar/calendar.ts';
import { readNotice } from '../../src/deadlines/calendar/notice/notice.ts';
import { stateCouncilDays } from '../../src/deadlines/calendar/state-council.ts';
import { notice2027 } from './support.ts';

/** Days as `01-02` or, when worked, `01-02*`; or what was wrong. */
function read(text: string, year = 2027, known: readonly CalendarDay[] = []): string[] | string {
  const notice = readNotice(text, known, year);
  if ('mistakes' in notice) return notice.mistakes.map(({ sentence, en }) => `${sentence}: ${en}`).join(' | ');
  return notice.days.map(({ date, kind }) => `${date.slice(2)}${kind === 'workday' ? '*' : ''}`);
}

t.test('a whole notice: number, year, names, and nothing made of its salutations', async (t) => {
  const notice = readNotice(notice2027, []);
  if ('mistakes' in notice) throw new Error(JSON.stringify(notice.mistakes));
  t.same([notice.source, notice.year], ['国办发明电〔2026〕99号', 2027]);
  t.same(
    [...new Set(notice.days.map(({ name }) => name))],
    ['元旦', '春节', '清明节', '劳动节', '端午节', '中秋节', '国庆节'],
  );
  t.equal(notice.days.length, 31);
  t.match(notice.days[1], { date: '2027-01-02', name: '元旦', kind: 'day-off', scope: 'national' });
});

t.test('the ways in which notices have said it', async (t) => {
  const cases: [text: string, year: number, ...days: string[]][] = [
    ['5月1日放假。', 2027, '27-05-01'],
    ['9月24日放假，与周末连休。', 2018, '18-09-24'],
    ['元月1日放假', 2027],
    ['元旦：1月1日放假。国庆节：10月1日放假。', 2027, '27-01-01', '27-10-01'],
    ['1月1日放假。10月1日放假。', 2027, '27-01-01', '27-10-01'],
    ['12月30日至1月1日放假调休，共3天。12月29日（星期六）上班。', 2018],
    [
      '2018年12月30日至2019年1月1日放假调休，共3天。12月29日(星期六)上班。',
      2019,
      ...['18-12-29*', '18-12-30', '18-12-31', '19-01-01'],
    ],
    ['5月1日放假，5月3日（星期一）补休。', 2027, '27-05-01', '27-05-03'],
    ['２０２７年５月１日 至\n 3日放假公休，共３天', 2027, '27-05-01', '27-05-02', '27-05-03'],
    [
      '10月1日—3日放假，共3天。其中，1日、2日为法定节假日，将9月26日（星期日）公休日调至10月1日（星期五）；10月3日（星期日）照常公休，9月26日上班。',
      2027,
      ...['27-09-26*', '27-10-01', '27-10-02', '27-10-03'],
    ],
    [
      '2月5日至6日放假调休，共2天。2月13日（周六）、14日（周日）上班。鼓励各单位安排职工在2月4日休息。',
      2027,
      ...['27-02-05', '27-02-06', '27-02-13*', '27-02-14*'],
    ],
  ];
  for (const [text, year, ...days] of cases) {
    const found = read(text, year);
    if (days.length > 0) t.same(found, days, text);
    else t.type(found, 'string', `${text} is refused: ${found}`);
  }
});

t.test('a later notice extends what an earlier one gave, or takes it back', async (t) => {
  const known = stateCouncilDays().days;
  const before = known.filter(({ date }) => date !== '2020-02-01' && date !== '2020-02-02');
  t.same(read('一、延长2020年春节假期至2月2日（农历正月初九、星期日），2月3日（星期一）起正常上班。', 2020, before), [
    '20-02-01',
    '20-02-02',
  ]);
  t.same(read('2026年10月7日（周三）上班。', 2026, known), ['26-10-07*'], 'shortened: the day is worked again');
  t.match(read('延长2027年春节假期至2月2日。', 2027, known), /no 春节 that this could extend/);
});

t.test('what is not understood, or cannot be, is named with its sentence', async (t) => {
  const cases: [text: string, reason: RegExp][] = [
    ['1月1日（周四）放假', /^1月1日\(周四\)放假: .*星期五/],
    ['5月1日至5日放假调休，共4天。', /says 4 days but names 5/],
    ['5月1日放假，5月1日上班。', /2027-05-01 is called both off and worked/],
    ['5月1日至3日放假。一、国庆节：5月2日（周日）上班。', /2027-05-02 is called both off and worked/],
    ['5月4日上班。', /2027-05-04 is worked anyway/],
    ['2月30日放假', /2月30日 is no day of 2027/],
    ['5月3日至1日放假', /ends before it begins/],
    ['3日放假', /has no month/],
    ['五一放假三天', /五一放假三天: is not understood/],
    ['5月1日放假。6月1日下午幼儿园放假。', /^6月1日下午幼儿园放假: is not understood$/],
    ['5月1日（6月1日）放假', /the remark \(6月1日\) is not understood/],
    ['2029年5月1日放假', /2029-05-01 is no day of 2027/],
    ['10月1日放假。其中，10月2日照常公休。', /2027-10-02 is called a rest day but not given off/],
    ['祝大家节日快乐', /names no days/],
    [notice2027.replace(/五、.*\n/, ''), /^端午节: is not arranged/],
    [notice2027.replace('共5天', '共6天'), /says 6 days but names 5$/],
  ];
  for (const [text, reason] of cases) t.match(read(text), reason, text.slice(0, 60));
  t.match(readNotice('5月1日放假', []), { mistakes: [{ en: /which year/, zh: /年份/ }] });
});

t.test('any text is read or refused, never anything else', async () => {
  const pieces = fc.constantFrom(
    ...'一、：。，（）至1日2月2027年放假上班调休共天起周六公休延长春节'.match(/./gu)!,
    '13月',
    '32日',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
      const found = readNotice(parts.join(''), [], 2027);
      return 'mistakes' in found ? found.mistakes.length > 0 : found.days.length > 0;
    }),
    { numRuns: 3000 },
  );
});
