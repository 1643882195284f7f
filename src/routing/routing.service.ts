import { addToAgenda } from '../platform/agenda/agenda.ts';
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
      businessKey: `${ROUTE}:${appealId}`,
      runAt,
      dueAt,
    })),
  );
}
