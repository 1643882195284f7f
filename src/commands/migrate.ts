import { migrationsFolder } from '../compose.ts';
import type { Config } from '../config.ts';
import { joinDatabase } from '../open-database.ts';
import { migrateDatabase } from '../platform/database/migrate.ts';
import { createLog } from '../platform/log.ts';

export async function runMigrate(config: Config): Promise<number> {
  const database = await joinDatabase(config, createLog('warn', process.stderr));
  try {
    await migrateDatabase(database.url, migrationsFolder);
    console.log('The database is up to date.');
    return 0;
  } finally {
    await database.stop();
  }
}
