import { sql } from 'drizzle-orm';
import type { AppealRow } from '../appeals/appeals.service.ts';
import { followLinks } from '../appeals/links.service.ts';
import { readAppeals } from '../appeals/lookup.service.ts';
import { duesOf } from '../deadlines/deadlines.service.ts';
import type { RulesInForce } from '../deadlines/rule-book.service.ts';
import type { Due } from '../deadlines/time-rules.service.ts';
import { departmentNames } from '../departments/departments.service.ts';
import type { Transaction } from '../platform/database/database.ts';
import { arrayOf } from '../platform/database/rows.ts';
import type { receipts } from './receipts.table.ts';
import { receiptText, type Subject } from './texts.ts';

type Row = typeof receipts.$inferSelect;

/**
 * Gives receipts the words that are true of their appeals now: those still undecided at their last reminder, and those
 * whose words ceased to hold before they left. Call with the receipts locked. @returns them as they are then.
 */
export async function decide(
  tx: Transaction,
  rules: RulesInForce,
  undecided: readonly Row[],
  now: Date,
): Promise<Row[]> {
  if (undecided.length === 0) return [];
  const subjectOf = await subjects(
    tx,
    undecided.map(({ appealId }) => appealId),
  );
  const decided = undecided.flatMap((row): Row[] => {
    const found = subjectOf(row.appealId);
    if (!found) return [];
    const { appeal, subject } = found;
    const text = receiptText(rules.of(appeal), appeal.number, subject);
    return [{ ...row, text, subject: subject.about, frozenAt: now }];
  });
  await tx.execute(sql`update receipts r set text = x.text, subject = x.about, frozen_at = ${now.toISOString()}
    from unnest(${arrayOf(
      decided.map(({ id }) => id),
      'uuid',
    )}, ${arrayOf(
      decided.map(({ text }) => text),
      'text',
    )}, ${arrayOf(
      decided.map(({ subject }) => subject),
      'text',
    )}) x(id, text, about) where r.id = x.id`);
  return decided;
}

/** What can be said of each of these appeals. */
async function subjects(
  tx: Transaction,
  appealIds: readonly string[],
): Promise<(appealId: string) => { appeal: AppealRow; subject: Subject } | undefined> {
  const ways = await followLinks(tx, appealIds);
  const known = new Map((await readAppeals(tx, [...ways.values()].flat())).map((row) => [row.id, row]));
  const held = [...known.values()].filter(({ department }) => department !== null);
  const names = held.length === 0 ? new Map<string, string>() : await departmentNames(tx, held.map(departmentOf));
  const dues =
    held.length === 0
      ? new Map<string, Due>()
      : await duesOf(
          tx,
          'resolve',
          'appeal',
          held.map(({ id }) => id),
        );
  return (appealId) => {
    const appeal = known.get(appealId);
    const matter = known.get(ways.get(appealId)?.at(-1) ?? '');
    return appeal && matter && { appeal, subject: subjectOf(appeal, matter, names, dues) };
  };
}

const departmentOf = ({ department }: AppealRow): string => department ?? '';

/** @param matter the appeal under which it is worked on: itself, or the one it was linked to in the end. */
function subjectOf(
  appeal: AppealRow,
  matter: AppealRow,
  names: ReadonlyMap<string, string>,
  dues: ReadonlyMap<string, Due>,
): Subject {
  const { id, status, outcome } = matter;
  const code = departmentOf(matter);
  if (code !== '') return { about: 'forwarded', departmentName: names.get(code) ?? code, due: dues.get(id) };
  if (status === 'answered' || status === 'declined' || status === 'diverted')
    return { about: status, text: outcome ?? '' };
  return appeal.id === id ? { about: 'assessing' } : { about: 'linked', targetNumber: matter.number };
}
