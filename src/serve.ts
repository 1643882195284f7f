import type { AddressInfo } from 'node:net';
import { sql } from 'drizzle-orm';
import type { FastifyInstance } from 'fastify';
import { buildApp } from './app.ts';
import { compose, type Instance, migrationsFolder } from './compose.ts';
import { type Config, ConfigError } from './config.ts';
import { type OpenDatabase, openDatabase, placeOfDatabase } from './open-database.ts';
import { migrateDatabase } from './platform/database/migrate.ts';
import { createLog, type Log } from './platform/log.ts';
import { createShutdown } from './platform/shutdown.ts';
import { welcome } from './welcome.ts';

export type Role = 'start' | 'api' | 'worker';

/** Runs one process of the service until a signal ends it. Returns the exit code. */
export async function serve(config: Config, role: Role): Promise<number> {
  const log = createLog(config.LOG_LEVEL);
  const shutdown = createShutdown(log);
  try {
    const database = await openDatabase(config, log);
    shutdown.add('embedded database', 2_800, database.stop);
    await up(config, role, log, database, shutdown);
  } catch (error) {
    await shutdown.run();
    throw explain(error, config);
  }
  return shutdown.whenSignalled();
}

async function up(
  config: Config,
  role: Role,
  log: Log,
  database: OpenDatabase,
  shutdown: ReturnType<typeof createShutdown>,
): Promise<void> {
  if (role === 'start') await migrateDatabase(database.url, migrationsFolder);
  const instance = await compose(config, database.url, log);
  shutdown.add('connections', 1_200, instance.close);
  await requireMigrated(instance);
  if (role !== 'api') {
    await instance.startWorkers();
    shutdown.add('workers', 2_500, instance.stopWorkers);
  }
  if (role === 'worker') {
    log.info('workers started');
    return;
  }
  const app = await buildApp(instance);
  shutdown.add('intake', 1_000, instance.intake.stop);
  shutdown.add('api', 2_000, () => stopApi(app, instance));
  await app.listen({ host: config.HOST, port: config.PORT });
  const { port } = app.server.address() as AddressInfo;
  if (role === 'start') console.log(welcome(config, port, instance.demoKeys));
  log.info({ port }, 'the API is listening');
}

async function stopApi(app: FastifyInstance, instance: Instance): Promise<void> {
  instance.stopTaking();
  await app.close();
}

async function requireMigrated({ db }: Instance): Promise<void> {
  await db.execute(sql`select 1 from instance`);
}

/** Failures of the start that the operator can mend, as one sentence. */
function explain(error: unknown, config: Config): unknown {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      return new ConfigError(`PORT=${config.PORT} is in use on ${config.HOST}: set PORT to a free one.`);
    const ofHost = (cause as { hostname?: string }).hostname === config.HOST;
    if (code === 'EADDRNOTAVAIL' || code === 'EACCES' || (code === 'ENOTFOUND' && ofHost))
      return new ConfigError(
        `HOST=${config.HOST} with PORT=${config.PORT} cannot be listened on: set HOST and PORT to what this machine offers.`,
      );
    if (code === '42P01') return new ConfigError('The database has no schema of minsheng yet: run `minsheng migrate`.');
    if (code && /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNRESET|28P01|28000|3D000|57P03)$/.test(code)) {
      return new ConfigError(
        `The database at ${placeOfDatabase(config)} cannot be used (${code}): start it or correct DATABASE_URL.`,
      );
    }
    if (cause.message.includes('timeout exceeded when trying to connect'))
      return new ConfigError(
        `The database at ${placeOfDatabase(config)} does not answer: start it or correct DATABASE_URL.`,
      );
    if (cause.name === 'ClockModeError') return new ConfigError(cause.message);
  }
  return error;
}
