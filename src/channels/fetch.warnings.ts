import { type UnfetchedFiles, unfetchedFiles } from '../attachments/attachments.service.ts';
import type { Zone } from '../deadlines/zone.ts';
import type { Database } from '../platform/database/database.ts';
import { waitsForSettings } from './phone/recording.fetcher.ts';
import { failedAtPlatform, lacksSettings } from './webhook/platform-call.ts';

/** A switch may write a recording minutes after the call: with the pauses in between this is a quarter of an hour. */
const MANY_ATTEMPTS = 6;

/**
 * What operations should know before recordings, and files of the platforms, are lost: how many wait for settings, and how
 * many nobody hands out. A file that a stranger named (Open311) is the stranger's affair.
 */
export function createFetchWarnings({ db, zone }: { db: Database; zone: Zone }) {
  async function warnings(): Promise<string[]> {
    const unfetched = await unfetchedFiles(db, MANY_ATTEMPTS);
    const recordings = unfetched.filter(({ isRecording }) => isRecording);
    const files = unfetched.filter(({ isRecording, error }) => !isRecording && failedAtPlatform(error));
    return [...warningsOf('recordings', recordings, waitsForSettings), ...warningsOf('files', files, lacksSettings)];
  }

  function warningsOf(what: string, files: readonly UnfetchedFiles[], waits: (error: string) => boolean): string[] {
    const waiting = files.filter(({ error }) => waits(error));
    const failing = files.filter(({ error, repeatedly }) => repeatedly && !waits(error));
    return [
      ...told(what, waiting, 'wait for the settings of their source'),
      ...told(what, failing, `could not be fetched in ${MANY_ATTEMPTS} attempts or more`),
    ];
  }

  function told(what: string, files: readonly UnfetchedFiles[], state: string): string[] {
    const [first] = files.map(({ firstExpiresAt }) => firstExpiresAt).sort((a, b) => a.getTime() - b.getTime());
    if (!first) return [];
    const count = files.reduce((sum, file) => sum + file.count, 0);
    const errors = [...new Set(files.map(({ error }) => error))].join(', ');
    return [`${what}: ${count} ${state} (${errors}); the first expires at ${zone.formatInstant(first)}`];
  }

  return { warnings };
}
