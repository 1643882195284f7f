import { sql } from 'drizzle-orm';
import { v7 as uuid } from 'uuid';
import { recordAudit } from '../../platform/access/audit.ts';
import { addToAgenda } from '../../platform/agenda/agenda.ts';
import type { Executor, Transaction } from '../../platform/database/database.ts';
import { ProblemError } from '../../platform/problem.ts';
import { calendars } from '../deadlines.table.ts';
import { type Move, planMoves, rulingsUnder } from '../recompute.service.ts';
import type { CalendarInput } from './calendar.schema.ts';
import { createCalendar } from './calendar.ts';
import { newestCalendar } from './calendars.repo.ts';
import { type CalendarChange, changeDays, fingerprintOf } from './day-table.ts';
import { readInput } from './read-input.ts';

export const RECOMPUTE = 'recompute';

/** Two imports at once: the second must see what the first wrote. */
const IMPORT_LOCK = 7_160_012_348;
/** Deadlines compared at a time; bounds the memory of a preview. */
const PAGE = 5_000;
/** Business milliseconds after which no process still reckons with the calendar before, nor has a start under way. */
const SETTLED_MS = 60_000;

/** What an import would do. Days only; `previewMoves` tells the deadlines. */
export interface Preview extends ReturnType<typeof changeDays> {
  base: number;
  source: CalendarChange['source'];
  fingerprint: string;
}

/** @throws ProblemError 400 when the input cannot be understood completely. */
export async function previewCalendar(db: Executor, input: CalendarInput): Promise<Preview> {
  const { version: base, days: known } = await newestCalendar(db);
  const change = readInput(input, known);
  const { days, differences } = changeDays(known, change);
  return { base, source: change.source, days, differences, fingerprint: fingerprintOf(base, days) };
}

/** All running deadlines that would move: how many, and a page of them in order of id. */
export async function previewMoves(
  db: Executor,
  { base, days, differences }: Preview,
  after: string | undefined,
  limit: number,
): Promise<{ count: number; moves: Move[] }> {
  const page: Move[] = [];
  let count = 0;
  if (differences.length === 0) return { count, moves: page };
  const rulingsOf = rulingsUnder(createCalendar({ version: base + 1, days }));
  for (let last: string | undefined; ; ) {
    const { rows, moves } = await planMoves(db, { after: last, limit: PAGE }, rulingsOf);
    count += moves.length;
    for (const move of moves) if (page.length < limit && (after === undefined || move.row.id > after)) page.push(move);
    last = rows.at(-1)?.id;
    if (rows.length < PAGE) return { count, moves: page };
  }
}

/**
 * Puts what was previewed in force: the next version, and the work of recomputing every running deadline, in one
 * transaction. The recompute itself is done by the agenda, batch by batch, so that nothing can leave it half done.
 * @returns the new version.
 * @throws ProblemError 412 when something else would come out than was previewed; 409 when nothing would change.
 */
export async function applyCalendar(
  tx: Transaction,
  input: CalendarInput,
  { fingerprint, actor }: { fingerprint: string; actor: string },
  now: Date,
): Promise<number> {
  await tx.execute(sql`select pg_advisory_xact_lock(${IMPORT_LOCK})`);
  const preview = await previewCalendar(tx, input);
  if (preview.fingerprint !== fingerprint)
    throw new ProblemError('stale-version', {
      en: 'This is not what was previewed: the calendar or the import has changed. Look at the preview again.',
      zh: '与预览内容不一致：日历或导入内容已变更，请重新预览。',
    });
  if (preview.differences.length === 0)
    throw new ProblemError('conflict', { en: 'The calendar says all this already.', zh: '日历已包含上述内容。' });
  const version = preview.base + 1;
  const id = uuid();
  await tx.insert(calendars).values({ version, id, source: preview.source, days: preview.days, actor, at: now, input });
  const data = { version, source: preview.source };
  await recordAudit(tx, { at: now, actor, action: 'calendar', subject: 'calendar', data });
  const item = (key: string, runAt: Date) => ({
    kind: RECOMPUTE,
    subjectId: id,
    businessKey: `${RECOMPUTE}:${version}:${key}`,
    runAt,
    dueAt: runAt,
  });
  // The second look finds what other processes began meanwhile with the calendar they still had.
  await addToAgenda(tx, [item('at-once', now), item('afterwards', new Date(now.getTime() + SETTLED_MS))]);
  return version;
}
