import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import pg from 'pg';
import { projectRoot } from '../../src/config.ts';
import { type City, createCity } from '../support/city.ts';
import { findDovecot, startImapServer } from '../support/dovecot.ts';
import { mail, until } from '../support/mail.ts';
import { connect, connected, position, taken, titles } from '../support/mailboxes.ts';
import t from '../support/tap.ts';

if (!findDovecot()) {
  t.comment('skipped: dovecot was not found, mailboxes were not read by IMAP');
  t.pass('nothing to try');
} else {
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

  t.test('of two processes one reads; when it ends the other goes on', async (t) => {
    const imap = await startImapServer(t);
    const city = await createCity(t, { workers: false });
    await connect(city, imap.settings('mayor'));
    const first = await city.start();
    await connected(city);
    await city.start();
    for (let at = 0; at < 5; at++) await imap.deliver('mayor', mail({ Subject: `一${at}` }));
    await taken(city, 5);
    const locks = await city.rows(
      "select 1 from pg_locks where locktype = 'advisory' and classid = 716012346 and database = (select oid from pg_database where datname = current_database())",
    );
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
}

/** Marked first, noted then: the other way round a crash in between would leave it unread for ever. */
if (findDovecot())
  t.test('what was taken is marked as read before it counts as read', async (t) => {
    const imap = await startImapServer(t);
    const city = await createCity(t, { workers: false });
    await connect(city, imap.settings('mayor', { existing: 'take', readOnly: false }));
    const reader = await imap.connect('mayor');
    await reader.mailboxOpen('INBOX', { readOnly: true });
    const worker = startWorker(city);
    await connected(city);
    const holder = new pg.Client({ connectionString: city.url });
    await holder.connect();
    await holder.query('begin; lock table mailbox_positions in share row exclusive mode');
    await imap.deliver('mayor', mail({ Subject: '一' }));
    await until(async () => {
      const waiting = await city.rows(
        "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      );
      return waiting.length > 0;
    });
    await reader.noop();
    const found = await reader.fetchOne('1', { flags: true });
    t.ok(found !== false && found?.flags?.has('\\Seen'));
    reader.close();
    worker.child.kill('SIGKILL');
    await worker.ended;
    await holder.end();
  });

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
