import fc from 'fast-check';
import t from 'tap';
import { bigrams, normalise, SAME_MATTER_THRESHOLD, similarity, similarityOf } from '../../src/intake/similarity.ts';

t.test('a repeat in nearly the same words attaches; another matter of the same street does not', async (t) => {
  const first = '阳台搭建鸽子棚\n我们小区通达小区3栋有个住户在阳台上搭建了鸽子棚，粪便掉到楼下，气味很大，请处理。';
  const again = '阳台搭建鸽子棚\n我们小区通达小区3栋有个住户在阳台上搭建了鸽子棚，粪便掉到楼下，气味很大，请尽快处理！';
  const other = '路灯不亮\n我们小区通达小区门口的路灯坏了半个月，晚上出门看不见路，请尽快维修。';
  t.ok(similarity(first, again) >= SAME_MATTER_THRESHOLD);
  t.ok(similarity(first, other) < SAME_MATTER_THRESHOLD / 2);
});

t.test('short notes of one pattern about two places stay apart; long letters may differ in as much', async (t) => {
  const note = (place: string): string => `施工扰民\n${place}工地晚上11点多还在施工，噪音严重扰民。特此投诉，望处理。`;
  const letter =
    '本人是小区业主，交房以来屋顶一直漏水，物业、开发商互相推诿，已经拨打多次热线，每次答复都说正在协调，至今没有任何人上门查看，家具和墙面全部发霉，老人孩子无法居住，恳请有关部门督促开发商尽快维修并赔偿损失。';
  t.ok(similarity(note('城东盘龙河'), note('北市区金汁河段改造')) < SAME_MATTER_THRESHOLD);
  t.ok(similarity(`城东${letter}`, `第二次反映：${letter}谢谢。`) >= SAME_MATTER_THRESHOLD);
});

t.test('width, case, punctuation and blanks do not count; digits do', async (t) => {
  t.equal(normalise('Ａ市　12345，热线！'), 'a市12345热线');
  t.equal(similarity('３栋２单元 电梯坏了！', '3栋2单元电梯坏了'), 1);
  t.ok(similarity('3栋电梯坏了', '5栋电梯坏了') < 1);
});

t.test('texts without anything to compare are like nothing', async (t) => {
  t.equal(similarity('', ''), 0);
  t.equal(similarity('。。。', '！！'), 0);
  t.equal(similarity('好', '好'), 1);
});

t.test('an index: symmetric, within 0..1, 1 for the same text, equal to the set definition', async () => {
  const text = fc.string({
    unit: fc.constantFrom('路', '灯', '坏', '了', '水', '3', '栋', 'A', ' ', '，', '𠮷'),
    maxLength: 40,
  });
  const set = (s: string): Set<string> => {
    const plain = normalise(s);
    return new Set(
      plain.length === 1
        ? [plain]
        : Array.from({ length: Math.max(plain.length - 1, 0) }, (_, i) => plain.slice(i, i + 2)),
    );
  };
  fc.assert(
    fc.property(text, text, (a, b) => {
      const [x, y] = [set(a), set(b)];
      const both = [...x].filter((pair) => y.has(pair)).length;
      const union = x.size + y.size - both;
      const expected = both === 0 ? 0 : both / (both + (union - both) * (1 + 60 / union));
      const value = similarity(a, b);
      return (
        value === expected && value === similarityOf(bigrams(b), bigrams(a)) && (x.size === 0 || similarity(a, a) === 1)
      );
    }),
  );
});
