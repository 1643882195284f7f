import { and, desc, eq, lt, or, type SQL, sql } from 'drizzle-orm';
import { readAppeals } from '../appeals/lookup.service.ts';
import type { Executor, Transaction } from '../platform/database/database.ts';
import { notFound, ProblemError } from '../platform/problem.ts';
import { requestMatching } from './matching.service.ts';
import { type SuggestionStatus, suggestions } from './matters.table.ts';

export type SuggestionRow = typeof suggestions.$inferSelect;

/** Suggestions, newest first: of one appeal, on either side, or of the whole desk. */
export async function listSuggestions(
  db: Executor,
  { appealId, status }: { appealId?: string; status?: SuggestionStatus },
  after: string | undefined,
  limit: number,
): Promise<SuggestionRow[]> {
  const conditions: (SQL | undefined)[] = [];
  if (appealId !== undefined)
    conditions.push(or(eq(suggestions.appealId, appealId), eq(suggestions.targetId, appealId)));
  if (status !== undefined) conditions.push(eq(suggestions.status, status));
  if (after !== undefined) conditions.push(lt(suggestions.id, after));
  return db
    .select()
    .from(suggestions)
    .where(and(...conditions))
    .orderBy(desc(suggestions.id))
    .limit(limit);
}

/** What a suggestion shows of its two appeals. */
export async function sidesOf(db: Executor, rows: readonly SuggestionRow[]) {
  const appeals = await readAppeals(
    db,
    rows.flatMap(({ appealId, targetId }) => [appealId, targetId]),
  );
  return new Map(appeals.map(({ id, number, status, title }) => [id, { id, number, status, title }]));
}

/** The dispatcher says no. Saying it again changes nothing. @throws ProblemError 404, or 409 when the two are linked. */
export async function dismissSuggestion(tx: Transaction, id: string, actor: string, now: Date): Promise<SuggestionRow> {
  const [row] = await tx.select().from(suggestions).where(eq(suggestions.id, id)).for('update');
  if (!row) throw notFound({ en: 'The suggestion', zh: '该并单建议' });
  if (row.status === 'accepted')
    throw new ProblemError(
      'forbidden-transition',
      { en: 'The two appeals are linked: unlink them.', zh: '两件诉求已并单，请先拆单。' },
      { extra: { allowed: ['unlink'] } },
    );
  if (row.status === 'dismissed') return row;
  const decided = { status: 'dismissed' as const, decidedAt: now, decidedBy: actor };
  await tx.update(suggestions).set(decided).where(eq(suggestions.id, id));
  return { ...row, ...decided };
}

/** Two appeals were linked, or taken apart again: what was suggested of them is decided by that. */
export async function decideSuggestion(
  tx: Transaction,
  [one, other]: readonly [string, string],
  status: 'accepted' | 'dismissed',
  actor: string,
  now: Date,
): Promise<void> {
  await tx.execute(sql`
    update suggestions set status = ${status}, decided_at = ${now.toISOString()}, decided_by = ${actor}
    where (appeal_id, target_id) in ((${one}::uuid, ${other}::uuid), (${other}::uuid, ${one}::uuid))`);
}

/**
 * An appeal is of another class of nature now: what was suggested for the old one is taken back, as nobody has decided it,
 * and it is looked for anew.
 */
export async function rematch(
  tx: Transaction,
  request: { appealId: string; occasion: string },
  now: Date,
): Promise<void> {
  const side = or(eq(suggestions.appealId, request.appealId), eq(suggestions.targetId, request.appealId));
  await tx.delete(suggestions).where(and(side, eq(suggestions.status, 'open')));
  await requestMatching(tx, [request], now);
}
