import { sql } from 'drizzle-orm';
import { v7 as uuid } from 'uuid';
import { readAppeals } from '../appeals/lookup.service.ts';
import { natureClass } from '../appeals/nature.ts';
import { isOpen } from '../appeals/states.ts';
import { type Lease, settle } from '../platform/agenda/agenda.ts';
import type { AgendaHandler } from '../platform/agenda/agenda-worker.ts';
import { cached } from '../platform/cached.ts';
import type { Database } from '../platform/database/database.ts';
import { insertRows } from '../platform/database/rows.ts';
import { withTransaction } from '../platform/database/transaction.ts';
import { dropSketches, type Found, findCandidates, keepSketches, type Sketch, sketchCount } from './candidates.ts';
import { countTexts, readFrequencies } from './frequencies.ts';
import { MATCH } from './matching.service.ts';
import { suggestions } from './matters.table.ts';
import { placeKey } from './place-key.ts';
import { reasonsOf, SUGGESTION_THRESHOLD, scoreOf } from './score.ts';
import { keysOf, textOf, textShare, weighed } from './sketch.ts';

const FREQUENCIES_TTL_MS = 60_000;
/** Suggestions an appeal gets at once; more would not be read. */
const MOST_SUGGESTIONS = 5;

/**
 * Finds open appeals that may be about the same matter and suggests them to the dispatcher. Sketches are committed before
 * anything is looked up: of two appeals that two workers match at once, the later look-up sees the other's sketch.
 */
export function createMatchHandler(db: Database): AgendaHandler {
  const current = cached(FREQUENCIES_TTL_MS, async () => ({
    frequencies: await readFrequencies(db),
    rows: await sketchCount(db),
  }));

  async function handle(lease: Lease, now: Date): Promise<void> {
    const { frequencies, rows } = await current();
    const ids = lease.items.map((item) => item.subjectId);
    const appeals = (await readAppeals(db, ids)).filter(({ status, historic }) => isOpen(status) && !historic);
    const sketched = appeals.map((appeal) => {
      const text = textOf(appeal);
      const { id, nature, address, region } = appeal;
      const keys = keysOf(frequencies, text);
      const sketch: Sketch = { appealId: id, natureClass: natureClass(nature), ...placeKey(address), region, keys };
      return { appealId: id, text, sketch };
    });
    const sketches = sketched.map(({ sketch }) => sketch);
    await withTransaction(db, async (tx) => {
      await keepSketches(tx, sketches, now);
      await countTexts(tx, frequencies, sketched);
    });
    await withTransaction(db, async (tx) => {
      const candidates = new Map<string, Found[]>(sketches.map(({ appealId }) => [appealId, []]));
      for (const other of await findCandidates(tx, sketches, rows > 0 ? frequencies.texts / rows : Infinity))
        candidates.get(other.foundFor)?.push(other);
      const ended: string[] = [];
      const found: (typeof suggestions.$inferInsert)[] = [];
      for (const { sketch, text } of sketched) {
        const own = weighed(frequencies, text);
        const scored = [];
        for (const other of candidates.get(sketch.appealId) ?? []) {
          if (!isOpen(other.status)) ended.push(other.id);
          else if (!other.historic && natureClass(other.nature) === sketch.natureClass) {
            const common = { ...other, text: textShare(own, weighed(frequencies, textOf(other))) };
            scored.push({ other: other.id, score: scoreOf(common), reasons: reasonsOf(common) });
          }
        }
        const best = scored.filter(({ score }) => score >= SUGGESTION_THRESHOLD).sort((a, b) => b.score - a.score);
        for (const { other, score, reasons } of best.slice(0, MOST_SUGGESTIONS))
          found.push(suggest(sketch.appealId, other, score, reasons, now));
      }
      // In order, so that two workers that find the same pairs cannot wait for each other in a circle.
      const inOrder = found.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
      await insertRows(tx, suggestions, inOrder, sql`on conflict (appeal_id, target_id) do nothing`);
      await dropSketches(tx, ended);
      await settle(tx, lease, lease.items, now);
    });
  }

  return { kind: MATCH, drains: 2, batchSize: 50, attempts: 5, handle };
}

const keyOf = ({ appealId, targetId }: { appealId: string; targetId: string }): string => `${appealId} ${targetId}`;

/** The later appeal joins the earlier one; ids are in the order of registration. */
function suggest(
  one: string,
  other: string,
  score: number,
  reasons: ReturnType<typeof reasonsOf>,
  now: Date,
): typeof suggestions.$inferInsert {
  const [targetId, appealId] = one < other ? [one, other] : [other, one];
  return { id: uuid(), appealId, targetId, score, reasons, status: 'open', createdAt: now };
}
