import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t, { type Test } from 'tap';
import { deadlineNames } from '../../src/deadlines/deadline-names.ts';
import { examplesOf } from '../../src/deadlines/explain/examples.ts';
import { explainDeadlines, explainWork, sampleTexts } from '../../src/deadlines/explain/explain-policy.ts';
import { bundledPolicies } from '../../src/deadlines/policies/bundled.ts';
import { createTimeRules } from '../../src/deadlines/time-rules.service.ts';
import { main } from '../../src/main.ts';
import { bundledPolicy, nationalCalendar } from './support.ts';

t.test('every rule of every policy is said in both languages, with nothing left blank', async (t) => {
  for (const policy of bundledPolicies()) {
    const sections = [...explainWork(policy), ...explainDeadlines(policy)];
    const said = sections.flatMap(({ title, sentences }) => [title, ...sentences]);
    for (const { zh, en } of said) {
      t.match(zh, /[一-龥]/);
      t.notMatch(`${zh}${en}`, /undefined|null|NaN|\{|\}/, `${policy.code}: ${zh} ${en}`);
    }
    t.equal(
      explainDeadlines(policy).length,
      deadlineNames.filter((name) => policy.deadlines[name]).length,
      `${policy.code} tells of all its deadlines`,
    );
    for (const { text } of sampleTexts(policy)) t.notMatch(text, /[{}]/);
  }
});

t.test('a rule reads as people would say it', async (t) => {
  const said = (code: string, name: string): string[] =>
    explainDeadlines(bundledPolicy(code))
      .filter((section) => section.name === name)
      .flatMap(({ sentences }) => sentences.flatMap(({ zh, en }) => [zh, en]));
  const has = (code: string, name: string, text: string): unknown =>
    t.ok(said(code, name).join('\n').includes(text), text);
  has('kunming-hotline', 'forward', '17:00前起算的，当日24:00前；17:00及以后起算的，次日10:00前，节假日照常。');
  has(
    'kunming-hotline',
    'forward',
    'when it starts before 17:00, by 24:00 the same day; from 17:00 on, by 10:00 the next day, every day of the year.',
  );
  has(
    'gaoyou',
    'resolve',
    'Where complexity is simple: within 2 working days; the day of the start is not counted, the last day ends at close of business (17:30).',
  );
  has('gaoyou', 'resolve', '到期前可申请延期1次，每次最多5个工作日，自起算总计不超过7个工作日，由分管副市长批准');
  has('gaoyou', 'on-site', '其他诉求：无此项时限。');
  has('baoshan', 'respond', '15个工作分钟内，只计工作时间');
  has(
    'national-petition',
    'resolve',
    'within 60 days; the day of the start is not counted, the last day ends at close of business (17:30), and a day off gives way to the next workday.',
  );
  has('national-petition', 'resolve', '《信访工作条例》（2022年）第三十四条');
  has('beijing', 'resolve', '15日内（自然日），起算当日不计入，最后一日24:00止，休息日不顺延。');
});

t.test('example due times: one column for each rule, what reaches into an unknown year marked', async (t) => {
  const rules = createTimeRules(bundledPolicy('gaoyou'), nationalCalendar());
  const { columns, rows } = examplesOf(rules, 'resolve', 2026);
  t.same(
    columns.map(({ en }) => en),
    ['Where complexity is simple', 'All others'],
  );
  const shown = new Map(rows.map(({ when, dues }) => [when.en, dues]));
  t.same(shown.get('eve of National Day'), [
    { text: '2026-10-09 周五 17:30', provisional: false },
    { text: '2026-10-15 周四 17:30', provisional: false },
  ]);
  t.same(
    shown.get('year end')?.map((due) => due.provisional),
    [true, true],
  );
  const forward = examplesOf(createTimeRules(bundledPolicy('kunming-hotline'), nationalCalendar()), 'forward', 2026);
  t.same(
    forward.rows.slice(1, 3).map(({ dues }) => dues[0]?.text),
    ['2026-11-24 周二 24:00', '2026-11-25 周三 10:00'],
    'a minute before 17:00, and 17:00 exactly',
  );
});

/** Runs the command in this process, and what it printed. */
async function check(t: Test, ...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const [out, err] = [t.capture(console, 'log'), t.capture(console, 'error')];
  const code = await main(['policy', 'check', ...args]);
  const told = (calls: typeof out): string =>
    calls()
      .map((call) => call.args.join(' '))
      .join('\n');
  const seen = { code, stdout: told(out), stderr: told(err) };
  out.restore();
  err.restore();
  return seen;
}

t.test('minsheng policy check', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'policy-'));
  const file = path.join(folder, 'town.json');
  const town = { ...structuredClone(bundledPolicy('yuanling')), code: 'town' };
  await writeFile(file, JSON.stringify(town));
  const good = await check(t, file);
  t.equal(good.code, 0);
  t.match(good.stdout, /24小时内，夜间和节假日照常计时/);
  t.equal((await check(t, 'gaoyou')).code, 0, 'a policy that comes with the service, by its code');

  town.deadlines.sign.ladder[0]!.role = 'nobody';
  town.texts.closing = '谢谢。';
  await writeFile(file, JSON.stringify(town));
  const bad = await check(t, file);
  t.equal(bad.code, 1);
  t.match(
    bad.stderr,
    /Mistakes: 2[\s\S]*\/texts\/closing\n.*缺少\{code\}。\n.*\{code\} is missing[\s\S]*\/deadlines\/sign\/ladder\/0\/role\n.*“nobody”。\n.*'nobody'/,
  );

  await writeFile(file, '{');
  for (const missing of [file, 'gaoyo']) {
    const { code, stderr } = await check(t, missing);
    t.equal(code, 1);
    t.match(stderr, /cannot be read as JSON.*kunming-hotline, gaoyou/);
  }
  t.equal((await check(t)).code, 2);
});
