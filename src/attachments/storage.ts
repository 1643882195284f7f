import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/** Where the sealed content of attachments lies. Keys are ids of ours: letters, digits and hyphens. */
export interface Storage {
  /** Returns only when the content is durable. The same key again replaces. */
  put(key: string, content: Buffer): Promise<void>;
  /** Undefined: there is none under this key. */
  get(key: string): Promise<Buffer | undefined>;
  remove(key: string): Promise<void>;
}

/** A local folder, spread over 256 of its own so that no listing grows without bound. */
export function createFolderStorage(folder: string): Storage {
  /** By the end of the key: the beginning of a UUIDv7 is the time, alike for all of a day. */
  const placeOf = (key: string): string => path.join(folder, key.slice(-2), key);

  async function put(key: string, content: Buffer): Promise<void> {
    const place = placeOf(key);
    const folderOfPlace = path.dirname(place);
    await mkdir(folderOfPlace, { recursive: true, mode: 0o700 });
    const half = `${place}.part`;
    const file = await open(half, 'w', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(half, place);
    const directory = await open(folderOfPlace, 'r');
    await directory.sync().finally(() => directory.close());
  }

  async function get(key: string): Promise<Buffer | undefined> {
    try {
      return await readFile(placeOf(key));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** What a crash left half written goes too. */
  async function remove(key: string): Promise<void> {
    for (const place of [placeOf(key), `${placeOf(key)}.part`]) await rm(place, { force: true });
  }

  return { put, get, remove };
}
