import { createCity } from '../support/city.ts';
import { multipart, openMailbox, postMail } from '../support/mail.ts';
import t from '../support/tap.ts';

const city = await createCity(t);
await openMailbox(city);

const both = (plain: string, html: string): string =>
  multipart(
    {},
    [
      [{ 'Content-Type': 'text/plain; charset=utf-8' }, plain],
      [{ 'Content-Type': 'text/html; charset=utf-8' }, html],
    ],
    'alternative',
  );
async function bodyOf(raw: string): Promise<string> {
  const { status, body } = await postMail(city, raw);
  if (status !== 201) throw new Error(JSON.stringify(body));
  return (await city.appeal(body.appealNumber)).body;
}

const LETTER = '<div>市长您好：</div><div>翠湖小区三号楼的电梯已经停了五天，老人无法下楼。</div>';
const WORDS = '市长您好：\n翠湖小区三号楼的电梯已经停了五天，老人无法下楼。';

t.test('a stub in the place of the plain text does not hide the letter', async (t) => {
  for (const stub of [
    '您的邮件客户端不支持HTML格式，请使用支持HTML的客户端查看。',
    'This is a message in HTML format. Please view it with an HTML mail client.',
    '.',
    '请查看网页版',
  ]) {
    const body = await bodyOf(both(stub, LETTER));
    t.match(body, WORDS, stub);
    t.notMatch(body, /HTML/);
  }
});

t.test('the same words twice are read once, as each mailer writes them', async (t) => {
  // QQ: hard spaces and a divider; NetEase: wrapped lines and an own quotation; Outlook: links and pictures in brackets.
  const mails: [string, string, string][] = [
    [
      'QQ',
      '市长您好：\r\n&nbsp; 翠湖小区的电梯停了五天\r\n------------------&nbsp;原始邮件&nbsp;------------------\r\n收到',
      '<div>市长您好：</div><div>&nbsp; 翠湖小区的电梯停了五天</div><div style="font-size:12px">------------------&nbsp;原始邮件&nbsp;------------------</div><div>收到</div>',
    ],
    [
      '163',
      '市长您好：\r\n翠湖小区三号楼的电梯已经停了\r\n五天，老人无法下楼。\r\n\r\n\r\n',
      `<div style="line-height:1.7">${LETTER}</div><br><br>`,
    ],
    [
      'Outlook',
      '市长您好：\r\n\r\n* 电梯停了五天\r\n* 见图[cid:image001.png@01D]和说明<https://example.com/a?b=c>\r\n',
      '<p>市长您好：</p><ul><li>电梯停了五天</li><li>见图<img src="cid:image001.png@01D">和<a href="https://example.com/a?b=c">说明</a></li></ul>',
    ],
  ];
  for (const [mailer, plain, html] of mails) {
    const body = await bodyOf(both(plain, html));
    t.equal(body.split('电梯').length, 2, mailer);
  }
});

t.test('no word of the HTML is lost, nor of another plain part', async (t) => {
  const table =
    '<p>明细如下</p><table><tr><td>三月</td><td>八百元</td></tr><tr><td>四月</td><td>九百元</td></tr></table>';
  const body = await bodyOf(both('明细如下\n（见下表）', table));
  for (const word of ['明细如下', '三月', '八百元', '四月', '九百元']) t.match(body, word);
  const plain = '这是一封很长的来信，写明了时间、地点和经过，请市长百忙之中过目，并督促有关部门尽快处理。';
  const added = await bodyOf(both(plain, '<p>补充一句：电话打不通</p>'));
  t.match(added, plain);
  t.match(added, '补充一句：电话打不通');
  const inner = 'multipart/alternative; boundary="inner"';
  const parts = [
    '--inner\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n短句',
    `--inner\r\nContent-Type: text/html; charset=utf-8\r\n\r\n${LETTER}`,
    '--inner--',
  ].join('\r\n');
  const mixed = multipart({}, [
    [{ 'Content-Type': inner }, parts],
    [{ 'Content-Type': 'text/plain; charset=utf-8' }, '附言：电梯编号一二三'],
  ]);
  const whole = await bodyOf(mixed);
  t.match(whole, '老人无法下楼');
  t.match(whole, '附言：电梯编号一二三');
});
