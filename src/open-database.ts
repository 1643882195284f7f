import type { Config } from './config.ts';
import { ConfigError } from './config.ts';
import { joinEmbeddedServer, startEmbeddedServer } from './platform/database/embedded/embedded-server.ts';
import type { Log } from './platform/log.ts';

export interface OpenDatabase {
  url: string;
  stop: () => Promise<void>;
}

const notOurs = (): Promise<void> => Promise.resolve();

/** The given database, or an embedded PostgreSQL under DATA_DIR. @throws ConfigError when neither can be had. */
export async function openDatabase(config: Config, log: Log): Promise<OpenDatabase> {
  if (config.DATABASE_URL) return { url: config.DATABASE_URL, stop: notOurs };
  if (config.production)
    throw new ConfigError('DATABASE_URL is required in production: set it to a PostgreSQL 15 or newer.');
  try {
    return await startEmbeddedServer({ dataDir: config.DATA_DIR, log });
  } catch (error) {
    throw new ConfigError((error as Error).message);
  }
}

/** For a command beside a running instance: its embedded server is used and left running. */
export async function joinDatabase(config: Config, log: Log): Promise<OpenDatabase> {
  const running = config.DATABASE_URL ? undefined : await joinEmbeddedServer(config.DATA_DIR);
  return running ? { url: running, stop: notOurs } : openDatabase(config, log);
}
