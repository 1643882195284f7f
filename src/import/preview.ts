import type { FileHandle } from 'node:fs/promises';
import type { Client, Problem } from './client.ts';
import { createKin } from './kin.ts';
import { ImportError } from './map.ts';
import type { PlannedRow } from './plan.ts';
import { describeAnswer, type Posting, toBody } from './post-rows.ts';

/** What the service says would become of one row. */
interface Foreseen {
  disposition: 'registered' | 'attached' | 'replayed' | 'refused';
  appealNumber: string | null;
  reopens: boolean;
  repeatOf: string | null;
  department: string | null;
  words: string[];
  refusal: { pointer: string; detail: string } | null;
}

export interface PreviewLine {
  row: number;
  outcome: Foreseen['disposition'];
  text: string;
}

const ROWS_AT_ONCE = 100;

type Previewing = Pick<Posting, 'map' | 'inventPhones' | 'historic'> & { client: Client; file: FileHandle };

/**
 * Asks the service what would become of each row; nothing is written. Rows that may have to do with each other go in one
 * request, however far apart they stand, and see each other as they would when posted: those of one channel, up to a hundred.
 * Told in the order of posting. @throws ImportError when the service cannot be used at all.
 */
export async function* previewRows(posting: Previewing, rows: readonly PlannedRow[]): AsyncGenerator<PreviewLine> {
  const told = new Map<number, PreviewLine>();
  let next = 0;
  for await (const request of requestsFor(posting, rows)) {
    if (posting.client.interrupt.aborted) return;
    const [{ channel }] = request as [PlannedRow];
    for (const line of await previewChannel(posting, channel, request)) told.set(line.row, line);
    for (let line = told.get(rows[next]?.row ?? 0); line; line = told.get(rows[next]?.row ?? 0)) {
      told.delete(line.row);
      next += 1;
      yield line;
    }
  }
}

/** Rows of one channel each, kin together, filled up to a hundred; in the order of their first rows. */
async function* requestsFor(posting: Previewing, rows: readonly PlannedRow[]): AsyncGenerator<PlannedRow[]> {
  const kin = createKin();
  for (const row of rows) {
    const { channel, body } = await toBody(posting, row);
    kin.add(channel, body);
  }
  const filling = new Map<string, number[]>();
  const toRequest = (some: readonly number[]): PlannedRow[] =>
    [...some].sort((a, b) => a - b).map((at) => rows[at] as PlannedRow);
  for (const group of kin.groups()) {
    for (const channel of new Set(group.map((at) => rows[at]?.channel ?? ''))) {
      const own = group.filter((at) => rows[at]?.channel === channel);
      let some = filling.get(channel) ?? [];
      if (some.length + own.length > ROWS_AT_ONCE && some.length > 0) {
        yield toRequest(some);
        some = [];
      }
      while (own.length > ROWS_AT_ONCE) yield toRequest(own.splice(0, ROWS_AT_ONCE));
      filling.set(channel, [...some, ...own]);
    }
  }
  for (const some of filling.values()) if (some.length > 0) yield toRequest(some);
}

async function previewChannel(
  posting: Previewing,
  channel: string,
  rows: readonly PlannedRow[],
): Promise<PreviewLine[]> {
  const refused: PreviewLine[] = [];
  let left = [...rows];
  while (left.length > 0) {
    const messages = await Promise.all(left.map(async (row) => (await toBody(posting, row)).body));
    const answer = await posting.client.send('POST', `/v1/channels/${channel}/preview`, { messages });
    if (answer.status === 200) {
      const { items } = answer.body as { items: Foreseen[] };
      const said = left.map(({ row }, at) => ({ row, ...describe(items[at] as Foreseen) }));
      return [...refused, ...said];
    }
    const wrong = wrongOnes((answer.body ?? {}) as Problem);
    if (answer.status !== 400 || wrong.size === 0)
      throw new ImportError(`The service cannot preview: ${describeAnswer(answer)}`);
    for (const [at, reason] of wrong)
      refused.push({ row: left[at]?.row ?? 0, outcome: 'refused', text: `refused: ${reason}` });
    left = left.filter((_, at) => !wrong.has(at));
  }
  return refused;
}

/** Which messages of a refused request are wrong, and the first reason of each. */
function wrongOnes({ errors = [] }: Problem): Map<number, string> {
  const wrong = new Map<number, string>();
  for (const { pointer, detail } of errors) {
    const found = /^\/messages\/(\d+)(\/.*|$)/s.exec(pointer);
    if (found && !wrong.has(Number(found[1]))) wrong.set(Number(found[1]), `${found[2]} ${detail}`);
  }
  return wrong;
}

function describe(foreseen: Foreseen): Omit<PreviewLine, 'row'> {
  const { disposition: outcome, appealNumber, reopens, repeatOf, department, words, refusal } = foreseen;
  if (outcome === 'refused') return { outcome, text: `refused: ${refusal?.pointer} ${refusal?.detail}` };
  if (outcome === 'replayed') return { outcome, text: `replayed: is in already as ${appealNumber ?? 'a row above'}` };
  if (outcome === 'attached')
    return {
      outcome,
      text: `attached: ${reopens ? 'opens again' : 'joins'} ${appealNumber ?? 'the appeal of a row above'}`,
    };
  const why = words.length > 0 ? ` (${words.join(' ')})` : '';
  const where = department === null ? 'to nobody by rule' : `to ${department}${why}`;
  return { outcome, text: `registered: ${where}${repeatOf === null ? '' : `, repeats ${repeatOf}`}` };
}
