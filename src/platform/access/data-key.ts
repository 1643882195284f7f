import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The key ring of DATA_DIR, made at the first start; only its owner can read it. Losing it loses the personal data. */
export function readOrMakeDataKey(dataDir: string): string {
  return readOrMakeSecret(dataDir, 'data-key', () => `k1:${randomBytes(32).toString('base64')}`);
}

/** A secret text file under DATA_DIR, mode 600, made when it is not there. Two processes starting at once agree. */
export function readOrMakeSecret(dataDir: string, name: string, make: () => string): string {
  const file = path.join(dataDir, name);
  mkdirSync(dataDir, { recursive: true });
  try {
    writeFileSync(file, `${make()}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(file, 'utf8').trim();
}
