import fc from 'fast-check';
import t from 'tap';
import { appealNumber } from '../../src/appeals/number.ts';
import { maskEmail, maskIdNumber, maskName, maskPhone, maskText } from '../../src/platform/access/masking.ts';

t.test('single values', async (t) => {
  const phones: Record<string, string> = {
    '13800001234': '138****1234',
    '+8613800001234': '138****1234',
    '86 138-0000-1234': '138****1234',
    '１３８００００１２３４': '138****1234',
    '+8687112345678': '0871****5678',
    '0871-12345678': '0871****5678',
    '01012345678': '010****5678',
    '+14155550123': '****0123',
    '12345': '****',
    '': '****',
  };
  for (const [phone, masked] of Object.entries(phones)) {
    t.equal(maskPhone(phone), masked, phone);
    t.equal(maskPhone(masked), masked, `${phone} again`);
  }
  t.same(['王女士', '王', 'John Smith', '', '𠮷野'].map(maskName), ['王**', '王**', 'J**', '', '𠮷**']);
  t.same(['zhang@example.com', 'a@x.cn', 'z***@example.com'].map(maskEmail), [
    'z***@example.com',
    'a***@x.cn',
    'z***@example.com',
  ]);
  t.equal(maskIdNumber('53010219900101123X'), '530*************3X');
  t.equal(maskIdNumber('530102900101123'), '530**********23');
});

t.test('personal numbers inside text are masked', async (t) => {
  const cases: [string, string][] = [
    ['我的电话13800001234，请回电', '我的电话138****1234，请回电'],
    ['138 0000 1234', '138****1234'],
    ['138-0000-1234或139.1111.2222', '138****1234或139****2222'],
    ['1 3 8 0 0 0 0 1 2 3 4', '138****1234'],
    ['+86 138 0000 1234', '+86 138****1234'],
    ['8613800001234', '138****1234'],
    ['手机１３８００００１２３４。', '手机138****1234。'],
    ['2020-09-30 13800001234', '2020-09-30 138****1234'],
    ['2020.09.30 13800001234 13911112222', '2020.09.30 138****1234 139****2222'],
    ['座机0871-12345678', '座机0871-****5678'],
    ['座机（0871）6123456转801', '座机（0871-***3456转801'],
    ['087112345678', '0871****5678'],
    ['+86 871 12345678', '+86 871-****5678'],
    ['联系电话：62345678、62345679', '联系电话：****5678、****5679'],
    ['身份证530102199001011234', '身份证530*************34'],
    ['身份证53010219900101123x，', '身份证530*************3X，'],
    ['530102 19900101 123X', '530*************3X'],
    ['老身份证530102900101123', '老身份证530**********23'],
    ['卡号6222021234567890123', '卡号***************0123'],
    ['卡号6222 0212 3456 7890', '卡号************7890'],
    ['邮箱zhang.san@163.com谢谢', '邮箱z***@163.com谢谢'],
    ['13800001234@139.com', '1***@139.com'],
    ['微信号zhangsan', '微信号z***'],
    ['微信：zs_123456', '微信：z***'],
    ['QQ 123456789', 'QQ 1***'],
    ['加qq群：98765432', '加qq群：9***'],
    ['微信13800001234', '微信138****1234'],
    ['电话一三八零零零零一二三四', '电话一三八****一二三四'],
    ['幺叁捌〇〇〇〇 一二三四。', '幺叁捌****一二三四。'],
    ['凭编号和查询码K7M2P9QX可查询进展。', '凭编号和查询码********可查询进展。'],
    ['> 查询码：\n> k7m2p9qx\n', '> 查询码：\n> ********\n'],
    ['查询码是“ＫＺＭＢＰＤＱＸ”', '查询码是“********”'],
    ['查询码 K7M2-P9QX', '查询码 ********'],
    ['查询码：12345678，请查', '查询码：********，请查'],
    ['2026093000000123 / K7M2P9QX', '2026093000000123 / ********'],
    ['KZMBPDQX，编号2026093000000123', '********，编号2026093000000123'],
  ];
  for (const [text, masked] of cases) t.equal(maskText(text), masked, text);
});

t.test('the name that its sender gave is masked wherever it stands', async (t) => {
  t.equal(maskText('我叫郑十一，郑十一的电话13800001234', '郑十一'), '我叫郑**，郑**的电话138****1234');
  t.equal(maskText('I am John Smith.', 'John Smith'), 'I am J**.');
  t.equal(maskText('Testing by Test, Test!', 'Test'), 'Testing by T**, T**!', 'whole words of letters');
  t.equal(maskText('我叫周九', '周 九'), '我叫周**', 'first and last name apart');
  for (const [text, name] of [
    ['王家村的路灯坏了', '王'],
    ['市民反映路灯坏了', '市民'],
    ['居民楼下很吵', '居民'],
    ['路灯坏了', ''],
    ['路灯坏了', ' '],
  ] as const)
    t.equal(maskText(text, name), text, `${name}: no name`);
});

t.test('what is no personal number stays', async (t) => {
  const plain = [
    '2026-09-30 16:59:00至2026年10月1日',
    '20260930',
    `诉求编号${appealNumber('2026-09-30', 12)}未办结`,
    '工单2026093000000123',
    '工单20260930165900123456',
    '欠薪123456.78元，共12000000000元',
    '￥13800000000',
    '拨打12345、110、96927、12369无人接听',
    '通过微信12345投诉',
    '云A12345和云AD12345',
    '查询码错误，打不开；请告知查询码的用法password',
    '诉求2026093000000123，20260930登记，车牌云AD12345',
    '3栋2单元1502室，3-2-1502',
    '400-800-1234',
    '2016 2017 2018 2019四年',
    '1000-2000元',
    '192.168.1.100',
    '面积121.75平，总价1020408元',
    '微信转账5000元，QQ邮箱',
    '@福州12345',
    '诉求编号07071200123已回复',
    '102路公交07:30-21:00',
  ];
  for (const text of plain) t.equal(maskText(text), text, text);
});

t.test('every appeal number survives', async () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date('2020-01-01'), max: new Date('2079-12-31'), noInvalidDate: true }),
      fc.integer({ min: 1, max: 9_999_999 }),
      (day, sequence) => {
        const text = `关于${appealNumber(day.toISOString().slice(0, 10), sequence)}号诉求`;
        return maskText(text) === text;
      },
    ),
    { numRuns: 2_000 },
  );
});

t.test('every mobile number is masked, however grouped and wherever it stands', async () => {
  const mobile = fc
    .tuple(fc.constantFrom('3', '5', '7', '8', '9'), fc.stringMatching(/^\d{9}$/))
    .map(([a, b]) => `1${a}${b}`);
  const group = fc.constantFrom(
    (s: string) => s,
    (s: string) => `${s.slice(0, 3)} ${s.slice(3, 7)} ${s.slice(7)}`,
    (s: string) => `${s.slice(0, 3)}-${s.slice(3, 7)}-${s.slice(7)}`,
  );
  const words = fc.constantFrom('', '电话', '本人李某，', 'tel:', '联系', '（', '2020年9月30日，');
  fc.assert(
    fc.property(
      words,
      mobile,
      group,
      fc.constantFrom('', '，谢谢', '。', '）', 'abc'),
      (before, number, grouped, after) => {
        const masked = maskText(before + grouped(number) + after);
        return masked === `${before}${number.slice(0, 3)}****${number.slice(7)}${after}`;
      },
    ),
    { numRuns: 2_000 },
  );
});

t.test('masking twice changes nothing more', async () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ' ',
      '-',
      '.',
      '*',
      '**',
      '@',
      ':',
      '：',
      '(',
      ')',
      '元',
      '电话',
      '微信',
      'QQ',
      '+86',
      'x',
      'X',
      '@163.com',
      '。',
      '、',
    ),
    fc.stringMatching(/^\d{1,20}$/),
    fc.constantFrom(
      '138',
      '0000',
      '1234',
      '13800001234',
      '0871',
      '12345678',
      '62345678',
      '530102',
      '19900101',
      '53010219900101123',
      '6222021234567890',
      'zhang_3',
      '一三八零零零零一二三四',
      '一',
      '三',
    ),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
      const once = maskText(pieces.join(''));
      return maskText(once) === once;
    }),
    { numRuns: 20_000 },
  );
});

t.test('hostile text takes time in proportion to its length', async (t) => {
  const shapes = [
    '1',
    '1 ',
    '1 - ',
    '@',
    'a@',
    'a.@a.',
    'a.',
    '138 0000 ',
    '微信',
    '微信: ',
    'qq群',
    '0',
    '86',
    '6222 ',
    '*1',
    '电话6234567',
    '一三',
    '一三 ',
  ];
  const time = (unit: string, length: number): number => {
    const text = unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
    const start = process.hrtime.bigint();
    maskText(text);
    return Number(process.hrtime.bigint() - start);
  };
  for (const unit of shapes) {
    // Both lengths lie beyond where the engine changes its way with strings; a busy machine gets more than one chance.
    let ratio = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < 8 && ratio >= 9; tries += 1) {
      const best = (length: number): number => Math.min(time(unit, length), time(unit, length), time(unit, length));
      ratio = Math.min(ratio, best(800_000) / best(200_000));
    }
    // Four times as long when it is linear, sixteen times when it is quadratic.
    t.ok(ratio < 9, `four times the text of ${JSON.stringify(unit)} took ${ratio.toFixed(1)} times as long`);
  }
});
