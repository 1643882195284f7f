import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { compose, type Instance, migrationsFolder } from '../compose.ts';
import { readConfig } from '../config.ts';
import { startEmbeddedServer } from '../platform/database/embedded/embedded-server.ts';
import { migrateDatabase } from '../platform/database/migrate.ts';
import { createLog } from '../platform/log.ts';

const INTERRUPTED = 130;

/**
 * Runs one piece of work against a demonstration city that nobody else sees: an embedded database in a temporary folder,
 * simulated time, a free port. Nothing is read from the environment, and nothing is left behind, Ctrl-C included.
 */
export async function withThrowAway<T>(work: (instance: Instance) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'minsheng-throw-away-'));
  // As root the server runs as somebody else, who has to get in.
  chmodSync(folder, 0o711);
  const log = createLog('error', process.stderr);
  const starting = startEmbeddedServer({ dataDir: folder, log, durable: false });
  const remove = async (): Promise<void> => {
    await Promise.allSettled([starting.then((database) => database.stop())]);
    rmSync(folder, { recursive: true, force: true });
  };
  const onSignal = (): void => void remove().finally(() => process.exit(INTERRUPTED));
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    const { url } = await starting;
    await migrateDatabase(url, migrationsFolder);
    const config = readConfig({ DATA_DIR: folder, CLOCK: 'simulated', PORT: '0', LOG_LEVEL: 'error' });
    const instance = await compose(config, url, log);
    try {
      return await work(instance);
    } finally {
      await instance.close();
    }
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    await remove();
  }
}
