import { addToAgenda } from '../platform/agenda/agenda.ts';
import type { Executor } from '../platform/database/database.ts';

export const MATCH = 'match';

/** Business milliseconds in which suggestions should stand beside an appeal; nobody is promised anything by it. */
const MATCH_WITHIN_MS = 10 * 60_000;

/** Asks for suggestions for appeals; `occasion` when an appeal is looked at once more. */
export async function requestMatching(
  tx: Executor,
  requests: readonly { appealId: string; occasion?: string }[],
  now: Date,
): Promise<void> {
  await addToAgenda(
    tx,
    requests.map(({ appealId, occasion }) => ({
      kind: MATCH,
      subjectId: appealId,
      businessKey: `${MATCH}:${appealId}${occasion === undefined ? '' : `:${occasion}`}`,
      runAt: now,
      dueAt: new Date(now.getTime() + MATCH_WITHIN_MS),
    })),
  );
}
