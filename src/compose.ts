import path from 'node:path';
import { lockAppeals } from './appeals/appeals.service.ts';
import { hasAppeals } from './appeals/lookup.service.ts';
import { MOST_FETCHES } from './attachments/attachments.service.ts';
import { createFetchHandler, type FetchShare } from './attachments/fetch.worker.ts';
import { createS3Storage } from './attachments/s3-storage.ts';
import { createFolderStorage, type Storage } from './attachments/storage.ts';
import { createUnclaimedHandler } from './attachments/unclaimed.worker.ts';
import { RECORDING_FETCHER } from './calls/recordings.service.ts';
import { createSilentCallHandler } from './calls/silent-calls.worker.ts';
import { createFetchWarnings } from './channels/fetch.warnings.ts';
import { createMailboxWatch } from './channels/mailbox/imap/watch.ts';
import { createMailReplyHandler, createReplyWarnings } from './channels/mailbox/reply/reply.worker.ts';
import { createMediaFetcher, MEDIA_FETCHER } from './channels/open311/media.fetcher.ts';
import { createServiceList } from './channels/open311/services.service.ts';
import { createRecordingFetcher } from './channels/phone/recording.fetcher.ts';
import { createRefusals } from './channels/webhook/refusals.ts';
import { createWechatFetcher } from './channels/wechat/media.ts';
import { createWeiboFetcher } from './channels/weibo/media.ts';
import { createMentionsPoller } from './channels/weibo/mentions.poller.ts';
import demoCity from './city/demo-city.json' with { type: 'json' };
import { type DemoKeys, ensureDemoKeys } from './city/demo-keys.ts';
import { parseCity, seedDemoCity } from './city/seed.ts';
import type { Config } from './config.ts';
import { ConfigError, projectRoot } from './config.ts';
import { createRecomputeHandler } from './deadlines/calendar/recompute.worker.ts';
import { createRuleBook } from './deadlines/rule-book.service.ts';
import { departmentNames } from './departments/departments.service.ts';
import { createFeedWatch } from './departments/feed.ts';
import { moveDeadlines } from './departments/move-deadlines.service.ts';
import { createEscalationHandler } from './escalation/escalation.worker.ts';
import { createIntake } from './intake/intake.ts';
import { createSources } from './intake/sources.service.ts';
import { createMatchHandler } from './matters/match.worker.ts';
import { createAccess } from './platform/access/access.ts';
import { readOrMakeDataKey } from './platform/access/data-key.ts';
import { createKeyRing } from './platform/access/key-ring.ts';
import { createKeys } from './platform/access/keys.ts';
import { createAgenda } from './platform/agenda/agenda.ts';
import { createAgendaWorker } from './platform/agenda/agenda-worker.ts';
import { createSystemClock } from './platform/clock/clock.ts';
import { createClockDriver, createSimulatedClock, settleClockMode } from './platform/clock/simulated-clock.ts';
import { createDatabase, type Database } from './platform/database/database.ts';
import type { Log } from './platform/log.ts';
import { createWakeQueue } from './platform/queue/queue.ts';
import { createNudger, createRelay } from './platform/queue/relay.ts';
import { createWarnings } from './readiness.ts';
import { createReceiptHandler } from './receipts/dispatch.worker.ts';
import { createSinkGateway } from './receipts/gateways/sink.gateway.ts';
import { RECEIPT } from './receipts/receipts.service.ts';
import { readCatalogue } from './routing/catalogue.service.ts';
import { createRoutingHandler } from './routing/routing.worker.ts';

/** How long the simulated clock waits without any progress of the workers, in machine milliseconds. */
const STALL_MS = 30_000;
/** What each fetcher is given. A recording may be as large as all the others' files together: one at a time. */
const platformFiles: FetchShare = { atOnce: 2, attempts: MOST_FETCHES };
const recordings: FetchShare = { atOnce: 1, attempts: MOST_FETCHES };
/** About an hour: who names a file has it there, or will send another. */
const strangersFiles: FetchShare = { atOnce: 2, attempts: 8 };
const POOL_SIZE = 16;

export type Instance = Awaited<ReturnType<typeof compose>>;

/**
 * The only wiring: from a database that is up to date to everything a process may need. Starts nothing; `startWorkers`
 * and the app do.
 */
export async function compose(config: Config, databaseUrl: string, log: Log) {
  const db = createDatabase(databaseUrl, log, POOL_SIZE);
  try {
    return await wire(config, databaseUrl, log, db);
  } catch (error) {
    await db.$client.end();
    throw error;
  }
}

async function wire(config: Config, databaseUrl: string, log: Log, db: Database) {
  const keyRing = createKeyRing(config.DATA_KEY ?? readOrMakeDataKey(config.DATA_DIR));
  const { keyCheck } = await settleClockMode(
    db,
    config.CLOCK,
    keyRing.seal('key-check', 'minsheng').toString('base64'),
    new Date(),
  );
  checkKeyRing(keyRing, keyCheck);
  const clock = config.CLOCK === 'simulated' ? createSimulatedClock(db) : createSystemClock();

  const keys = createKeys(db, config.MINSHENG_ADMIN_KEY);
  let demoKeys: DemoKeys | undefined;
  if (!config.production) {
    if (await seedDemoCity(db)) log.info('the demonstration city was loaded');
    demoKeys = await ensureDemoKeys(keys, config.DATA_DIR, parseCity(demoCity));
  }
  const book = await createRuleBook(db, config.POLICY);
  const { zone } = book;

  const agenda = createAgenda(db);
  const queue = createWakeQueue({ databaseUrl, redisUrl: config.REDIS_URL, log });
  const nudge = createNudger(queue, log);
  const onDecided = (): void => nudge(RECEIPT);

  const sources = createSources(db, keyRing);
  const storage = storageOf(config);
  const gateway = createSinkGateway({ db, keyRing, clock });
  const files = { db, keyRing, storage };
  const worker = createAgendaWorker({
    db,
    agenda,
    clock,
    log,
    handlers: [
      createRoutingHandler({ db, book, onRouted: onDecided }),
      createReceiptHandler({ db, book, keyRing, gateway, clock }),
      createEscalationHandler(book),
      createRecomputeHandler({ db, lock: lockAppeals, move: moveDeadlines }),
      createFetchHandler('wechat', createWechatFetcher({ sources }), platformFiles, files),
      createFetchHandler('weibo', createWeiboFetcher({ sources }), platformFiles, files),
      createFetchHandler(RECORDING_FETCHER, createRecordingFetcher(sources), recordings, files),
      createFetchHandler(MEDIA_FETCHER, createMediaFetcher(sources), strangersFiles, files),
      createUnclaimedHandler({ db, storage }),
      createSilentCallHandler({ db, keyRing }),
      createMatchHandler(db),
      createMailReplyHandler({ db, keyRing, clock, sources }),
    ],
  });

  const access = createAccess(keys);
  const intake = createIntake({ book, keyRing, clock, sources, nudge, catalogue: () => readCatalogue(db) });
  const mentions = createMentionsPoller({ db, sources, intake, storage, keyRing, clock, log });
  const mailboxes = createMailboxWatch({ db, databaseUrl, keyRing, clock, storage, sources, intake, log });
  const refusals = createRefusals();
  const feedWatch = createFeedWatch(db, log);
  const relay = createRelay({ agenda, clock, queue, log, kinds: worker.kinds, drain: worker.drain });
  const driver =
    config.CLOCK === 'simulated'
      ? createClockDriver({ db, agenda, hasRecords: () => hasAppeals(db), wake: relay.wake, stallAfter: STALL_MS })
      : undefined;
  const departmentName = async (code: string): Promise<string | undefined> =>
    (await departmentNames(db, [code])).get(code);

  let stopping = false;
  const instance = {
    config,
    log,
    db,
    clock,
    driver,
    book,
    zone,
    keyRing,
    storage,
    keys,
    demoKeys,
    access,
    agenda,
    queue,
    nudge,
    onDecided,
    worker,
    relay,
    sources,
    services: createServiceList(db),
    intake,
    mentions,
    mailboxes,
    refusals,
    feedWatch,
    sink: gateway,
    departmentName,
    warnings: createWarnings({
      agenda,
      clock,
      book,
      production: config.production,
      gateway,
      queue,
      channels: [
        refusals,
        mentions,
        mailboxes,
        createFetchWarnings({ db, zone }),
        createReplyWarnings({ db, sources }),
      ],
    }),
    isStopping: () => stopping,
    stopTaking: () => {
      stopping = true;
      feedWatch.stop();
    },
    startWorkers: async () => {
      await queue.listen(worker.drain, worker.concurrency);
      relay.start();
      mentions.start();
      mailboxes.start();
    },
    stopWorkers: async () => {
      await Promise.all([mentions.stop(), mailboxes.stop(), relay.stop(), worker.stop(), queue.deafen()]);
    },
    close: async () => {
      await queue.close();
      await db.$client.end();
    },
  };
  return instance;
}

function storageOf(config: Config): Storage {
  const { STORAGE_URL, STORAGE_REGION, STORAGE_ACCESS_KEY = '', STORAGE_SECRET_KEY = '' } = config;
  return STORAGE_URL === undefined
    ? createFolderStorage(path.join(config.DATA_DIR, 'attachments'))
    : createS3Storage({
        url: STORAGE_URL,
        region: STORAGE_REGION,
        accessKey: STORAGE_ACCESS_KEY,
        secretKey: STORAGE_SECRET_KEY,
      });
}

function checkKeyRing(keyRing: ReturnType<typeof createKeyRing>, keyCheck: string): void {
  try {
    keyRing.open('key-check', Buffer.from(keyCheck, 'base64'));
  } catch (error) {
    throw new ConfigError(
      `DATA_KEY does not open the data of this database: put the key it was first filled with back on the ring (${(error as Error).message})`,
    );
  }
}

export const migrationsFolder = path.join(projectRoot, 'migrations');
