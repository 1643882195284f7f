import { figuresOf } from '../../src/demo/account.ts';
import { actOut, namesOf } from '../../src/demo/demo.ts';
import { print } from '../../src/demo/print.ts';
import { arrivals, reminders, textMessages } from '../../src/demo/rows.ts';
import { widthOf, wrap } from '../../src/platform/text-layout.ts';
import { createCity } from '../support/city.ts';
import t from '../support/tap.ts';

const plain = { strong: (text: string) => text, faint: (text: string) => text };

t.test('the day of the demonstration goes as the city promises', async (t) => {
  const { instance } = await createCity(t, { at: '2026-09-30T09:00:00+08:00', workers: false });
  const account = await actOut(instance);
  const names = await namesOf(instance);

  t.match(figuresOf(account), {
    messages: 7,
    channels: 5,
    appeals: 6,
    attached: 1,
    replayed: 1,
    answeredAtOnce: 1,
    forwarded: 5,
    returned: 1,
    submitted: 5,
    receipts: 7,
    receiptsInTime: 7,
    notices: 2,
  });

  const forwardBy = Object.fromEntries(arrivals(account, names).rows.map((row) => [row[0], row[6]]));
  t.match(forwardBy, { 2: '09-30 24:00', 4: '10-01 10:00' }, '16:40 is forwarded the same day, 17:00 by ten');

  const left = textMessages(account).rows.map(([no, , at]) => `${no} ${at}`);
  t.ok(left.includes('4 09-30 17:00'), 'by day the receipt leaves with the forward');
  t.ok(left.includes('7 10-01 08:00'), 'the night is quiet');
  t.ok(left.includes('6 10-01 09:30'), 'a case in triage is told so before ten');

  const climbed = reminders(account, names).rows.filter(([no, , , deadline]) => no === '5' && deadline === '签收 sign');
  t.strictSame(
    climbed.map((row) => row[1]),
    ['10-08 15:00', '10-08 17:00', '10-09 17:00', '10-10 17:00'],
    'the ladder rests over the holidays and climbs on the Saturday that makes up for one',
  );

  const lines = print(account, names, { width: 120, style: plain }).split('\n');
  t.strictSame(
    lines.filter((line) => widthOf(line) > 120),
    [],
    'nothing is wider than the paper',
  );
});

t.test('Chinese text is measured and broken by columns', async (t) => {
  t.equal(widthOf('转办 forward（限时）'), 20);
  t.strictSame(wrap('承诺于2026-10-13前办理，请放心。', 10), ['承诺于', '2026-10-13', '前办理，请', '放心。']);
  t.strictSame(wrap('一二三，四', 6), ['一二', '三，四'], 'a comma does not begin a line');
  t.strictSame(wrap('abcdefghij', 4), ['abcd', 'efgh', 'ij'], 'a word longer than the line is cut');
});
