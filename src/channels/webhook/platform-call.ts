import { fileTypeFromBuffer } from 'file-type';
import type { Fetched } from '../../attachments/fetch.worker.ts';
import { readAtMost, TooLargeError } from '../../platform/bounded-read.ts';
import { codeOf } from '../../platform/log.ts';

/** Bytes of one file; the platforms' own limits are below. */
const LARGEST_FILE = 32 * 1024 * 1024;
const CALL_MS = 15_000;

/**
 * A platform did not do what it was asked; asking again later may help. The code is the platform's, HTTP's or the network's,
 * or says what the source's settings lack (`NO_…`).
 */
export class PlatformError extends Error {
  override name = 'PlatformError';
  readonly code: string;
  constructor(code: string | number) {
    super(`the platform answered ${code}`);
    this.code = String(code);
  }
}

/** Whether a fetch failed, by its last error, at a platform; and whether only because of settings that are not there. */
export const failedAtPlatform = (error: string): boolean => error.startsWith('PlatformError ');
export const lacksSettings = (error: string): boolean => error.startsWith('PlatformError NO_');

export interface Called {
  status: number;
  content: Buffer;
}

/**
 * Calls a platform and reads its whole answer, within `most` bytes.
 * @throws TooLargeError, PlatformError when nobody answers.
 */
export async function callPlatform(
  url: string,
  { most, signal, ...init }: RequestInit & { most: number; signal: AbortSignal },
): Promise<Called> {
  try {
    const response = await fetch(url, { ...init, signal });
    const content = await readAtMost(response.body, most, response.headers.get('content-length'));
    return { status: response.status, content };
  } catch (error) {
    if (error instanceof TooLargeError) throw error;
    throw new PlatformError(codeOf(error) ?? (error as Error).name);
  }
}

/** For a call that brings no file. */
export const within = (signal: AbortSignal): AbortSignal => AbortSignal.any([signal, AbortSignal.timeout(CALL_MS)]);

/** Downloads one file; what is too large will be so again. */
export async function download(url: string, signal: AbortSignal): Promise<Called | { gone: string }> {
  try {
    return await callPlatform(url, { most: LARGEST_FILE, signal });
  } catch (error) {
    if (error instanceof TooLargeError) return { gone: 'larger than 32 MiB' };
    throw error;
  }
}

/** A file with its type as its content shows it: what a platform or a sender says of it proves nothing. */
export async function asFile(content: Buffer): Promise<Fetched> {
  const found = await fileTypeFromBuffer(content).catch(() => undefined);
  return { content, mediaType: found?.mime ?? 'application/octet-stream' };
}
