import { compose, type Instance, migrationsFolder } from '../compose.ts';
import type { Config } from '../config.ts';
import { joinDatabase } from '../open-database.ts';
import { migrateDatabase } from '../platform/database/migrate.ts';
import { createLog } from '../platform/log.ts';

/** Runs one piece of work against the configured database, without API or workers, and lets go of it. */
export async function withInstance<T>(config: Config, work: (instance: Instance) => Promise<T>): Promise<T> {
  const log = createLog('warn', process.stderr);
  const database = await joinDatabase(config, log);
  try {
    await migrateDatabase(database.url, migrationsFolder);
    const instance = await compose(config, database.url, log);
    try {
      return await work(instance);
    } finally {
      await instance.close();
    }
  } finally {
    await database.stop();
  }
}
