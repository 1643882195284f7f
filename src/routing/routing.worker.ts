import { type AppealRow, changeAppeals, lockAppeals } from '../appeals/appeals.service.ts';
import { readAppeals } from '../appeals/lookup.service.ts';
import { isReport } from '../appeals/nature.ts';
import { lineSourcesOf } from '../calls/call-messages.service.ts';
import type { RuleBook } from '../deadlines/rule-book.service.ts';
import { type Dispatch, dispatch } from '../departments/dispatch.service.ts';
import { requestMatching } from '../matters/matching.service.ts';
import { systemActor } from '../platform/access/keys.ts';
import { type Lease, settle } from '../platform/agenda/agenda.ts';
import type { AgendaHandler } from '../platform/agenda/agenda-worker.ts';
import { cached } from '../platform/cached.ts';
import type { Database } from '../platform/database/database.ts';
import { readCatalogue } from './catalogue.service.ts';
import { findRule } from './catalogue.ts';
import { ROUTE } from './routing.service.ts';

const CATALOGUE_TTL_MS = 5_000;
const ACTOR = systemActor('routing');

/**
 * Routes registered appeals by the dispatch catalogue; what matches nothing goes to triage. An appeal that somebody moved
 * on meanwhile is left alone. A learned model will stand after the catalogue, where `undefined` means triage today.
 */
export function createRoutingHandler({
  db,
  book,
  onRouted,
}: {
  db: Database;
  book: RuleBook;
  onRouted: () => void;
}): AgendaHandler {
  /** An edited catalogue is in force within five machine seconds, and costs nothing meanwhile. */
  const currentCatalogue = cached(CATALOGUE_TTL_MS, () => readCatalogue(db));

  async function handle(lease: Lease, now: Date): Promise<void> {
    const ordered = await currentCatalogue();
    await book.transact(async (tx, rules) => {
      const appeals = await lockAppeals(
        tx,
        lease.items.map((item) => item.subjectId),
      );
      const lines = await lineSourcesOf(tx, [...appeals.keys()]);
      const dispatches: Dispatch[] = [];
      const undecided = [];
      for (const appeal of appeals.values()) {
        if (appeal.status !== 'registered') continue;
        // What was declined, diverted or handed in before is for the desk to judge again, not for a rule.
        const match =
          appeal.repeatOf === null
            ? findRule(ordered, { ...appeal, sources: [appeal.source, ...(lines.get(appeal.id) ?? [])] })
            : undefined;
        if (match) {
          const reason = {
            by: 'rule' as const,
            rule: match.rule.id,
            position: match.rule.position,
            words: match.words,
          };
          dispatches.push({ appeal, department: match.rule.department, reason, role: 'system', actor: ACTOR });
        } else undecided.push(appeal);
      }
      const repeated = undecided.flatMap(({ repeatOf }) => repeatOf ?? []);
      const earlier = repeated.length === 0 ? [] : await readAppeals(tx, repeated);
      const triage = undecided.map((appeal) => ({
        appeal,
        action: 'triage' as const,
        role: 'system' as const,
        actor: ACTOR,
        data: whyTriage(appeal, earlier),
      }));
      await changeAppeals(tx, triage, now);
      await requestMatching(
        tx,
        [...appeals.keys()].map((appealId) => ({ appealId })),
        now,
      );
      await settle(tx, lease, lease.items, now);
      await dispatch(tx, rules, dispatches, now);
    });
    onRouted();
  }

  return { kind: ROUTE, drains: 2, batchSize: 100, attempts: 10, handle };
}

/** What the dispatcher reads first: nothing fits, nothing may decide, or what became of the same matter so far. */
function whyTriage(appeal: AppealRow, known: readonly AppealRow[]): Record<string, unknown> {
  const { repeatOf } = appeal;
  if (repeatOf === null && isReport(appeal))
    return { reason: 'a report is for the desk to assign: no rule of the catalogue that names reports fits' };
  if (repeatOf === null) return { reason: 'no rule of the catalogue fits' };
  const earlier = known.find(({ id }) => id === repeatOf)?.status;
  return { reason: 'repeats an earlier appeal of the same person', repeatOf, earlier };
}
