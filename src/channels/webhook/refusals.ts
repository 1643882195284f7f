import type { FastifyInstance } from 'fastify';
import { ProblemError } from '../../platform/problem.ts';

const MINUTE_MS = 60_000;
/** Minutes for which refusals are remembered (machine time). */
const REMEMBERED = 60;
const WEBHOOKS = '/v1/webhooks/';

/** Refusals by source and reason, of each minute of the last hour; both are few, so memory has an end. */
type Counts = Map<string, Map<string, Map<number, number>>>;

/**
 * Pushes of connected sources that were refused because nothing proves that they are their platform's: somebody else's, or
 * the platform's own under secrets that the settings do not have (any more). A refusal ends a platform's tries, and the
 * message with them, so that operations must hear of it. Counted in this process only.
 */
export function createRefusals() {
  const counts: Counts = new Map();

  /** Logs and counts refusals of every webhook that is registered on `app` afterwards. */
  function watch(app: FastifyInstance): void {
    app.addHook('onError', async (request, _reply, error) => {
      if (!request.routeOptions.url?.startsWith(WEBHOOKS)) return;
      // Other refusals say what is wrong with the push itself, or that nobody is connected here.
      if (!(error instanceof ProblemError) || !['forbidden', 'unauthenticated'].includes(error.code)) return;
      const { source } = request.params as { source: string };
      request.log.warn({ source, reason: error.detail }, 'a push was refused');
      count(source, error.detail, Date.now());
    });
  }

  /** @param at machine time, in milliseconds, as in `warningsAt`. */
  function count(source: string, reason: string, at: number): void {
    const minute = Math.floor(at / MINUTE_MS);
    const reasons = counts.get(source) ?? new Map<string, Map<number, number>>();
    const minutes = reasons.get(reason) ?? new Map<number, number>();
    for (const past of minutes.keys()) if (past <= minute - REMEMBERED) minutes.delete(past);
    minutes.set(minute, (minutes.get(minute) ?? 0) + 1);
    counts.set(source, reasons.set(reason, minutes));
  }

  function warningsAt(now: number): string[] {
    const minute = Math.floor(now / MINUTE_MS);
    return [...counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([source, reasons]) => told(source, reasons, minute));
  }

  function told(source: string, reasons: ReadonlyMap<string, ReadonlyMap<number, number>>, minute: number): string[] {
    const recent = [...reasons]
      .map(([reason, minutes]) => ({ reason, of: [...minutes].filter(([past]) => past > minute - REMEMBERED) }))
      .map(({ reason, of }) => ({ reason, count: sum(of.map(([, n]) => n)), last: Math.max(...of.map(([at]) => at)) }))
      .filter((refused) => refused.count > 0);
    if (recent.length === 0) return [];
    const total = sum(recent.map(({ count }) => count));
    const ago = minute - Math.max(...recent.map(({ last }) => last));
    const why = recent.map(({ reason, count }) => `${reason}: ${count}`).join('; ');
    return [
      `pushes to ${source} were refused ${total} times in the last hour, last ${ago} min ago (${why}); are the secrets of its settings those of the platform? Anybody who knows the address can cause this too`,
    ];
  }

  return { watch, count, warningsAt, warnings: async () => warningsAt(Date.now()) };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, number) => all + number, 0);
