import { changeAppeals, type Judgement, judgeAppeal } from '../appeals/appeals.service.ts';
import { natureClass } from '../appeals/nature.ts';
import type { RulesInForce } from '../deadlines/rule-book.service.ts';
import { applyRejudged, planRejudged } from '../departments/rejudge.service.ts';
import { rematch } from '../matters/suggestions.service.ts';
import type { Transaction } from '../platform/database/database.ts';
import { type Decision, lockDecided } from './triage.service.ts';

/**
 * The desk judges anew what an appeal is (重新分类), or confirms what was suggested. Its running deadlines are reckoned
 * again from their own start under the policy version it was registered under; what has ended stays as it was.
 */
export async function reclassify(
  tx: Transaction,
  rules: RulesInForce,
  decision: Decision & { judged: Judgement },
  now: Date,
): Promise<void> {
  const { actor, judged } = decision;
  const { appeal } = await lockDecided(tx, decision);
  const after = { ...appeal, ...judged };
  const planned = await planRejudged(tx, rules.of(appeal), after, now);
  const fields = Object.keys(judged) as (keyof Judgement)[];
  const data = {
    from: Object.fromEntries(fields.map((field) => [field, appeal[field]])),
    to: judged,
    moved: planned.moves.map(({ row }) => row.name),
    cancelled: planned.cancelled.map(({ name }) => name),
    started: planned.begun.map(({ name }) => name),
  };
  await changeAppeals(tx, [{ appeal, action: 'reclassify', role: 'dispatcher', actor, data }], now);
  await judgeAppeal(tx, appeal.id, judged);
  if (natureClass(after.nature) !== natureClass(appeal.nature))
    await rematch(tx, { appealId: appeal.id, occasion: `reclassify:${appeal.version + 1}` }, now);
  await applyRejudged(tx, planned, after, actor, now);
}
