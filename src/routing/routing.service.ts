import { addToAgenda, reschedule } from '../platform/agenda/agenda.ts';
import type { Executor } from '../platform/database/database.ts';

export const ROUTE = 'route';

/** Asks for routing, in the transaction that registers the appeals. */
export async function requestRouting(
  tx: Executor,
  requests: readonly { appealId: string; runAt: Date; dueAt: Date }[],
): Promise<void> {
  await addToAgenda(
    tx,
    requests.map(({ appealId, runAt, dueAt }) => ({
      kind: ROUTE,
      subjectId: appealId,
      businessKey: keyOf(appealId),
      runAt,
      dueAt,
    })),
  );
}

/** Lets routing that has not begun wait until `runAt`. */
export async function postponeRouting(
  tx: Executor,
  appeals: readonly { appealId: string; runAt: Date }[],
): Promise<void> {
  await reschedule(
    tx,
    appeals.map(({ appealId, runAt }) => ({ businessKey: keyOf(appealId), runAt })),
  );
}

const keyOf = (appealId: string): string => `${ROUTE}:${appealId}`;
