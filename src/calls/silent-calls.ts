import { reopen, withdraw } from '../platform/agenda/agenda.ts';
import type { Transaction } from '../platform/database/database.ts';

export const SILENT_CALL = 'silent-call';

/**
 * Business milliseconds after which a call that nobody took, and of which nothing more is heard, has ended all the same:
 * its last event was lost. Nobody waits in a queue for two hours; and whoever gave up this morning is called back today.
 */
const SILENCE_MS = 2 * 3_600_000;

/** When a call counts as silent if nothing more is heard than these events. */
export const silentFrom = (events: readonly { recordedAt: Date }[]): Date =>
  new Date(Math.max(...events.map(({ recordedAt }) => recordedAt.getTime())) + SILENCE_MS);

/** Plans to look at a call that is under way when it will have been silent for too long, or, without a time, no more. */
export async function expectWord(tx: Transaction, call: string, until: Date | undefined): Promise<void> {
  const businessKey = `${SILENT_CALL}:${call}`;
  if (until) await reopen(tx, [{ kind: SILENT_CALL, subjectId: call, businessKey, runAt: until, dueAt: until }]);
  else await withdraw(tx, [businessKey]);
}
