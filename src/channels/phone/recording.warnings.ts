import { type UnfetchedFiles, unfetchedFiles } from '../../attachments/attachments.service.ts';
import type { Zone } from '../../deadlines/zone.ts';
import type { Database } from '../../platform/database/database.ts';
import { waitsForSettings } from './recording.fetcher.ts';

/** A switch may write a recording minutes after the call: with the pauses in between this is a quarter of an hour. */
const MANY_ATTEMPTS = 6;

/** What operations should know before recordings are lost: how many wait for settings, and how many nobody hands out. */
export function createRecordingWarnings({ db, zone }: { db: Database; zone: Zone }) {
  async function warnings(): Promise<string[]> {
    const unfetched = await unfetchedFiles(db, 'recording', MANY_ATTEMPTS);
    const waiting = unfetched.filter(({ error }) => waitsForSettings(error));
    const failing = unfetched.filter(({ error, repeatedly }) => repeatedly && !waitsForSettings(error));
    return [
      ...told(waiting, 'wait for the settings of their source'),
      ...told(failing, `could not be fetched in ${MANY_ATTEMPTS} attempts or more`),
    ];
  }

  function told(files: readonly UnfetchedFiles[], what: string): string[] {
    const [first] = files.map(({ firstExpiresAt }) => firstExpiresAt).sort((a, b) => a.getTime() - b.getTime());
    if (!first) return [];
    const count = files.reduce((sum, file) => sum + file.count, 0);
    const errors = [...new Set(files.map(({ error }) => error))].join(', ');
    return [`recordings: ${count} ${what} (${errors}); the first expires at ${zone.formatInstant(first)}`];
  }

  return { warnings };
}
