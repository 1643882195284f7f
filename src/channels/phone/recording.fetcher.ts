import type { FetchReference } from '../../attachments/attachments.service.ts';
import type { Fetched, Fetcher } from '../../attachments/fetch.worker.ts';
import { within } from '../../attachments/strangers-file.ts';
import type { Sources } from '../../intake/sources.service.ts';
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
  return URL.canParse(told, base) ? within(base, new URL(told, base).href) : undefined;
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
    if (response.status === 410) return { gone: 'the call centre deleted it' };
    const mediaType = (response.headers.get('content-type') ?? 'application/octet-stream')
      .split(';')[0]!
      .trim()
      .toLowerCase();
    if (!response.ok || !response.body) throw new NotYetError(`STATUS_${response.status}`);
    // A page that asks for a password is no recording.
    if (/^text\/|json|xml|html/.test(mediaType)) {
      await response.body.cancel();
      throw new NotYetError('NOT_A_RECORDING');
    }
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of response.body) {
      size += part.length;
      if (size > MOST_BYTES) return { gone: 'larger than 128 MiB' };
      parts.push(part);
    }
    if (size === 0) throw new NotYetError('EMPTY');
    return { content: Buffer.concat(parts), mediaType: mediaType.slice(0, 100) };
  };
}
