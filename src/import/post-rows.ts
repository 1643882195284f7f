import type { FileHandle } from 'node:fs/promises';
import type { Answer, Client, Problem } from './client.ts';
import { ImportError, type ImportMap } from './map.ts';
import type { MappedRow } from './map-row.ts';
import { type PlannedRow, readRow } from './plan.ts';
import { type Outcome, outcomes } from './tally.ts';

/** Both numbers of a message that is in: the source's and ours. */
export interface Posted {
  source: string;
  externalId: string;
  appealNumber: string;
}

export interface Posting {
  client: Client;
  file: FileHandle;
  map: ImportMap;
  inventPhones: boolean;
  historic: boolean;
  concurrency: number;
  onDone: (planned: PlannedRow, outcome: Exclude<Outcome, 'refused'>, posted: Posted) => void;
  onRefused: (planned: PlannedRow, reason: string, line: string) => void;
}

const SERVER_ERROR_ATTEMPTS = 4;

/**
 * Posts rows in their order, several in flight; returns when all are answered or, interrupted, when those in flight are.
 * @throws ImportError when the service cannot be used at all: not reachable, key refused, not a Minsheng.
 */
export async function postRows(posting: Posting, rows: readonly PlannedRow[]): Promise<void> {
  let next = 0;
  let failed = false;
  const lane = async (): Promise<void> => {
    while (next < rows.length && !failed && !posting.client.interrupt.aborted) {
      const planned = rows[next]!;
      next += 1;
      try {
        await postRow(posting, planned);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(posting.concurrency, rows.length) }, lane));
  const broken = lanes.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
  const worst = broken.find((reason) => !(reason instanceof Error && reason.name === 'AbortError'));
  if (worst !== undefined) throw worst;
}

/** The message of one row of the file, as it is posted. */
export async function toBody(
  posting: Pick<Posting, 'file' | 'map' | 'inventPhones' | 'historic'>,
  planned: PlannedRow,
): Promise<{ line: string; channel: string; body: MappedRow['body'] }> {
  const line = await readLine(posting.file, planned);
  const mapped = readRow(posting, line);
  if ('refused' in mapped) throw new ImportError(`Line ${planned.row} changed while the import ran.`);
  const body = {
    ...mapped.body,
    ...(planned.at === undefined ? {} : { receivedAt: new Date(planned.at).toISOString() }),
    ...(posting.historic ? { historic: true } : {}),
  };
  return { line, channel: mapped.channel, body };
}

async function postRow(posting: Posting, planned: PlannedRow): Promise<void> {
  const { line, channel, body } = await toBody(posting, planned);
  let answer: Answer;
  for (let attempt = 1; ; attempt += 1) {
    answer = await posting.client.send('POST', `/v1/channels/${channel}/messages`, body);
    if (answer.status < 500 || attempt >= SERVER_ERROR_ATTEMPTS) break;
    await posting.client.pause();
  }
  if (answer.status === 200 || answer.status === 201) {
    const { disposition, appealNumber = '' } = (answer.body ?? {}) as { disposition?: string; appealNumber?: string };
    const outcome = outcomes.find((each) => each === disposition && each !== 'refused') as
      | Exclude<Outcome, 'refused'>
      | undefined;
    if (outcome === undefined) throw new ImportError('The service answers without a disposition; is this a Minsheng?');
    return posting.onDone(planned, outcome, { source: body.source, externalId: body.externalId, appealNumber });
  }
  const reason = describeAnswer(answer);
  if ([401, 403, 404].includes(answer.status)) throw new ImportError(`The service refuses every row: ${reason}`);
  posting.onRefused(planned, reason, line);
}

/** The same words for the same fault, so that they can be counted: kind of problem, first place, why. */
export function describeAnswer(answer: Answer): string {
  const problem = (answer.body ?? {}) as Problem;
  const kind = problem.type?.split(/[:/]/).at(-1) ?? problem.title ?? 'no problem document';
  const first = problem.errors?.[0];
  const why = first ? `${first.pointer} ${first.detail}` : problem.detail;
  return `${answer.status} ${kind}${why ? `: ${why}` : ''}`;
}

async function readLine(file: FileHandle, planned: PlannedRow): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(planned.length), 0, planned.length, planned.offset);
  return buffer.toString('utf8', 0, bytesRead).replace(/^\uFEFF/, '');
}
