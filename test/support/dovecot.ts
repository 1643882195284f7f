import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImapFlow } from 'imapflow';
import { freePort } from '../../src/platform/database/embedded/free-port.ts';
import type { Test } from './tap.ts';

/** The program, where Debian puts it or on PATH; undefined: the IMAP suite cannot run here. */
export function findDovecot(): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => path.join(folder, 'dovecot')).find((program) => existsSync(program));
}

const PASSWORD = 'mailbox-password';

/** A real IMAP server of the test's own: an ordinary process on a free port of 127.0.0.1, its mail in a temporary folder. */
export interface ImapServer {
  port: number;
  /** Settings of a source that reads this account's INBOX. */
  settings(user: string, more?: object): Record<string, unknown>;
  /** A connection to an account, as a person's mail program or the delivery makes it. */
  connect(user: string): Promise<ImapFlow>;
  /** Puts a mail into a folder, INBOX unless said otherwise. Returns its UID. */
  deliver(user: string, mail: string | Buffer, more?: { folder?: string; at?: Date }): Promise<number>;
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** @param options.capability what the server says it can; default: all it can. */
export async function startImapServer(t: Test, options: { capability?: string } = {}): Promise<ImapServer> {
  const program = findDovecot();
  if (!program) throw new Error('dovecot is not installed');
  // The mail account of the package must get in, which it cannot below another's private folder.
  const folder = await mkdtemp(path.join(isRoot() ? '/tmp' : tmpdir(), 'minsheng-imap-'));
  await chmod(folder, 0o755);
  const port = await freePort();
  const config = path.join(folder, 'dovecot.conf');
  await mkdir(path.join(folder, 'mail'));
  await writeFile(config, configOf(folder, port, options.capability));
  if (isRoot()) execFileSync('chown', ['dovecot:dovecot', path.join(folder, 'mail')]);
  let child: ChildProcess | undefined;
  let gone: Promise<void> = Promise.resolve();

  async function start(): Promise<void> {
    const started = spawn(program as string, ['-F', '-c', config], { stdio: 'ignore', detached: true });
    child = started;
    gone = new Promise((resolve) => started.once('exit', () => resolve()));
    for (;;) {
      if (started.exitCode !== null) throw new Error(`dovecot ended with ${started.exitCode}: see ${folder}/log`);
      const client = clientOf('probe');
      try {
        await client.connect();
        return;
      } catch {
        await sleep(50);
      } finally {
        client.close();
      }
    }
  }

  async function stop(): Promise<void> {
    // With all its children: those who serve a connection would outlive it.
    if (child?.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
    await gone;
  }

  function clientOf(user: string): ImapFlow {
    const auth = { user, pass: PASSWORD };
    const client = new ImapFlow({ host: '127.0.0.1', port, secure: false, auth, logger: false });
    client.on('error', () => undefined);
    return client;
  }

  async function connect(user: string): Promise<ImapFlow> {
    const client = clientOf(user);
    await client.connect();
    return client;
  }

  async function deliver(
    user: string,
    mail: string | Buffer,
    { folder: to = 'INBOX', at }: { folder?: string; at?: Date } = {},
  ): Promise<number> {
    const client = await connect(user);
    try {
      const added = await client.append(to, mail, [], at);
      return added ? (added.uid ?? 0) : 0;
    } finally {
      client.close();
    }
  }

  t.teardown(async () => {
    await stop();
    await rm(folder, { recursive: true, force: true });
  });
  await start();
  return {
    port,
    settings: (user, more = {}) => ({
      host: '127.0.0.1',
      port,
      secure: false,
      user,
      password: PASSWORD,
      ...more,
    }),
    connect,
    deliver,
    start,
    stop,
  };
}

const isRoot = (): boolean => process.getuid?.() === 0;

/** Started by root it needs the accounts of the Debian package; started by anybody else it is that user throughout. */
function configOf(folder: string, port: number, capability: string | undefined): string {
  const own = userInfo().username;
  const [internal, login, mail] = isRoot() ? ['dovecot', 'dovenull', 'dovecot'] : [own, own, own];
  return `
base_dir = ${folder}/run
state_dir = ${folder}/run
log_path = ${folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = ${internal}
default_login_user = ${login}
${isRoot() ? '' : `default_internal_group = ${own}`}
mail_uid = ${mail}
mail_gid = ${mail}
first_valid_uid = 1
mail_location = maildir:${folder}/mail/%u
mail_max_userip_connections = 100
mailbox_list_index = no
${capability ? `imap_capability = ${capability}` : ''}
namespace inbox {
  inbox = yes
}
passdb {
  driver = static
  args = password=${PASSWORD}
}
userdb {
  driver = static
  args = uid=${mail} gid=${mail} home=${folder}/mail/%u
}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = 0
  }
}
service anvil {
  chroot =
}
`;
}
