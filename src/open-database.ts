import type { Config } from './config.ts';
import { ConfigError } from './config.ts';
import { joinEmbeddedServer, startEmbeddedServer } from './platform/database/embedded/embedded-server.ts';
import { clusterOf, hasCluster } from './platform/database/embedded/housing.ts';
import type { Log } from './platform/log.ts';

export interface OpenDatabase {
  url: string;
  stop: () => Promise<void>;
}

/** Whether there is a database to open, without making one; a given one is believed to be there. */
export const hasDatabase = (config: Config): boolean =>
  config.DATABASE_URL !== undefined || config.production || hasCluster(config.DATA_DIR);

/** Which database it is: `host:port/name`, since the URL holds a password, or the folder of the embedded one. */
export function placeOfDatabase({ DATABASE_URL, DATA_DIR }: Config): string {
  if (DATABASE_URL === undefined) return clusterOf(DATA_DIR);
  const { host, pathname } = new URL(DATABASE_URL);
  return `${host}${pathname}`;
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
