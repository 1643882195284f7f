import { type City, createCity, type Problem } from '../support/city.ts';
import { mail, multipart, openMailbox, postMail, until } from '../support/mail.ts';
import { type Behaviour, startSmtpServer } from '../support/smtp-server.ts';
import t, { type Test } from '../support/tap.ts';

const states = async (city: City): Promise<string[]> =>
  (await city.rows<{ state: string }>('select state from mail_replies order by message_id')).map(({ state }) => state);

/** A city whose mayor's mailbox answers through a mail server of its own. */
async function createAnsweringCity(t: Test, changes: object = {}) {
  const smtp = await startSmtpServer(t);
  const city = await createCity(t, { logLevel: 'info' });
  await openMailbox(city, 'mayor-mailbox', { address: 'mayor@city.example', reply: smtp.settings(changes) });
  return { smtp, city };
}

t.test('who writes by mail is sent number and code, by a mail that no machine answers', async (t) => {
  const { smtp, city } = await createAnsweringCity(t);
  const raw = mail({ 'Message-ID': '<letter@example.com>', Subject: '=?utf-8?B?6Lev54Gv?=' }, '人民路的路灯坏了三天');
  const { body } = await postMail(city, raw);
  await city.clock.settle();
  t.equal(smtp.mails.length, 1);
  const [{ sender, recipients, raw: sent, parsed } = { sender: 'none', recipients: [], raw: '', parsed: undefined }] =
    smtp.mails;
  t.notOk(sender, 'the envelope names no sender');
  t.same(recipients, ['wang@example.com']);
  t.match(parsed, {
    subject: /^来信已收到（诉求编号 \d{16}）$/,
    inReplyTo: '<letter@example.com>',
    references: '<letter@example.com>',
  });
  t.match(sent, /^Auto-Submitted: auto-replied\r$/m);
  t.match(sent, /^X-Auto-Response-Suppress: All\r$/m);
  t.match(sent, /^From: mayor@city\.example\r$/m);
  t.match(sent, /^Message-ID: <minsheng\.[0-9a-f-]{36}@city\.example>\r$/m);
  t.match(sent, /^Content-Type: text\/plain; charset=utf-8\r$/m);
  const text = parsed?.text ?? '';
  t.notMatch(text, /路灯/, 'nothing of the letter is quoted');
  const number = /诉求编号：(\d+)/.exec(text)?.[1];
  const code = /查询码：(\S+)/.exec(text)?.[1];
  t.equal(number, body.appealNumber);
  t.match(await city.call('GET', `/v1/citizen/appeals/${number}?code=${code}`, undefined, { authorization: '' }), {
    status: 200,
    body: { number },
  });

  t.equal((await postMail(city, raw)).body.disposition, 'replayed');
  const answer = mail({ 'In-Reply-To': parsed?.messageId ?? '', Subject: 'Re: 来信' }, '补充：就在学校门口');
  t.match((await postMail(city, answer)).body, { disposition: 'attached', appealNumber: number });
  const foreign = mail({ 'In-Reply-To': parsed?.messageId ?? '', From: 'other@example.com' }, '我是别人');
  t.match((await postMail(city, foreign)).body, { disposition: 'registered' }, 'not from any other address');
  await city.clock.settle();
  t.same(
    smtp.mails.map(({ recipients }) => recipients[0]),
    ['wang@example.com', 'wang@example.com', 'other@example.com'],
    'none for the same mail again',
  );
  t.match(await postMail(city, sent), { body: { disposition: 'automatic' } }, 'our own mail is a machine’s');
  const kept = [...city.logs, ...(await city.dump())];
  for (const word of ['wang@example.com', 'smtp-password', code ?? 'no code'])
    t.notOk(
      kept.some((line) => line.includes(word)),
      'neither logs nor rows show it',
    );
});

t.test(
  'a code that travels back in a quotation is masked wherever it is read, and does not open the case',
  async (t) => {
    const { smtp, city } = await createAnsweringCity(t);
    const { body } = await postMail(city, mail({ 'Message-ID': '<w@example.com>' }, '人民路的路灯坏了三天'));
    await city.clock.settle();
    const told = smtp.mails[0]?.parsed?.text ?? '';
    const code = /查询码：(\S+)/.exec(told)?.[1] ?? 'no code';
    const quoted = told.replaceAll(/^/gm, '> ');
    const reply = `请问进展？\n\n在 2026-03-10 10:00:00，mayor@city.example 写道：\n${quoted}`;
    t.match(
      (await postMail(city, mail({ Subject: `Re: ${body.appealNumber}`, 'In-Reply-To': '<w@example.com>' }, reply)))
        .body,
      { disposition: 'attached' },
    );
    const html = `<div>帮邻居转一下</div><blockquote>${told.replaceAll('\n', '<br>')}</blockquote>`;
    const headers = {
      From: 'other@example.com',
      Subject: `Fwd: 查询码 ${code}`,
      'Content-Type': 'text/html; charset=utf-8',
    };
    t.match((await postMail(city, mail(headers, html))).body, { disposition: 'registered' });
    const inner = mail({ From: 'mayor@city.example', Subject: '来信已收到' }, told);
    const forward = multipart({ From: 'third@example.com', Subject: 'Fwd' }, [
      [{ 'Content-Type': 'message/rfc822' }, inner],
    ]);
    t.match((await postMail(city, forward)).body, { disposition: 'registered' });
    const long = mail({ From: 'fourth@example.com' }, `${told}${'字'.repeat(20_000)}\n${told}`);
    t.match((await postMail(city, long)).body, { disposition: 'registered' });
    const pasted = `收到短信：凭编号和查询码${code}可查询进展。`;
    for (const channel of ['phone', 'portal', 'wechat'] as const)
      t.equal((await city.post(channel, { body: pasted, title: pasted })).status, 201);
    await city.clock.settle();
    const shown: unknown[] = [];
    for (const { id } of await city.all<{ id: string }>('/v1/appeals'))
      for (const part of ['', '/messages', '/events'])
        shown.push((await city.call('GET', `/v1/appeals/${id}${part}`)).body);
    const read = JSON.stringify(shown);
    t.match(read, /查询码：\*{8}/);
    t.notMatch(read, code);
    t.notOk(
      (await city.dump()).some((row) => row.includes(code)),
      'nor does any row hold it',
    );
  },
);

t.test('nothing is sent without settings, to machines, and for old mail', async (t) => {
  const smtp = await startSmtpServer(t);
  const city = await createCity(t);
  await openMailbox(city);
  await postMail(city, mail());
  await openMailbox(city, 'mayor-mailbox', { address: 'mayor@city.example', reply: smtp.settings() });
  await postMail(city, mail({ 'Auto-Submitted': 'auto-replied' }));
  await postMail(city, mail({ From: '' }, '无名来信'));
  await postMail(city, mail({ Date: 'Mon, 09 Mar 2026 09:00:00 +0800' }, '旧信'));
  await city.clock.settle();
  t.same(await city.rows("select 1 from agenda where kind = 'mail-reply'"), []);
  for (const From of ['no-reply@example.com', 'postmaster@example.com', 'noreply-3@example.com'])
    t.equal((await postMail(city, mail({ From }, `来自 ${From}`))).status, 201);
  await city.clock.settle();
  t.same(await states(city), ['unwanted', 'unwanted', 'unwanted']);
  t.equal(smtp.calls(), 0);
});

t.test('an address is sent three a day', async (t) => {
  const { smtp, city } = await createAnsweringCity(t);
  const post = async (at: number) => {
    await postMail(city, mail({ Date: '' }, `第 ${at} 封信`));
    await city.clock.settle();
  };
  for (let at = 1; at <= 5; at++) await post(at);
  t.same(await states(city), ['sent', 'sent', 'sent', 'limited', 'limited']);
  await postMail(city, mail({ From: 'li@example.com' }));
  await city.clock.advance('PT24H');
  await post(6);
  t.equal(smtp.mails.length, 5);
});

t.test('what was refused is tried again, what was lost or refused for good is not', async (t) => {
  const { smtp, city } = await createAnsweringCity(t);
  const take = async (behaviour: Behaviour, from: string) => {
    const before = smtp.mails.length;
    smtp.next.push(behaviour);
    await postMail(city, mail({ From: from }, `来自 ${from}`));
    await city.clock.settle();
    const [at] = (await states(city)).slice(-1);
    await city.clock.advance('PT10M');
    return [at, (await states(city)).at(-1), smtp.mails.length - before];
  };
  t.same(await take({ refuse: 451, at: 'rcpt' }, 'a@example.com'), ['temporary-failure', 'sent', 1]);
  t.same(await take({ refuse: 452, at: 'data' }, 'b@example.com'), ['temporary-failure', 'sent', 1]);
  t.same(await take({ refuse: 421, at: 'mail' }, 'c@example.com'), ['temporary-failure', 'sent', 1]);
  const noEmptySender = await take({ refuse: 501, at: 'mail' }, 'h@example.com');
  t.same(noEmptySender, ['temporary-failure', 'sent', 1], 'it is the server’s setting, not this mail');
  t.same(await take('hang-up', 'd@example.com'), ['temporary-failure', 'sent', 1], 'before it had the mail');
  t.same(await take('drop', 'e@example.com'), ['unknown', 'unknown', 1], 'with the mail: never twice');
  t.same(await take({ refuse: 550, at: 'rcpt' }, 'f@example.com'), ['permanent-failure', 'permanent-failure', 0]);
  t.same(await take({ refuse: 554, at: 'data' }, 'g@example.com'), ['permanent-failure', 'permanent-failure', 0]);
  t.match(await city.rows("select failure from mail_replies where state = 'permanent-failure'"), [
    { failure: 'EENVELOPE 550' },
    { failure: 'EMESSAGE 554' },
  ]);
});

t.test('an attempt that a crash interrupted is not made again', async (t) => {
  const smtp = await startSmtpServer(t);
  const city = await createCity(t, { workers: false });
  await openMailbox(city, 'mayor-mailbox', { reply: smtp.settings() });
  await postMail(city, mail());
  await city.rows(`insert into mail_replies (message_id, source, account_index, state, attempts, attempt_started_at)
    select id, source, '\\x00', 'sending', 1, recorded_at from messages`);
  await city.instance.worker.drain('mail-reply');
  t.same(await states(city), ['unknown']);
  t.equal(smtp.calls(), 0);
});

t.test('a server that cannot be used is told of, tried for a day, and left to a person', async (t) => {
  const { smtp, city } = await createAnsweringCity(t, { password: 'another-password' });
  await postMail(city, mail());
  await city.clock.advance('PT10M');
  const told = 'replies of the mailbox mayor-mailbox could not be sent';
  t.match(
    (await city.instance.warnings()).find((text) => text.startsWith(told)),
    /[3-9] times: EAUTH 535$/,
  );
  await city.clock.advance('PT26H');
  t.same(await states(city), ['technical-failure']);
  await openMailbox(city, 'mayor-mailbox', { reply: smtp.settings() });
  const [{ id } = { id: 0 }] = await city.all<{ id: number }>('/v1/agenda?status=failed&kind=mail-reply');
  t.equal((await city.call('POST', `/v1/agenda/${id}/retry`)).status, 200);
  await until(async () => (await states(city))[0] === 'sent');
  t.equal(smtp.mails.length, 1);
});

t.test('settings say what is missing, and never show the password', async (t) => {
  const city = await createCity(t, { workers: false });
  const put = (reply: object) =>
    city.call<Problem>('PUT', '/v1/sources/mayor-mailbox/settings', { webhookSecret: 'x'.repeat(20), reply });
  const given = { host: '127.0.0.1', from: 'mayor@city.example' };
  const wrong: [object, string][] = [
    [{ from: given.from }, '/reply/host'],
    [{ ...given, from: 'mayor' }, '/reply/from'],
    [{ ...given, port: 0 }, '/reply/port'],
    [{ ...given, user: 'mayor' }, '/reply/password'],
    [{ ...given, text: '编号 {number}' }, '/reply/text'],
    [{ ...given, text: '查询码 {code}' }, '/reply/text'],
    [{ ...given, text: '{number}号来信已收到，请凭密钥{code}查询' }, '/reply/text'],
  ];
  for (const [reply, pointer] of wrong)
    t.match(await put(reply), { status: 400, body: { errors: [{ pointer }] } }, pointer);
  const whole = { ...given, user: 'mayor', password: 'smtp-password', text: '查询码：{code}，编号 {number}' };
  t.match((await put(whole)).body, { reply: { ...whole, port: 465, secure: true, password: '***' } });
  t.match(await city.get('/v1/sources/mayor-mailbox/settings'), { reply: { password: '***' } });
  await put({ ...whole, password: '***' });
  t.match(await city.instance.sources.settingsOf('mailbox', 'mayor-mailbox'), { reply: whole }, 'it stayed as it was');
});
