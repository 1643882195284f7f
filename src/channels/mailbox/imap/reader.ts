import { setTimeout as wait } from 'node:timers/promises';
import { ImapFlow, type MailboxObject } from 'imapflow';
import type { MailboxSettings } from '../mailbox.channel.ts';
import { MAX_MAIL } from '../mime/limits.ts';
import type { ReceiveDeps } from '../receive.ts';
import { failureOf, forgetFailures, noteFailure } from './failures.ts';
import { advanceTo, beginAt, NOWHERE, noteBeginning, type Position, placeOf, positionOf } from './positions.ts';
import { setAside, takeMail } from './take.ts';
import { countFailure, countTry, forgetTries, MOST_TRIES, triesOf } from './tries.ts';

/** Machine milliseconds between attempts to connect: doubling from the first to the last. */
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;
/** IDLE is renewed before the 29 minutes after which servers may end it (RFC 2177). */
const MAX_IDLE_MS = 25 * 60_000;
const CONNECT_MS = 20_000;

interface Source {
  code: string;
  settings: MailboxSettings;
}

/**
 * Reads one mailbox until it is told to stop: everything that came since, then IDLE and a look every `pollSeconds`.
 * Connections that fail are made again, ever more slowly. Never throws.
 */
export async function readMailbox(deps: ReceiveDeps, source: Source, stopped: AbortSignal): Promise<void> {
  let pause = FIRST_RETRY_MS;
  while (!stopped.aborted) {
    let hasRead = false;
    try {
      const isFirst = await noteBeginning(deps.db, source.code, thisSecond());
      await session(deps, source, isFirst, stopped, () => {
        hasRead = true;
      });
    } catch (error) {
      if (!stopped.aborted) await tell(deps, source.code, failureOf(error), hasRead);
    }
    pause = hasRead ? FIRST_RETRY_MS : Math.min(pause * 2, LAST_RETRY_MS);
    await wait(pause, undefined, { signal: stopped }).catch(() => undefined);
  }
}

/** A connection that ends after it was read from is no failure to read. */
async function tell({ db, log }: ReceiveDeps, source: string, failure: string, hasRead: boolean): Promise<void> {
  log.warn({ source, failure }, 'a mailbox cannot be read');
  try {
    if (!hasRead) await noteFailure(db, source, failure);
  } catch (err) {
    log.warn({ err, source }, 'that a mailbox cannot be read could not be noted');
  }
}

/** Now, as the server's dates tell it, which have whole seconds: machine time. */
const thisSecond = (): Date => new Date(Math.floor(Date.now() / 1_000) * 1_000);

async function session(
  deps: ReceiveDeps,
  source: Source,
  isFirst: boolean,
  stopped: AbortSignal,
  hasRead: () => void,
): Promise<void> {
  const { settings } = source;
  const client = new ImapFlow({
    host: settings.host ?? '',
    port: settings.port,
    secure: settings.secure,
    auth: { user: settings.user ?? '', pass: settings.password ?? '' },
    logger: false,
    disableAutoIdle: true,
    maxIdleTime: MAX_IDLE_MS,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
  });
  let failure: Error | undefined;
  let arrived = true;
  let wake = (): void => undefined;
  client.on('error', (error: Error) => {
    failure = error;
  });
  client.on('close', () => wake());
  client.on('exists', () => {
    arrived = true;
    wake();
  });
  const close = (): void => client.close();
  stopped.addEventListener('abort', close, { once: true });
  try {
    if (stopped.aborted) return;
    await client.connect();
    const box = await client.mailboxOpen(settings.mailbox, { readOnly: settings.readOnly });
    const position = await openPosition(deps, source, box, isFirst);
    let isFirstLook = true;
    while (client.usable && !stopped.aborted) {
      arrived = false;
      position.lastUid = await takeNew(deps, source, client, position, stopped);
      hasRead();
      if (isFirstLook) await forgetFailures(deps.db, source.code);
      isFirstLook = false;
      if (arrived) continue;
      // A command breaks IDLE, so it is begun again after each look. Without it there are only the looks.
      if (client.capabilities.has('IDLE')) client.idle().catch(() => undefined);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, settings.pollSeconds * 1_000);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    if (failure && !stopped.aborted) throw failure;
  } finally {
    stopped.removeEventListener('abort', close);
    client.close();
  }
}

/**
 * Where to go on: behind the last mail; at the first attempt ever to open a mailbox of this source, behind all there is
 * unless that is to be taken; else (a new UIDVALIDITY, other settings, settings that were wrong at first) at its
 * beginning, where only what was received before the source was set up is left out.
 */
async function openPosition(
  { db, log }: ReceiveDeps,
  { code, settings }: Source,
  box: MailboxObject,
  isFirst: boolean,
): Promise<Position> {
  const place = placeOf(settings);
  const before = await positionOf(db, code);
  const isHere = before?.place.equals(place) === true;
  if (before && isHere && before.uidValidity === box.uidValidity) return before;
  const wasOpened = before !== undefined && !before.place.equals(NOWHERE);
  const takesAll = (wasOpened && before.takenFrom === null) || (!isHere && settings.existing === 'take');
  const next = box.uidNext ?? 1;
  const position: Position = {
    source: code,
    place,
    uidValidity: box.uidValidity,
    lastUid: isFirst && !takesAll ? next - 1 : 0,
    takenFrom: takesAll ? null : (before?.takenFrom ?? thisSecond()),
    oldBelow: next,
  };
  await beginAt(db, position);
  if (isFirst) log.info({ source: code, existing: settings.existing }, 'a mailbox was connected');
  else log.warn({ source: code }, 'another mailbox or new UIDs: all of it is looked at, known mails stay known');
  return position;
}

/** Takes what came behind the position, in the order of UIDs. Returns how far it came. */
async function takeNew(
  deps: ReceiveDeps,
  source: Source,
  client: ImapFlow,
  position: Position,
  stopped: AbortSignal,
): Promise<number> {
  const { db } = deps;
  const { takenFrom, oldBelow, lastUid } = position;
  const found: { uid: number; layThere: boolean }[] = [];
  // A server that announces nothing by itself tells of new mail in answer to a command.
  await client.noop();
  const dates = { uid: true, internalDate: true };
  for await (const { uid, internalDate } of client.fetch(`${lastUid + 1}:*`, dates, { uid: true })) {
    const isOld = takenFrom !== null && internalDate !== undefined && new Date(internalDate) < takenFrom;
    if (uid > lastUid) found.push({ uid, layThere: uid < oldBelow && isOld });
  }
  found.sort((a, b) => a.uid - b.uid);
  const tries = await triesOf(db, position);
  const ends = (uid: number): boolean => (tries.get(uid)?.crashes ?? 0) >= MOST_TRIES;
  // Until one behind it was taken it may be that none can be, and not this one: the last is always tried again.
  const lastTried = found.findLast(({ uid, layThere }) => !layThere && !ends(uid))?.uid;
  const held: number[] = [];
  let last = lastUid;
  for (const { uid, layThere } of found) {
    if (stopped.aborted) return last;
    if (!layThere) {
      if (ends(uid)) await setAside(deps, position, uid);
      else if ((tries.get(uid)?.failures ?? 0) >= MOST_TRIES && uid !== lastTried) {
        held.push(uid);
        continue;
      } else {
        await countTry(db, position, uid);
        try {
          await takeOne(deps, source, client, uid);
        } catch (error) {
          await countFailure(db, position, uid);
          throw error;
        }
        for (const one of held.splice(0)) await setAside(deps, position, one);
      }
    }
    last = uid;
    // What is held is not passed by until one behind it could be taken.
    if (layThere || held.length > 0) continue;
    await advanceTo(db, position, uid);
    await forgetTries(db, position, uid);
  }
  await advanceTo(db, position, last);
  return last;
}

async function takeOne(deps: ReceiveDeps, { code, settings }: Source, client: ImapFlow, uid: number): Promise<void> {
  const mail = await client.fetchOne(
    String(uid),
    { uid: true, internalDate: true, size: true, source: { maxLength: MAX_MAIL } },
    { uid: true },
  );
  if (mail !== false && mail.source) {
    const { source: raw, size = raw.length, internalDate } = mail;
    const receivedAt = internalDate ? new Date(internalDate) : undefined;
    await takeMail(deps, { source: code, raw, settings, isCut: size > raw.length, receivedAt });
    // Otherwise it is gone: somebody deleted or moved it meanwhile.
  } else if (!client.usable) throw new Error('the connection ended');
  // Before it counts as read: a crash in between makes it be taken, and so recognised, again; unread it stayed for ever.
  if (mail && !settings.readOnly) await client.messageFlagsAdd(String(uid), ['\\Seen'], { uid: true });
}
