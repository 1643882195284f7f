import iconv from 'iconv-lite';
import { createCity, type Problem } from '../support/city.ts';
import { pdf, png, zip } from '../support/files.ts';
import { mail, multipart, openMailbox, postMail } from '../support/mail.ts';
import t from '../support/tap.ts';

const city = await createCity(t, { logLevel: 'info' });
await openMailbox(city);

interface Attachment {
  name: string;
  kind: string;
  mediaType: string;
  size: number;
}

/** Posts a mail that must become a message; the appeal it is in. */
async function take(raw: string | Buffer) {
  const { status, body } = await postMail(city, raw);
  if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`);
  return city.appeal(body.appealNumber);
}
const filesOf = (id: string) => city.all<Attachment>(`/v1/appeals/${id}/attachments`);

t.test('only who holds the mailbox’s secret may post, and nothing but mail', async (t) => {
  const before = await city.counts();
  t.equal((await postMail(city, mail(), { authorization: '' })).status, 401);
  t.equal((await postMail(city, mail(), { authorization: 'Bearer secret-of-the-mayors-mailboy' })).status, 401);
  t.equal((await postMail(city, mail(), {}, 'secretary-mailbox')).status, 404, 'has no secret');
  t.equal((await postMail(city, mail(), {}, 'wechat-12345')).status, 404);
  t.equal((await postMail(city, '{}', { 'content-type': 'application/json' })).status, 415);
  t.equal((await postMail(city, '')).status, 400);
  t.equal((await postMail(city, Buffer.alloc(26 * 1024 * 1024, 'a'))).status, 413);
  t.same(await city.counts(), before, 'nothing was written');
});

t.test('a mail is a message once, whatever way it took', async (t) => {
  const raw = mail({ Subject: '路灯', From: '"李四" <Li.Si@Example.com>' }, '人民路路灯不亮，电话13800000001');
  const first = await postMail(city, raw);
  t.match(first, { status: 201, body: { disposition: 'registered', reason: null } });
  const hop = `Received: from mx by mail; Tue, 10 Mar 2026 09:31:00 +0800\r\n${raw}`.replaceAll('\r\n', '\n');
  t.match(await postMail(city, hop), {
    status: 200,
    body: { disposition: 'replayed', appealNumber: first.body.appealNumber },
  });
  const other = await postMail(city, raw.replace('人民路', '和平路'));
  t.match(other, { status: 201, body: { disposition: 'registered' } }, 'same Message-ID, other words: another mail');
  const appeal = await city.appeal(first.body.appealNumber);
  t.match(appeal, { title: '路灯', channel: 'mailbox', source: 'mayor-mailbox' });
  t.notMatch(appeal.body, /13800000001/);
  t.notOk(
    (await city.dump()).some((row) => /li\.si@example\.com/i.test(row)),
    'addresses are sealed',
  );
  const both = await Promise.all([1, 2, 3].map(() => postMail(city, mail({ 'Message-ID': '<one@x>' }, '同时到达'))));
  t.equal(new Set(both.map(({ body }) => body.appealNumber)).size, 1);
});

t.test('Chinese charsets, labelled rightly, wrongly and not at all', async (t) => {
  const text = '广场舞噪音扰民，请处理。';
  const subject = '噪音問題';
  const raw = (charset: string, label: string) =>
    iconv.encode(mail({ Subject: text, 'Content-Type': `text/plain${label}` }, text), charset);
  for (const [charset, label] of [
    ['gb2312', '; charset=gb2312'],
    ['gbk', '; charset="GBK"'],
    ['gb18030', '; charset=gb18030'],
    ['gbk', ''],
    ['gbk', '; charset=utf-8'],
    ['utf8', '; charset=gb2312'],
  ] as const)
    t.match(await take(raw(charset, label)), { title: text, body: text }, `${charset} as ${label}`);
  const big5 = mail(
    {
      Subject: `=?big5?B?${iconv.encode(subject, 'big5').toString('base64')}?=`,
      'Content-Type': 'text/plain; charset=big5',
      'Content-Transfer-Encoding': 'base64',
    },
    iconv.encode('請處理噪音問題', 'big5').toString('base64'),
  );
  t.match(await take(big5), { title: subject, body: '請處理噪音問題' });
  const words = '市長您好：我住在中山路三段，樓下的路燈壞了兩個星期，晚上很暗，請派人修理，謝謝。';
  const bare = iconv.encode(mail({ Subject: '路燈損壞請修理', 'Content-Type': 'text/plain' }, words), 'big5');
  t.match(await take(bare), { title: '路燈損壞請修理', body: words }, 'big5 that says nothing');
  const western = iconv.encode(mail({ 'Content-Type': 'text/plain' }, 'Ärger über den Lärm in der Straße'), 'latin1');
  t.equal((await take(western)).body, 'Ärger über den Lärm in der Straße');
});

t.test('HTML mail becomes its words', async (t) => {
  const html =
    '<html><head><title>x</title><style>p{color:red}</style></head><body><script>alert(1)</script><p>您好：</p>' +
    '<p>小区<b>停车</b>难<img src="cid:1"><a href="http://tracker.example/x">详情</a></p></body></html>';
  t.equal((await take(mail({ 'Content-Type': 'text/html; charset=utf-8' }, html))).body, '您好：\n\n小区停车难详情');
  const both = multipart(
    {},
    [
      [{ 'Content-Type': 'text/plain; charset=utf-8' }, '纯文本正文'],
      [{ 'Content-Type': 'text/html; charset=utf-8' }, '<p>网页正文</p>'],
    ],
    'alternative',
  );
  t.equal((await take(both)).body, '纯文本正文\n\n网页正文', 'neither is lost');
  const deep = `${'<b>'.repeat(50_000)}很深${'</b>'.repeat(50_000)}`;
  t.match((await take(mail({ 'Content-Type': 'text/html; charset=utf-8' }, deep))).body, /很深/);
});

t.test('attachments are kept by what they are, under names that are only names', async (t) => {
  const b64 = (name: string, type: string, content: Buffer) =>
    [
      {
        'Content-Type': `${type}; name="${name}"`,
        'Content-Transfer-Encoding': 'base64',
        'Content-Disposition': `attachment; filename="${name}"`,
      },
      content.toString('base64'),
    ] as const;
  const bomb = zip([['a.txt', '0'.repeat(1_000)]], 4_000_000_000);
  const { id, body } = await take(
    multipart({}, [
      [{ 'Content-Type': 'text/plain; charset=utf-8' }, '见附件'],
      b64('../../etc/passwd.png', 'image/png', png),
      b64('合同.pdf', 'image/png', pdf),
      b64('C:\\\\windows\\\\evil.exe', 'image/jpeg', Buffer.from('MZ not a picture')),
      b64('bomb.zip', 'application/pdf', bomb),
      b64('', 'text/html', Buffer.from('<script>alert(1)</script>')),
    ]),
  );
  t.equal(body, '见附件');
  t.same(
    (await filesOf(id)).map(({ name, kind, mediaType, size }) => [name, kind, mediaType, size]),
    [
      ['passwd.png', 'image', 'image/png', png.length],
      ['合同.pdf', 'file', 'application/pdf', pdf.length],
      ['evil.exe', 'file', 'application/octet-stream', 16],
      ['bomb.zip', 'file', 'application/octet-stream', bomb.length],
      ['附件5', 'file', 'application/octet-stream', 25],
    ],
  );
});

t.test('no text, too much text, no sender, a mail within a mail', async (t) => {
  t.equal((await take(mail({ Subject: '只有标题' }, ''))).body, '只有标题');
  const long = await take(mail({ Subject: '长信' }, `开头${'字'.repeat(30_000)}`));
  t.match(long.body, /（来信过长，全文见附件）$/);
  t.equal(long.body.length, 20_000);
  t.match(await filesOf(long.id), [{ name: '全文.txt', size: 30_002 * 3 }]);
  const subject = `关于${'很长的标题'.repeat(60)}的结尾`;
  const titled = await take(mail({ Subject: `=?utf-8?B?${Buffer.from(subject).toString('base64')}?=` }, '正文'));
  t.equal(titled.body, `（主题）${subject}\n\n正文`);
  t.equal(titled.title.length, 200);
  const nobody = await take(mail({ From: '', 'Message-ID': '', Date: '' }, '无名来信'));
  t.match(await city.all(`/v1/appeals/${nobody.id}/messages`), [{ appellant: { account: null } }]);
  const forwarded = multipart({ Subject: 'Fwd' }, [
    [{ 'Content-Type': 'message/rfc822', 'Content-Disposition': 'attachment' }, mail({ Subject: '原信' }, '原信内容')],
  ]);
  t.equal((await take(forwarded)).body, '（转发的邮件）原信\n原信内容');
});

t.test('machines’ mail is counted and becomes nothing, a person’s mail about it does not', async (t) => {
  const appeals = async () => (await city.rows('select 1 from appeals')).length;
  const before = await appeals();
  const automatic: [string, Record<string, string>][] = [
    ['auto-reply', { 'Auto-Submitted': 'auto-replied' }],
    ['auto-reply', { Subject: '自动回复: 来信' }],
    ['auto-reply', { Subject: '自动答复：来信' }],
    ['auto-reply', { Subject: '自动回复' }],
    ...['[自动回复] 来信', '【自动回复】来信', '假期自动回复', '外出自动回复：来信', '来自 张三 的自动回复'].map(
      (Subject): [string, Record<string, string>] => ['auto-reply', { Subject }],
    ),
    ['bounce', { Subject: '来自postmaster@net-example.com的退信' }],
    ['auto-reply', { Subject: 'Automatic reply: 来信' }],
    ['auto-reply', { Subject: 'Out of Office AutoReply: 来信' }],
    ['auto-reply', { 'X-Autoreply': 'yes' }],
    ['bounce', { From: 'MAILER-DAEMON@mx.example.com', Subject: 'Undelivered' }],
    ['bounce', { 'Return-Path': '<>' }],
    ['bounce', { From: 'postmaster@qq.com', Subject: '系统退信' }],
    ['bounce', { 'Content-Type': 'multipart/report; report-type=delivery-status; boundary=b' }],
    ['report', { 'Content-Type': 'multipart/report; report-type=disposition-notification; boundary=b' }],
    ['mailing-list', { Precedence: 'bulk' }],
    ['mailing-list', { 'List-Id': '<a.example.com>' }],
    ['mailing-list', { 'X-Loop': 'mayor@city.example' }],
  ];
  for (const [reason, headers] of automatic) {
    const raw = mail(headers);
    const expected = { status: 200, body: { disposition: 'automatic', reason, appealNumber: null } };
    t.match(await postMail(city, raw), expected, JSON.stringify(headers));
    t.match(await postMail(city, raw), expected, 'and again');
  }
  t.equal(await appeals(), before);
  const persons: Record<string, string>[] = [
    { 'Auto-Submitted': 'no' },
    { Subject: '回复: 自动回复: 来信' },
    { Subject: '退信太多，请管一管邮局', 'X-Auto-Response-Suppress': 'All' },
    { Subject: '自动回复我半年了没人管' },
    { Subject: '自动回复的短信太多，请关掉' },
    { Subject: '自动答复敷衍群众' },
    { Subject: '收到[自动回复]三次，无人处理' },
    { Subject: '来自市长信箱的自动回复太敷衍' },
    { Subject: '来自市长信箱的退信' },
    { Subject: '假期自动回复机没人管' },
    { Subject: 'Out of office 小区物业经常没人' },
    { Subject: '不在办公室的工作人员' },
    { Subject: 'Vacation 出租房太吵' },
  ];
  for (const headers of persons) await take(mail(headers));
  t.equal(await appeals(), before + persons.length);
});

t.test('what a mailbox sends to itself is no appeal, as far as its address was told', async (t) => {
  const post = (From: string) => postMail(city, mail({ From }, '给自己的备忘'), {}, 'secretary-mailbox');
  await openMailbox(city, 'secretary-mailbox');
  t.equal((await post('secretary@city.example')).status, 201, 'nobody told it');
  await openMailbox(city, 'secretary-mailbox', { address: 'Secretary@City.example' });
  t.match(await post('秘书 <SECRETARY@city.example>'), {
    status: 200,
    body: { disposition: 'automatic', reason: 'own' },
  });
  t.equal((await post('clerk@city.example')).status, 201);
});

t.test('an answer joins its appeal by the headers or the number, from the appellant’s address only', async (t) => {
  const from = 'Zhao <zhao@example.com>';
  const first = await take(mail({ From: from, 'Message-ID': '<first@example.com>' }, '楼上漏水'));
  const reply = await postMail(city, mail({ From: from, Subject: 'Re: 来信', 'In-Reply-To': '<first@example.com>' }));
  t.match(reply, { status: 201, body: { disposition: 'attached', appealNumber: first.number } });
  const forward = mail({ From: 'ZHAO@EXAMPLE.COM', References: '<x@y> <first@example.com>' }, '转发一次');
  t.match((await postMail(city, forward)).body, { disposition: 'attached', appealNumber: first.number });
  const numbered = mail({ From: from, Subject: `补充材料（工单${first.number}）` }, '补充照片');
  t.match((await postMail(city, numbered)).body, { disposition: 'attached', appealNumber: first.number });

  const strangers: Record<string, string>[] = [
    { From: 'stranger@example.com', Subject: `关于 ${first.number}` },
    { From: 'stranger@example.com', 'In-Reply-To': '<first@example.com>' },
    { From: '', Subject: first.number },
  ];
  for (const headers of strangers) {
    const { body } = await postMail(city, mail(headers, `外人来信${JSON.stringify(headers)}`));
    t.equal(body.disposition, 'registered');
    t.not(body.appealNumber, first.number);
    const [event] = await city.events((await city.appeal(body.appealNumber)).id);
    t.equal(event?.data.refersTo, first.number, 'the desk sees what it speaks of');
  }
  t.equal((await city.events(first.id)).filter(({ type }) => type === 'attach').length, 3);
  const wrong = `${first.number.slice(0, -1)}${(Number(first.number.at(-1)) + 1) % 10}`;
  t.match((await postMail(city, mail({ From: from, Subject: wrong }, '号码有误'))).body, { disposition: 'registered' });
});

t.test('an answer to a linked appeal goes to its target, one to an answered appeal opens it again', async (t) => {
  await city.clock.settle();
  const letter = (id: string, body: string) =>
    mail({ From: `${id}@example.com`, 'Message-ID': `<${id}@example.com>` }, body);
  const target = await take(letter('target', '一言难尽的事情'));
  const linked = await take(letter('linked', '说来话长的事情'));
  const closed = await take(letter('closed', '另外一件事情'));
  await city.clock.settle();
  t.equal((await city.act('appeals', linked.id, 'link', { target: target.number })).status, 200);
  t.equal((await city.act('appeals', closed.id, 'answer', { text: '已答复' })).status, 200);
  const answer = (id: string) =>
    postMail(city, mail({ From: `${id}@example.com`, 'In-Reply-To': `<${id}@example.com>` }, '还有一句'));
  t.match((await answer('linked')).body, { disposition: 'attached', appealNumber: target.number });
  t.match((await answer('closed')).body, { disposition: 'attached', appealNumber: closed.number });
});

t.test('thanks for an answer join the case and open nothing again', async (t) => {
  const from = { From: '钱先生 <qian@example.com>' };
  const letter = await take(mail({ ...from, 'Message-ID': '<qian@example.com>' }, '门口的树倒了，请尽快清理'));
  await city.clock.settle();
  t.equal((await city.act('appeals', letter.id, 'answer', { text: '已清理' })).status, 200);
  const quote = [
    '',
    '------------------ 原始邮件 ------------------',
    '发件人: "市长信箱" <mayor@city.example>;',
    '树已清理，请问您是否满意？',
  ].join('\n');
  const thanks = [
    '谢谢！',
    '您好，您的邮件我已收到。',
    `非常感谢！\n钱先生\n发自我的iPhone\n${quote}`,
    '收到了，谢谢\n\n在 2026-03-10 10:00，市长信箱 写道：\n> 门口的树已经清理。\n> 请问您是否满意？',
    'Thank you!\n\nOn Tue, Mar 10, 2026 at 10:00 AM Mayor <mayor@city.example> wrote:\n> 已清理',
  ];
  const answer = (body: string, headers = {}) =>
    postMail(city, mail({ ...from, 'In-Reply-To': '<qian@example.com>', Subject: 'Re: 来信', ...headers }, body));
  for (const body of thanks)
    t.match((await answer(body)).body, { disposition: 'attached', appealNumber: letter.number }, body);
  await city.clock.settle();
  t.equal((await city.appeal(letter.id)).status, 'answered');
  t.equal((await city.all(`/v1/appeals/${letter.id}/messages`)).length, 1 + thanks.length);
  t.equal((await city.events(letter.id)).filter(({ type }) => type === 'attach').length, thanks.length);
  const below = '在 2026-03-10 10:00，市长信箱 写道：\n> 树已清理。\n\n根本没有清理';
  t.match((await answer(below)).body, { disposition: 'attached' });
  t.equal((await city.appeal(letter.id)).status, 'triage', 'who is not content is heard');
});

t.test('a mail that is handed on with a word of thanks is no thanks', async (t) => {
  const from = { From: 'sun@example.com' };
  const letter = await take(mail({ ...from, 'Message-ID': '<sun@example.com>' }, '河边的护栏断了一截'));
  await city.clock.settle();
  t.equal((await city.act('appeals', letter.id, 'answer', { text: '已修复' })).status, 200);
  const forward = mail(
    { ...from, 'In-Reply-To': '<sun@example.com>', Subject: '转发: 护栏' },
    '谢谢！\n---------- 转发的邮件 ----------\n护栏又断了',
  );
  t.match((await postMail(city, forward)).body, { disposition: 'attached', appealNumber: letter.number });
  t.equal((await city.appeal(letter.id)).status, 'triage');
});

t.test('what passes a limit is refused and said so, and the service lives', async (t) => {
  const parts = (count: number) => Array.from({ length: count }, () => '--b\r\n\r\nx\r\n').join('');
  const nested = Array.from(
    { length: 500 },
    (_, at) => `Content-Type: multipart/mixed; boundary=b${at}\r\n\r\n--b${at}\r\n`,
  );
  const hostile: [string, string | Buffer][] = [
    ['thousands of parts', mail({ 'Content-Type': 'multipart/mixed; boundary=b' }, parts(5_000))],
    ['deep nesting', `From: a@b.example\r\n${nested.join('')}`],
    ['header bomb', mail({ 'X-Bomb': 'a'.repeat(2_000_000) })],
    ['many headers', `${'X-A: b\r\n'.repeat(100_000)}\r\nx`],
    ['no mail', Buffer.alloc(1_000_000, 0xff)],
  ];
  for (const [what, raw] of hostile) {
    const { status, body } = await postMail<Problem>(city, raw);
    t.match({ status, body }, { status: 400, body: { type: /malformed-body$/ } }, what);
    t.match(await postMail(city, raw), { status: 200, body: { disposition: 'refused' } }, 'and not read again');
  }
  const odd: [string, string][] = [
    ['unknown charset', mail({ 'Content-Type': 'text/plain; charset=x-none-such' }, '内容')],
    ['utf-7', mail({ 'Content-Type': 'text/plain; charset=utf-7' }, '+ADw-script+AD4-')],
    ['NUL and halves', mail({ Subject: 'a\u0000b' }, 'c\u0000d\u0007e')],
    ['no end', mail({ 'Content-Type': 'multipart/mixed; boundary=b' }, '--b\r\nContent-Type: text/plain\r\n\r\n半截')],
  ];
  for (const [what, raw] of odd) t.equal((await postMail(city, raw)).status, 201, what);
  t.notOk(
    city.logs.some((line) => line.includes('example.com')),
    'no address in the logs',
  );
});

t.test('settings say what is missing', async (t) => {
  const put = (body: object) => city.call<Problem>('PUT', '/v1/sources/petition-mailbox/settings', body);
  t.equal((await put({})).status, 400);
  t.match(await put({ host: 'imap.example.com' }), { status: 400, body: { errors: [{}, {}] } });
  const given = { host: 'imap.example.com', user: 'a', password: 'b' };
  t.match((await put({ ...given, webhookSecret: 'x'.repeat(20) })).body, {
    port: 993,
    secure: true,
    readOnly: true,
    existing: 'skip',
    mailbox: 'INBOX',
    password: '***',
    webhookSecret: '***',
  });
});
