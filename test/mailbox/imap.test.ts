import { createCity } from '../support/city.ts';
import { findDovecot, startImapServer } from '../support/dovecot.ts';
import { mail, until } from '../support/mail.ts';
import { connect, connected, SOURCE, taken, titles } from '../support/mailboxes.ts';
import t from '../support/tap.ts';

if (!findDovecot()) {
  t.comment('skipped: dovecot was not found, mailboxes were not read by IMAP');
  t.pass('nothing to try');
} else {
  t.test('what lies there is skipped unless it is asked for; what comes is taken at once and in order', async (t) => {
    const imap = await startImapServer(t);
    const city = await createCity(t);
    await imap.deliver('mayor', mail({ Subject: '旧信一' }));
    await imap.deliver('secretary', mail({ Subject: '旧信二' }));
    t.equal((await connect(city, imap.settings('mayor', { pollSeconds: 3600 }))).status, 200);
    await connect(city, imap.settings('secretary', { pollSeconds: 3600, existing: 'take' }), 'secretary-mailbox');
    await taken(city, 1, 'secretary-mailbox');
    t.same(await titles(city, 'secretary-mailbox'), ['旧信二']);
    await until(async () => (await city.rows('select 1 from mailbox_positions where uid_validity > 0')).length === 2);
    for (const at of [1, 2, 3]) await imap.deliver('mayor', mail({ Subject: `新信${at}` }));
    await taken(city, 3);
    t.same(await titles(city), ['新信1', '新信2', '新信3'], 'IDLE told of them: the next look is an hour away');
    const [{ id } = { id: '' }] = (await city.get<{ items: { id: string }[] }>(`/v1/appeals?source=${SOURCE}`)).items;
    const [message] = await city.all<{ appellant: object }>(`/v1/appeals/${id}/messages`);
    t.match(message, { appellant: { account: 'w***@example.com', verified: false } }, 'an address proves nobody');
  });

  t.test('read-only changes nothing in the mailbox; otherwise what was taken is marked as read', async (t) => {
    const imap = await startImapServer(t);
    const city = await createCity(t);
    await imap.deliver('mayor', mail());
    await imap.deliver('secretary', mail());
    await connect(city, imap.settings('mayor', { existing: 'take' }));
    await connect(city, imap.settings('secretary', { existing: 'take', readOnly: false }), 'secretary-mailbox');
    const flagsOf = async (user: string): Promise<string[]> => {
      const client = await imap.connect(user);
      await client.mailboxOpen('INBOX', { readOnly: true });
      const found = await client.fetchOne('1', { flags: true });
      client.close();
      return found ? [...(found.flags ?? [])].filter((flag) => flag !== '\\Recent') : ['gone'];
    };
    await until(async () => (await flagsOf('secretary')).includes('\\Seen'));
    await taken(city, 1);
    t.same(await flagsOf('mayor'), []);
  });

  t.test('a server that announces nothing is looked at; one that was down is found again', async (t) => {
    const imap = await startImapServer(t, { capability: 'IMAP4rev1 UIDPLUS LITERAL+' });
    const city = await createCity(t);
    await connect(city, imap.settings('mayor', { pollSeconds: 1 }));
    await connected(city);
    await imap.deliver('mayor', mail({ Subject: '轮询' }));
    await taken(city, 1);
    await imap.stop();
    await imap.start();
    await imap.deliver('mayor', mail({ Subject: '重启之后' }));
    await taken(city, 2);
    t.same(await titles(city), ['轮询', '重启之后']);
  });

  t.test(
    'corrected settings lose no mail: neither of a first connection that failed nor of a server that moved',
    async (t) => {
      const imap = await startImapServer(t);
      const city = await createCity(t);
      const admin = await imap.connect('mayor');
      const yesterday = new Date(Date.now() - 86_400_000);
      await admin.append('INBOX', mail({ Subject: '设置之前' }), [], yesterday);
      const settings = imap.settings('mayor', { pollSeconds: 1 });
      await connect(city, { ...settings, port: 1 });
      await until(async () => (await city.rows('select 1 from mailbox_failures')).length > 0);
      await imap.deliver('mayor', mail({ Subject: '设置有误期间' }));
      await connect(city, settings);
      await taken(city, 1);
      t.same(await titles(city), ['设置有误期间']);
      await connected(city);
      await admin.mailboxCreate('Moved');
      await admin.append('Moved', mail({ Subject: '设置之前' }), [], yesterday);
      await admin.append('Moved', mail({ Subject: '搬迁期间' }));
      await connect(city, { ...settings, mailbox: 'Moved' });
      await taken(city, 2);
      await connect(city, settings);
      await imap.deliver('mayor', mail({ Subject: '搬回之后' }));
      await taken(city, 3);
      t.same(await titles(city), ['设置有误期间', '搬迁期间', '搬回之后'], 'and nothing is filed twice');
      admin.close();
    },
  );

  t.test('a mail that ends whoever reads it is set aside, told of, and those behind it are read', async (t) => {
    const imap = await startImapServer(t);
    const city = await createCity(t, { workers: false });
    await connect(city, imap.settings('mayor', { existing: 'take', pollSeconds: 1 }));
    await imap.deliver('mayor', mail({ Subject: '毒信' }));
    await imap.deliver('mayor', mail({ Subject: '之后' }));
    const admin = await imap.connect('mayor');
    const { uidValidity } = await admin.mailboxOpen('INBOX', { readOnly: true });
    admin.close();
    await city.rows('insert into mailbox_tries values ($1, $2, 1, 3, 0)', [SOURCE, String(uidValidity)]);
    const worker = await city.start({ workers: true });
    await taken(city, 1);
    t.same(await titles(city), ['之后']);
    t.same(await city.rows("select kind, reason from mails where kind = 'refused'"), [
      { kind: 'refused', reason: 'set-aside' },
    ]);
    const { warnings } = await city.get<{ warnings: string[] }>('/readyz');
    t.ok(
      warnings.some((line) => line.includes(SOURCE) && line.includes('set aside')),
      warnings.join(),
    );
    await worker.close();
  });

  t.test('a mail that fails time and again waits until one behind it could be taken', async (t) => {
    const imap = await startImapServer(t);
    const city = await createCity(t);
    await city.rows(`create function refuse() returns trigger language plpgsql as $$
      begin if new.title = '坏信' then raise exception 'no' using errcode = 'P0001'; end if; return new; end $$`);
    await city.rows('create trigger refuse before insert on appeals for each row execute function refuse()');
    await connect(city, imap.settings('mayor', { existing: 'take', pollSeconds: 1 }));
    await imap.deliver('mayor', mail({ Subject: '坏信' }));
    await until(async () => (await city.rows('select 1 from mailbox_tries where failures >= 3')).length > 0);
    t.same(await city.rows("select 1 from mails where reason = 'set-aside'"), [], 'it may be all mail that fails');
    await imap.deliver('mayor', mail({ Subject: '好信' }));
    await taken(city, 1);
    await until(async () => (await city.rows("select 1 from mails where reason = 'set-aside'")).length === 1);
    t.same(await titles(city), ['好信']);
  });

  t.test('a mail that waits for one behind it is not passed by when that one is set aside', async (t) => {
    const imap = await startImapServer(t);
    const city = await createCity(t, { workers: false });
    await connect(city, imap.settings('mayor', { existing: 'take', pollSeconds: 1 }));
    await imap.deliver('mayor', mail({ Subject: '等着' }));
    await imap.deliver('mayor', mail({ Subject: '毒信' }));
    const admin = await imap.connect('mayor');
    const { uidValidity } = await admin.mailboxOpen('INBOX', { readOnly: true });
    admin.close();
    for (const [uid, failures] of [
      [1, 3],
      [2, 0],
    ])
      await city.rows('insert into mailbox_tries values ($1, $2, $3, 3, $4)', [
        SOURCE,
        String(uidValidity),
        uid,
        failures,
      ]);
    const worker = await city.start({ workers: true });
    await until(async () => (await city.rows("select 1 from mails where reason = 'set-aside'")).length === 1);
    await until(async () => (await city.rows('select 1 from mailbox_positions where last_uid = 2')).length === 1);
    t.same(await titles(city), ['等着']);
    await worker.close();
  });

  t.test('a mail that cannot be read is counted and holds up none behind it', async (t) => {
    const imap = await startImapServer(t);
    const city = await createCity(t, { logLevel: 'info' });
    await connect(city, imap.settings('mayor', { existing: 'take' }));
    await connected(city);
    const parts = Array.from({ length: 300 }, () => '--b\r\n\r\nx\r\n').join('');
    await imap.deliver('mayor', mail({ Subject: '许多部分', 'Content-Type': 'multipart/mixed; boundary=b' }, parts));
    await imap.deliver('mayor', mail({ From: 'MAILER-DAEMON@example.com', Subject: '退信' }));
    await imap.deliver('mayor', mail({ Subject: '之后' }));
    await taken(city, 1);
    t.same(await titles(city), ['之后']);
    t.same(await city.rows('select kind, reason from mails order by kind'), [
      { kind: 'automatic', reason: 'bounce' },
      { kind: 'message', reason: null },
      { kind: 'refused', reason: 'unreadable' },
    ]);
    for (const word of ['MAILER-DAEMON', '许多部分', 'wang@'])
      t.notOk(
        city.logs.some((line) => line.includes(word)),
        'logs name a mail by its digest only',
      );
  });

  t.test('wrong passwords and absent servers are tried again, slowly, and stop at once', async (t) => {
    const imap = await startImapServer(t);
    const city = await createCity(t, { logLevel: 'warn' });
    await connect(city, { ...imap.settings('mayor'), password: 'wrong-password' });
    await connect(city, { ...imap.settings('secretary'), port: 1 }, 'secretary-mailbox');
    const warnings = async () => (await city.instance.mailboxes.warnings()).map((text) => text.replace(/\d+/, 'N'));
    await until(async () => (await warnings()).length >= 2);
    t.same(await warnings(), [
      'the mailbox mayor-mailbox could not be read N times: AUTHENTICATIONFAILED',
      'the mailbox secretary-mailbox could not be read N times: ECONNREFUSED',
    ]);
    t.match(await city.get('/readyz'), { warnings: [/mayor-mailbox/, /secretary-mailbox/] });
    t.notOk(city.logs.some((line) => line.includes('wrong-password')));
    await connect(city, imap.settings('mayor', { existing: 'take' }));
    await connected(city);
    await city.call('PUT', '/v1/sources/secretary-mailbox/settings', { webhookSecret: 'x'.repeat(20) });
    await until(async () => (await warnings()).length === 0);
    t.pass('corrected settings are taken up without a restart, and nobody is warned any more');
  });
}
