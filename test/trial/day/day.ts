import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Appeal } from '../../../src/appeals/appeals.schema.ts';
import demoCity from '../../../src/city/demo-city.json' with { type: 'json' };
import { phoneOf } from '../../support/bodies.ts';
import { cloneTemplate, dropDatabase, urlOf } from '../../support/databases.ts';
import { findDovecot, type ImapServer, startImapServer } from '../../support/dovecot.ts';
import { outsideTests } from '../../support/outside-tests.ts';
import { another } from '../../support/portal.ts';
import type { Test } from '../../support/tap.ts';
import { adapters } from './adapters.ts';
import { createBook, type Deviation, keyOf, type Protocol as ProtocolName } from './book.ts';
import { calls } from './calls.ts';
import { compare } from './compare.ts';
import { createMoments, type Day, HOUR, instantOf, MINUTE, type Protocol } from './context.ts';
import { type Found, readService } from './found.ts';
import { mailboxUsers, mails } from './mails.ts';
import { open311 } from './open311.ts';
import { startPlatforms } from './platforms.ts';
import { portal } from './portal.ts';
import { createRandom, type Random } from './random.ts';
import { type Row, rowsOf } from './report.ts';
import { createDeliver } from './senders.ts';
import { type ProcessName, type Service, startService } from './service.ts';
import { createTexts } from './texts.ts';
import { createTimeline } from './timeline.ts';
import { accounts, wechat } from './wechat.ts';
import { mentions, weibo } from './weibo.ts';

export interface DayOptions {
  /** First deliveries of the day, about. */
  count: number;
  /** How often a process, or all, is killed. */
  kills: number;
  seed: number;
  /** JSON lines with real texts. */
  texts?: string | undefined;
  /** Told how the day goes on; default: nobody. */
  say?: (line: string) => void;
}

export interface DayResult {
  ok: boolean;
  seed: number;
  protocols: Record<string, Row>;
  deviations: Deviation[];
  kills: number;
  appeals: number;
  calls: number;
  sms: number;
  seconds: number;
  memoryMib: Record<string, number>;
  /** Contents in the storage that no attachment has: uploads that were cut off by a kill. */
  orphans: number;
  complaints: Record<string, number>;
}

/** A Tuesday without anything special about it, and the next morning until the promises of ten o'clock are kept. */
const BEGIN = Date.parse('2026-03-10T00:00:00+08:00');
const END = BEGIN + 34.5 * HOUR;
/** When the desk assigns what the catalogue did not: always before it is due. */
const DESK = [9, 12, 16, 18, 21, 23 + 45 / 60, 24 + 9].map((hour) => BEGIN + hour * HOUR);
/** When the quiet hours are over, and hundreds of SMS leave at once. */
const QUIET_ENDS = BEGIN + 32 * HOUR;
/** A day this long takes longer than the five minutes after which Weibo may be asked again. */
const LONG_DAY = 1_000;
/** Machine milliseconds to wait, at the end, for what is read and not pushed. */
const LAST_READING_MS = 400_000;

const SHARES: Readonly<Record<ProtocolName, number>> = {
  hotline: 0.28,
  boards: 0.09,
  wechat: 0.24,
  weibo: 0.08,
  mentions: 0.04,
  'mail-webhook': 0.05,
  'mail-imap': 0.05,
  calls: 0.09,
  portal: 0.05,
  open311: 0.03,
};

/**
 * A day of mixed traffic against the real program: every protocol as its platform speaks it, with its repeats, while
 * processes are killed. Well when each message that was acknowledged is there exactly once, and everything that was
 * promised was done in time.
 */
export async function runDay(options: DayOptions): Promise<DayResult> {
  const { say = () => undefined } = options;
  return outsideTests(async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'minsheng-day-'));
    let ended = false;
    t.teardown(() => {
      if (ended) rmSync(folder, { recursive: true, force: true });
      else say(`what the processes wrote is in ${folder}`);
    });
    const database = await cloneTemplate();
    t.teardown(() => dropDatabase(database));
    const service = await startService({ databaseUrl: urlOf(database), folder, city });
    t.teardown(service.stop);
    const result = await run(t, { ...options, say }, service);
    ended = true;
    return result;
  });
}

/** The demonstration city with an official account in each of WeChat's modes. */
const city = {
  ...demoCity,
  sources: [
    ...demoCity.sources,
    ...Object.keys(accounts)
      .filter((code) => !demoCity.sources.some((source) => source.code === code))
      .map((code) => ({ code, channel: 'wechat', name: code })),
  ],
};

async function run(
  t: Test,
  { count, kills, seed, texts: file, say }: DayOptions & Required<Pick<DayOptions, 'say'>>,
  service: Service,
): Promise<DayResult> {
  const begun = performance.now();
  const random = createRandom(seed);
  const book = createBook();
  const timeline = createTimeline(BEGIN);
  const platforms = await startPlatforms(t, createRandom(seed + 1), { withRateLimit: count >= LONG_DAY });
  const imap = findDovecot() ? await startImapServer(t) : undefined;
  if (!imap) say('dovecot was not found: no mailbox is read by IMAP, all mail is posted');
  const plannedKills = planKills(random, kills);
  let phones = 0;
  const day: Day = {
    random,
    book,
    timeline,
    service,
    platforms,
    begin: BEGIN,
    texts: createTexts(random, count * 3, file),
    // Chances taken while requests are under way come from a generator of their own: the plan stays the same.
    deliver: createDeliver({ book, service, timeline, random: createRandom(seed + 2) }),
    moment: createMoments(
      random,
      BEGIN,
      [...plannedKills.keys()].filter((at) => at < BEGIN + 24 * HOUR),
    ),
    phone: () => phoneOf(++phones),
  };
  const all: Record<ProtocolName, Protocol> = {
    hotline: adapters('hotline'),
    boards: adapters('boards'),
    wechat,
    weibo,
    mentions,
    'mail-webhook': mails('mail-webhook', imap),
    'mail-imap': mails('mail-imap', imap),
    calls,
    portal,
    open311,
  };
  await service.moveClock(BEGIN);
  for (const protocol of Object.values(all)) await protocol.connect?.(day);
  for (const [name, share] of Object.entries(SHARES)) all[name as ProtocolName].plan(day, Math.ceil(count * share));
  for (const at of DESK) timeline.at(at, () => assignTriage(service));
  await until(platforms.areRead, LAST_READING_MS);
  say(`${book.entries.length} things to send, ${kills} kills, seed ${seed}`);
  const killed = await live(day, plannedKills, say);

  say('the day is over; waiting for what is read and not pushed');
  await until(platforms.areReadToTheEnd, LAST_READING_MS);
  // The reader asks for what comes after the last one that it has recorded: that is its acknowledgement.
  const isRead = platforms.areReadToTheEnd();
  for (const entry of book.entries.filter(({ protocol, fate }) => protocol === 'mentions' && fate === 'message')) {
    entry.acknowledged = true;
    if (!isRead) entry.wrong.push('its list was not read to the end');
  }
  await settleMail(day);
  await service.moveClock(END);
  say('reading all of it back');
  const found = await readService(
    service,
    demoCity.departments.map(({ code }) => code),
  );
  const compared = compare(book, found, END);
  const protocols = rowsOf(book, compared, found);
  const deviations = [...compared.deviations, ...(await wrongCodes(day)), ...(imap ? await unread(imap) : [])];
  return {
    ok: deviations.length === 0,
    seed,
    protocols,
    deviations,
    kills: killed,
    appeals: found.appeals.length,
    calls: found.calls.length,
    sms: found.outbox.length,
    seconds: Math.round((performance.now() - begun) / 1000),
    memoryMib: service.memory(),
    orphans: countOrphans(service, found),
    complaints: service.complaints(),
  };
}

type Kill = { which: ProcessName | 'all'; when: 'traffic' | 'clock' };

/** Most of them in the middle of traffic, which is thickest then; one as the quiet hours end and all SMS leave. */
function planKills(random: Random, kills: number): Map<number, Kill> {
  const planned = new Map<number, Kill>();
  const targets = ['api-1', 'worker-1', 'all', 'api-2', 'worker-2'] as const;
  while (planned.size < kills) {
    const nth = planned.size;
    if (nth === 1) planned.set(QUIET_ENDS, { which: 'worker-1', when: 'clock' });
    else {
      const at = BEGIN + (7 * 60 + random.below(15 * 60)) * MINUTE;
      planned.set(at, {
        which: targets[nth % targets.length] ?? 'all',
        when: random.chance(0.3) ? 'clock' : 'traffic',
      });
    }
  }
  return planned;
}

/** Goes through the day, moment by moment: everything of a moment happens at once. Returns how often it killed. */
async function live(day: Day, plannedKills: Map<number, Kill>, say: (line: string) => void): Promise<number> {
  const { timeline, service, book, random } = day;
  let [killed, hour] = [0, 0];
  for (const at of plannedKills.keys()) timeline.at(at, async () => undefined);
  timeline.at(QUIET_ENDS + MINUTE, async () => undefined);
  for (let moment = timeline.next(); moment !== undefined && moment <= END; moment = timeline.next()) {
    const due = [...plannedKills].find(([at]) => at <= (moment ?? 0));
    if (due) plannedKills.delete(due[0]);
    const kill = due?.[1];
    const strike = async (which: Kill['which'], withinMs: number): Promise<void> => {
      await sleep(random.below(withinMs));
      await service.kill(which);
      killed += 1;
    };
    await Promise.all([service.moveClock(moment), ...(kill?.when === 'clock' ? [strike(kill.which, 60)] : [])]);
    const happening = timeline.take(moment).map((each) => each());
    await Promise.all([...happening, ...(kill?.when === 'traffic' ? [strike(kill.which, 120)] : [])]);
    if (Math.floor((moment - BEGIN) / HOUR) > hour || kill) {
      hour = Math.floor((moment - BEGIN) / HOUR);
      const sent = book.entries.filter(({ deliveries }) => deliveries > 0);
      const deliveries = sent.reduce((sum, each) => sum + each.deliveries, 0);
      const answered = sent.filter(({ acknowledged, refused }) => acknowledged || refused).length;
      say(
        `${instantOf(moment).slice(5, 16).replace('T', ' ')}  sent ${sent.length}, answered ${answered}, repeats ${deliveries - sent.length}${kill ? `, killed ${kill.which} (${kill.when})` : ''}`,
      );
    }
  }
  await service.moveClock(END);
  return killed;
}

/** The desk's own work: what no rule of the catalogue fits goes to somebody before it is due. */
async function assignTriage(service: Service): Promise<void> {
  for (const { id, version } of await service.all<Appeal>('/v1/appeals?status=triage')) {
    const headers = { 'if-match': `"${version}"` };
    const body = { department: 'urban-management', note: '值班派单' };
    const { status } = await service.call('POST', `/v1/appeals/${id}/assign`, body, headers);
    // Done by a try whose answer was lost, or changed meanwhile: looked at again next time.
    if (status !== 200 && status !== 409 && status !== 412) throw new Error(`the desk could not assign: ${status}`);
  }
}

/** Mail that lies in a mailbox is taken without a word: waits until it is, or for as long as that may take. */
async function settleMail({ book, service }: Day): Promise<void> {
  const wanted = book.entries.filter(({ protocol, fate }) => protocol === 'mail-imap' && fate === 'message').length;
  const there = async (): Promise<number> => {
    const appeals = await service.all<Appeal>('/v1/appeals?channel=mailbox');
    const text = appeals.map(({ body }) => body).join('\n');
    return book.entries.filter((entry) => entry.protocol === 'mail-imap' && text.includes(entry.marker ?? '-')).length;
  };
  for (const end = Date.now() + 30_000; Date.now() < end && (await there()) < wanted; ) await sleep(500);
}

/** Citizens to whom number and code were told, and look: this many of them, from all protocols. */
const LOOK_UPS = 60;

/** Number and code open the citizen's own view, whichever way they were told. */
async function wrongCodes({ book, service }: Day): Promise<Deviation[]> {
  const told = book.entries.filter(({ number, code }) => number !== undefined && code !== undefined);
  const every = Math.ceil(told.length / LOOK_UPS);
  const deviations: Deviation[] = [];
  for (const entry of told.filter((_, at) => at % every === 0)) {
    const url = `/v1/citizen/appeals/${entry.number}?code=${entry.code}`;
    const { status, body } = await service.call('GET', url, undefined, { 'x-forwarded-for': another() });
    if (status === 200) continue;
    deviations.push({
      protocol: entry.protocol,
      key: keyOf(entry),
      what: `its code opens nothing: ${status}`,
      facts: body,
    });
  }
  return deviations;
}

/** What was taken is marked as read, also where the reader was killed over it. */
async function unread(imap: ImapServer): Promise<Deviation[]> {
  const deviations: Deviation[] = [];
  for (const user of Object.values(mailboxUsers)) {
    const client = await imap.connect(user);
    await client.mailboxOpen('INBOX', { readOnly: true });
    const uids = (await client.search({ seen: false }, { uid: true })) || [];
    client.close();
    for (const uid of uids)
      deviations.push({ protocol: 'mail-imap', key: `${user} ${uid}`, what: 'a mail was left unread', facts: {} });
  }
  return deviations;
}

async function until(isSo: () => boolean, withinMs: number): Promise<void> {
  for (const end = Date.now() + withinMs; !isSo() && Date.now() < end; ) await sleep(100);
}

function countOrphans({ dataDir }: Service, found: Found): number {
  const folder = path.join(dataDir, 'attachments');
  if (!existsSync(folder)) return 0;
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('/'));
  const known = new Set([
    ...found.appeals.flatMap(({ files }) => files.map(({ id }) => id)),
    ...found.calls.flatMap(({ recordings }) => recordings.map(({ id }) => id)),
  ]);
  return files.filter((name) => !known.has(path.basename(name))).length;
}
