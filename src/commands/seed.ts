import { parseCity, seedCity } from '../city/seed.ts';
import { migrationsFolder } from '../compose.ts';
import type { Config } from '../config.ts';
import { joinDatabase } from '../open-database.ts';
import { createDatabase } from '../platform/database/database.ts';
import { migrateDatabase } from '../platform/database/migrate.ts';
import { createLog } from '../platform/log.ts';

/** Loads a city into the configured database: the first thing a new city does, before its first start in production. */
export async function runSeed(config: Config, document: unknown): Promise<number> {
  const city = parseCity(document);
  const log = createLog('warn', process.stderr);
  const database = await joinDatabase(config, log);
  const db = createDatabase(database.url, log, 2);
  try {
    await migrateDatabase(database.url, migrationsFolder);
    await seedCity(db, city);
    console.log(
      `${city.name}: ${city.departments.length} departments, ${city.sources.length} sources, ${city.catalogue.length} rules.`,
    );
    return 0;
  } finally {
    await db.$client.end();
    await database.stop();
  }
}
