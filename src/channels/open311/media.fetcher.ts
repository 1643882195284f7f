import { type FetchReference, type NewAttachment, toFetch } from '../../attachments/attachments.service.ts';
import { recogniseType } from '../../attachments/content-type.ts';
import type { Fetched, Fetcher } from '../../attachments/fetch.worker.ts';
import { shownName } from '../../attachments/file-name.ts';
import { ClosedAddressError, fetchFromStranger } from '../../attachments/strangers-file.ts';
import type { Sources } from '../../intake/sources.service.ts';
import { TooLargeError } from '../../platform/bounded-read.ts';
import type { PortalSettings } from '../portal/settings.ts';

/** Name under which the attachments' fetch agenda finds who brings what `media_url` names. */
export const MEDIA_FETCHER = 'open311';
const MOST_BYTES = 20 * 1024 * 1024;
/** Machine milliseconds: a stranger's slow server must not keep other strangers' files waiting. */
const FETCH_MS = 15_000;
/** Business milliseconds after which nobody tries it any more. */
const KEPT_MS = 86_400_000;

class StatusError extends Error {
  override name = 'StatusError';
  readonly code: string;
  constructor(status: number) {
    super(`status ${status}`);
    this.code = `STATUS_${status}`;
  }
}

/** The file that a client's `media_url` names, to be fetched. */
export function mediaToFetch(source: string, url: string, now: Date): NewAttachment {
  const name = shownName(new URL(url).pathname.split('/').at(-1) || 'media');
  return toFetch('image', name, { by: MEDIA_FETCHER, source, url }, new Date(now.getTime() + KEPT_MS));
}

/** Brings what clients named: from the public internet, or from where the source's settings say that it may lie. */
export function createMediaFetcher(sources: Pick<Sources, 'settingsOf'>): Fetcher {
  return async (reference: FetchReference, signal): Promise<Fetched> => {
    const settings = await sources.settingsOf<PortalSettings>('portal', reference.source);
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(FETCH_MS)]);
    try {
      const url = String(reference.url);
      const got = await fetchFromStranger(url, { most: MOST_BYTES, signal: inTime, base: settings?.mediaBase });
      if (got.status === 404 || got.status === 410) return { gone: `the server answered ${got.status}` };
      if (got.status !== 200) throw new StatusError(got.status);
      const type = await recogniseType(got.content, '');
      return 'refused' in type
        ? { gone: 'no file of a type that is accepted' }
        : { content: got.content, mediaType: type.mediaType, kind: type.kind };
    } catch (error) {
      if (error instanceof ClosedAddressError) return { gone: 'not an address that may be called' };
      if (error instanceof TooLargeError) return { gone: 'larger than 20 MiB' };
      throw error;
    }
  };
}
