import type { FetchReference } from '../../attachments/attachments.service.ts';
import { recogniseType } from '../../attachments/content-type.ts';
import type { Fetched, Fetcher } from '../../attachments/fetch.worker.ts';
import { addressUnder } from '../../attachments/strangers-file.ts';
import type { Sources } from '../../intake/sources.service.ts';
import { readAtMost, TooLargeError } from '../../platform/bounded-read.ts';
import type { PhoneSettings } from './native.ts';

/** Two hours of uncompressed telephone sound. */
const MOST_BYTES = 128 * 1024 * 1024;

class NotYetError extends Error {
  override name = 'NotYetError';
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** Whether fetching failed because of what the source was told, or not told. */
export const waitsForSettings = (error: string): boolean => /\b(NO|OUTSIDE)_RECORDING_BASE$/.test(error);

/** Where a recording is, as the call centre told it; undefined outside the base. */
function addressOf(recordingBase: string, told: string): URL | undefined {
  const base = recordingBase.endsWith('/') ? recordingBase : `${recordingBase}/`;
  return URL.canParse(told, base) ? addressUnder(base, new URL(told, base).href) : undefined;
}

/** Where recordings of a source are: by its own settings, else by those of the call centre that tells of its line. */
async function settingsFor(sources: Sources, source: string): Promise<PhoneSettings | undefined> {
  const own = await sources.settingsOf<PhoneSettings>('phone', source);
  if (own?.recordingBase !== undefined) return own;
  for (const code of await sources.configured('phone')) {
    const other = await sources.settingsOf<PhoneSettings>('phone', code);
    if (other?.recordingBase !== undefined && Object.values(other.lines ?? {}).includes(source)) return other;
  }
  return own;
}

/**
 * Brings recordings from the call centre, and from no other server: names without a server are looked up under
 * `recordingBase`, and an address outside of it waits for somebody to correct the settings, until the recording expires. A
 * switch writes its recordings after the call, so that one that is not found is asked for again.
 */
export function createRecordingFetcher(sources: Sources): Fetcher {
  return async (reference: FetchReference, signal): Promise<Fetched> => {
    const settings = await settingsFor(sources, reference.source);
    if (settings?.recordingBase === undefined) throw new NotYetError('NO_RECORDING_BASE');
    const url = addressOf(settings.recordingBase, String(reference.url));
    if (!url) throw new NotYetError('OUTSIDE_RECORDING_BASE');
    const { recordingAuthorization: authorization } = settings;
    const response = await fetch(url, { signal, redirect: 'error', headers: authorization ? { authorization } : {} });
    const { status, ok, body } = response;
    // A page that asks for a password is no recording.
    const isPage = /^\s*text\/|json|xml|html/i.test(response.headers.get('content-type') ?? '');
    if (!ok || isPage) {
      await body?.cancel();
      if (status === 410) return { gone: 'the call centre deleted it' };
      throw new NotYetError(ok ? 'NOT_A_RECORDING' : `STATUS_${status}`);
    }
    try {
      const content = await readAtMost(body, MOST_BYTES, response.headers.get('content-length'));
      if (content.length === 0) throw new NotYetError('EMPTY');
      const type = await recogniseType(content, '');
      // Telephone sound often comes without any head to know it by.
      return { content, mediaType: 'refused' in type ? 'application/octet-stream' : type.mediaType };
    } catch (error) {
      if (error instanceof TooLargeError) return { gone: 'larger than 128 MiB' };
      throw error;
    }
  };
}
