import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import pg from 'pg';
import { projectRoot } from '../../src/config.ts';
import { type City, createCity } from '../support/city.ts';
import { findDovecot, startImapServer } from '../support/dovecot.ts';
import { mail, until } from '../support/mail.ts';
import t from '../support/tap.ts';

const SOURCE = 'mayor-mailbox';

const connect = (city: City, settings: object, source = SOURCE) =>
  city.call('PUT', `/v1/sources/${source}/settings`, settings);

/** Titles of the appeals that came by a mailbox, in the order of registration. */
async function titles(city: City, source = SOURCE): Promise<string[]> {
  const rows = await city.rows<{ title: string }>('select title from appeals where source = $1 order by id', [source]);
  return rows.map(({ title }) => title);
}
const taken = (city: City, count: number, source = SOURCE) =>
  until(async () => (await titles(city, source)).length >= count);
const position = async (city: City) =>
  (
    await city.rows<{ uid: string; validity: string }>(
      'select last_uid as uid, uid_validity as validity from mailbox_positions',
    )
  )[0];
const connected = (city: City) => until(async () => (await position(city)) !== undefined);

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
    await until(async () => (await city.rows('select 1 from mailbox_positions')).length === 2);
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

  t.test('a new UIDVALIDITY: all is looked at again, nothing is taken twice, nothing is left out', async (t) => {
    const imap = await startImapServer(t);
    const city = await createCity(t);
    const admin = await imap.connect('mayor');
    await admin.mailboxCreate('Letters');
    const letters = [1, 2, 3].map((at) => mail({ Subject: `来信${at}` }));
    const fill = async (): Promise<void> => {
      for (const letter of letters) await admin.append('Letters', letter);
    };
    await admin.append('Letters', mail({ Subject: '连接之前' }), [], new Date(Date.now() - 86_400_000));
    await connect(city, imap.settings('mayor', { mailbox: 'Letters', pollSeconds: 1 }));
    await connected(city);
    await fill();
    await taken(city, 3);
    const before = await position(city);
    await imap.stop();
    await imap.start();
    const again = await imap.connect('mayor');
    await again.mailboxDelete('Letters');
    await again.mailboxCreate('Letters');
    await again.append('Letters', mail({ Subject: '连接之前' }), [], new Date(Date.now() - 86_400_000));
    for (const letter of letters) await again.append('Letters', letter);
    await again.append('Letters', mail({ Subject: '来信4' }));
    await taken(city, 4);
    t.same(await titles(city), ['来信1', '来信2', '来信3', '来信4']);
    t.not((await position(city))?.validity, before?.validity);
    admin.close();
    again.close();
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

  t.test('of two processes one reads; when it ends the other goes on', async (t) => {
    const imap = await startImapServer(t);
    const city = await createCity(t, { workers: false });
    await connect(city, imap.settings('mayor'));
    const first = await city.start();
    await connected(city);
    await city.start();
    for (let at = 0; at < 5; at++) await imap.deliver('mayor', mail({ Subject: `一${at}` }));
    await taken(city, 5);
    const locks = await city.rows("select 1 from pg_locks where locktype = 'advisory' and classid = 716012346");
    t.equal(locks.length, 1);
    await first.close();
    for (let at = 0; at < 5; at++) await imap.deliver('mayor', mail({ Subject: `二${at}` }));
    await taken(city, 10);
    t.equal((await city.rows('select 1 from messages')).length, 10);
  });

  for (const table of ['messages', 'mails']) {
    t.test(`kill -9 while a fetched mail is being written into ${table}: not lost, not doubled`, async (t) => {
      const imap = await startImapServer(t);
      const city = await createCity(t, { workers: false });
      await connect(city, imap.settings('mayor', { existing: 'take' }));
      await imap.deliver('mayor', mail({ Subject: '一' }));
      await imap.deliver('mayor', mail({ Subject: '二' }));
      const holder = new pg.Client({ connectionString: city.url });
      await holder.connect();
      await holder.query(`begin; lock table ${table} in share row exclusive mode`);
      const killed = startWorker(city);
      await until(async () => {
        const waiting = await city.rows(
          "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        );
        return waiting.length > 0;
      });
      killed.child.kill('SIGKILL');
      await killed.ended;
      await holder.query('rollback');
      await holder.end();
      const second = startWorker(city);
      await until(async () => (await city.rows('select 1 from mails')).length === 2);
      second.child.kill('SIGTERM');
      await second.ended;
      t.same(await titles(city), ['一', '二']);
      t.equal((await city.rows('select 1 from messages')).length, 2);
    });
  }

  t.test('wrong passwords and absent servers are tried again, slowly, and stop at once', async (t) => {
    const imap = await startImapServer(t);
    const city = await createCity(t, { logLevel: 'warn' });
    await connect(city, { ...imap.settings('mayor'), password: 'wrong-password' });
    await connect(city, { ...imap.settings('secretary'), port: 1 }, 'secretary-mailbox');
    await until(async () => city.logs.filter((line) => line.includes('a mailbox cannot be read')).length >= 2);
    t.notOk(city.logs.some((line) => line.includes('wrong-password')));
    await connect(city, imap.settings('mayor', { existing: 'take' }));
    await connected(city);
    t.pass('corrected settings are taken up without a restart');
  });
}

/** The service's own worker process. */
function startWorker(city: City): { child: ChildProcess; ended: Promise<void> } {
  const child = spawn(process.execPath, [path.join(projectRoot, 'dist/src/main.js'), 'worker'], {
    stdio: 'ignore',
    env: {
      PATH: process.env.PATH,
      DATA_DIR: city.dataDir,
      DATABASE_URL: city.url,
      CLOCK: 'simulated',
      LOG_LEVEL: 'silent',
    },
  });
  return { child, ended: new Promise((resolve) => child.once('exit', () => resolve())) };
}
