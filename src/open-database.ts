import type { Config } from './config.ts';
import { ConfigError } from './config.ts';
import { startEmbeddedServer } from './platform/database/embedded/embedded-server.ts';
import type { Log } from './platform/log.ts';

export interface OpenDatabase {
  url: string;
  stop: () => Promise<void>;
}

/** The given database, or an embedded PostgreSQL under DATA_DIR. */
export async function openDatabase(config: Config, log: Log): Promise<OpenDatabase> {
  if (config.DATABASE_URL) return { url: config.DATABASE_URL, stop: () => Promise.resolve() };
  if (config.production)
    throw new ConfigError('DATABASE_URL is required in production: set it to a PostgreSQL 15 or newer.');
  const { url, stop } = await startEmbeddedServer({ dataDir: config.DATA_DIR, log });
  return { url, stop };
}
