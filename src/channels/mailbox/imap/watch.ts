import pg from 'pg';
import type { Sources } from '../../../intake/sources.service.ts';
import type { MailboxSettings } from '../mailbox.channel.ts';
import type { ReceiveDeps } from '../receive.ts';
import { failingMailboxes, mailsSetAside } from './failures.ts';
import { readMailbox } from './reader.ts';

/** First half of the advisory locks' keys: one for each mailbox that is read. */
const LOCK = 716_012_346;
/** Machine milliseconds between looks at which mailboxes there are and whether another process has let go of one. */
const LOOK_MS = 2_000;

interface Reading {
  settings: string;
  stop(): Promise<void>;
}

/**
 * Reads all mailboxes that are set up for IMAP, each by one process at a time: whoever holds the advisory lock. Two that
 * believed to hold it would only do the same work twice, since a mail is recorded once.
 */
export function createMailboxWatch(deps: ReceiveDeps & { sources: Sources; databaseUrl: string }) {
  const { sources, log } = deps;
  const readings = new Map<string, Reading>();
  let locks: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();
  let stopped = true;

  async function wanted(): Promise<Map<string, MailboxSettings>> {
    const all = new Map<string, MailboxSettings>();
    for (const code of await sources.configured('mailbox')) {
      const settings = await sources.settingsOf<MailboxSettings>('mailbox', code);
      if (settings?.host !== undefined) all.set(code, settings);
    }
    return all;
  }

  async function look(): Promise<void> {
    const mailboxes = await wanted();
    for (const [code, { settings }] of readings)
      if (JSON.stringify(mailboxes.get(code)) !== settings) await release(code);
    for (const [code, settings] of mailboxes) {
      if (readings.has(code) || stopped || !(await lock(code))) continue;
      const stopping = new AbortController();
      const done = readMailbox(deps, { code, settings }, stopping.signal);
      readings.set(code, {
        settings: JSON.stringify(settings),
        stop: () => {
          stopping.abort();
          return done;
        },
      });
    }
  }

  async function lock(code: string): Promise<boolean> {
    locks ??= await connect();
    const { rows } = await locks.query<{ held: boolean }>('select pg_try_advisory_lock($1, hashtext($2)) as held', [
      LOCK,
      code,
    ]);
    return rows[0]?.held === true;
  }

  /** With the connection the locks are gone, and another process may be reading already. */
  async function connect(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: deps.databaseUrl, application_name: 'minsheng-mailboxes' });
    client.on('error', () => undefined);
    client.on('end', () => {
      if (locks !== client) return;
      locks = undefined;
      void stopReadings();
    });
    await client.connect();
    return client;
  }

  async function release(code: string): Promise<void> {
    const reading = readings.get(code);
    readings.delete(code);
    await reading?.stop();
    await locks?.query('select pg_advisory_unlock($1, hashtext($2))', [LOCK, code]);
  }

  async function stopReadings(): Promise<void> {
    const ending = [...readings.values()];
    readings.clear();
    await Promise.all(ending.map((reading) => reading.stop()));
  }

  function start(): void {
    stopped = false;
    const tick = (): void => {
      looking = look()
        .catch((err: unknown) => log.warn({ err }, 'the mailboxes could not be looked up'))
        .finally(() => {
          if (!stopped) timer = setTimeout(tick, LOOK_MS);
        });
    };
    tick();
  }

  async function stop(): Promise<void> {
    stopped = true;
    clearTimeout(timer);
    await looking;
    await stopReadings();
    const client = locks;
    locks = undefined;
    await client?.end();
  }

  /** What operations should know: mailboxes that could not be read several times in a row, and mails that never could be. */
  async function warnings(): Promise<string[]> {
    const mailboxes = await wanted();
    const failing = (await failingMailboxes(deps.db)).filter(({ source }) => mailboxes.has(source));
    const aside = await mailsSetAside(deps.db, await deps.clock.now());
    return [
      ...failing.map(
        ({ source, failures, failure }) => `the mailbox ${source} could not be read ${failures} times: ${failure}`,
      ),
      ...aside.map(({ source, count }) => `${count} mails of ${source} could not be taken and were set aside`),
    ];
  }

  return { start, stop, warnings };
}
