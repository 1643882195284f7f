import { lockAppeals, rewriteAppeals } from '../appeals/appeals.service.ts';
import type { Transaction } from '../platform/database/database.ts';
import { postponeRouting } from '../routing/routing.service.ts';
import type { Placed } from './placed.ts';
import { firstWords } from './prepare.ts';

/** Business milliseconds without a further line after which a conversation counts as told (design: two quiet minutes). */
const QUIET_MS = 2 * 60_000;
/** Routing begins at least this long before the forward deadline, however long somebody goes on writing. */
const MARGIN_MS = 60_000;
/** Further lines stay with their messages only: a department reads no longer text, and no row grows without bound. */
const LONGEST_BODY = 20_000;

/** When an appeal is routed: a complete message at once, a conversation when it has been quiet, never past the deadline. */
export function routeAt(conversation: boolean, now: Date, forwardDueAt: Date | undefined): Date {
  if (!conversation) return now;
  const latest = forwardDueAt === undefined ? Number.POSITIVE_INFINITY : forwardDueAt.getTime() - MARGIN_MS;
  return new Date(Math.max(now.getTime(), Math.min(now.getTime() + QUIET_MS, latest)));
}

/** Adds further lines to appeals that wait to be routed, and lets routing wait with them. */
export async function continueConversations(
  tx: Transaction,
  placed: readonly Placed[],
  forwardDueAt: ReadonlyMap<string, Date>,
  now: Date,
): Promise<void> {
  const lines = placed.filter(({ message, disposition }) => message.conversation && disposition === 'attached');
  const waiting = [
    ...(
      await lockAppeals(
        tx,
        lines.map(({ appealId }) => appealId),
      )
    ).values(),
  ].filter(({ status }) => status === 'registered');
  await rewriteAppeals(
    tx,
    waiting
      .filter(({ body }) => body.length < LONGEST_BODY)
      .map(({ id, body }) => {
        const told = lines.filter(({ appealId }) => appealId === id).map(({ message }) => message);
        const whole = [body, ...told.map((message) => message.body)].join('\n');
        const address = told.find((message) => message.address !== null)?.address ?? null;
        return { id, title: firstWords(whole), body: whole, address };
      }),
  );
  await postponeRouting(
    tx,
    waiting.map(({ id }) => ({ appealId: id, runAt: routeAt(true, now, forwardDueAt.get(id)) })),
  );
}
