import { appendFileSync, writeFileSync } from 'node:fs';
import { type FileHandle, stat } from 'node:fs/promises';
import { createClient } from './client.ts';
import { describePlan } from './dry-run.ts';
import { ImportError, type ImportMap, readMap } from './map.ts';
import { type Options, readOptions, USAGE } from './options.ts';
import { orderRows, type Plan, type PlannedRow, planFile, playOver } from './plan.ts';
import { type Posted, postRows } from './post-rows.ts';
import { previewRows } from './preview.ts';
import { type Output, type Progress, startProgress } from './progress.ts';
import type { Remarks } from './remarks.ts';
import { readClock, readNow, type SimulatedTime, stretches, takeClock } from './simulated-time.ts';
import { openState } from './state.ts';
import { openRows } from './tables.ts';
import { createTally, type Tally } from './tally.ts';

export interface ImportIo {
  stdout: Output;
  stderr: Output;
  env: Record<string, string | undefined>;
  /** Ends the import in good order; without it the import listens to SIGINT and SIGTERM. */
  interrupt?: AbortSignal;
  /** How long one request is tried in vain, machine milliseconds; default five minutes. */
  giveUpAfter?: number;
}

const GIVE_UP_AFTER = 5 * 60_000;

/** `minsheng import`. @returns the exit code (see the usage text). */
export async function runImport(argv: string[], io: ImportIo): Promise<number> {
  let options: Options | undefined;
  try {
    options = readOptions(argv, io.env);
  } catch (error) {
    if (!(error instanceof ImportError)) throw error;
    io.stderr.write(`${error.message}\n\n${USAGE}\n`);
    return 2;
  }
  if (options === undefined) {
    io.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const controller = new AbortController();
  const onSignal = (): void => {
    io.stderr.write('\nInterrupted: finishing what is in flight …\n');
    controller.abort();
  };
  const interrupt = io.interrupt ?? controller.signal;
  const signals = io.interrupt === undefined ? (['SIGINT', 'SIGTERM'] as const) : [];
  for (const signal of signals) process.once(signal, onSignal);
  try {
    return await importFile(options, io, interrupt);
  } catch (error) {
    // Interrupted while it asked the service something before the first row.
    if (interrupt.aborted && error instanceof Error && error.name === 'AbortError') return 130;
    if (!(error instanceof ImportError)) throw error;
    io.stderr.write(`${error.message}\n`);
    return 1;
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
  }
}

async function importFile(options: Options, io: ImportIo, interrupt: AbortSignal): Promise<number> {
  const map = await readMap(options.map);
  const reading = { map, inventPhones: options.inventPhones };
  const { file, taken } = await openRows(options.file, map.fields, options.sheet);
  if (taken !== undefined) io.stdout.write(`${taken}\n`);
  try {
    return await importRows(options, io, interrupt, { reading, file });
  } finally {
    await file.close();
  }
}

async function importRows(
  options: Options,
  io: ImportIo,
  interrupt: AbortSignal,
  { reading, file }: { reading: { map: ImportMap; inventPhones: boolean }; file: FileHandle },
): Promise<number> {
  const { map } = reading;
  const plan = await planFile(file, reading, options.limit);
  let progress: Progress | undefined;
  const told = new Set<string>();
  const onTrouble = (reason: string | undefined): void => {
    progress?.trouble(reason);
    if (progress || reason === undefined || told.has(reason)) return;
    told.add(reason);
    io.stderr.write(`${reason}, trying again …\n`);
  };
  const client = createClient({
    ...options,
    interrupt,
    giveUpAfter: io.giveUpAfter ?? GIVE_UP_AFTER,
    onTrouble,
  });
  try {
    if (options.dryRun) {
      orderRows(plan, map.timeZone, Date.now());
      for (const line of await describePlan(plan, file, reading)) io.stdout.write(`${line}\n`);
      if (options.json)
        io.stdout.write(
          `${JSON.stringify({ rows: plan.rows.length, refused: plan.refused.length, remarks: plan.remarks.toJson() })}\n`,
        );
      return plan.refused.length > 0 ? 1 : 0;
    }
    const asked = plan.days.size > 0 && options.over === undefined ? await readNow(client) : undefined;
    if (options.preview) {
      orderRows(plan, map.timeZone, asked ?? Number.POSITIVE_INFINITY);
      return await preview(options, io, plan, { client, file, ...reading, historic: options.historic });
    }
    if (options.inventPhones && !(await readClock(client))) {
      throw new ImportError(
        '--invent-phones is for trials: this service runs in production, and an invented number may be somebody’s.',
      );
    }
    const time = options.over === undefined ? undefined : await takeClock(client);
    const { size } = await stat(options.file);
    const over = time && options.over !== undefined ? { start: time.now, span: options.over } : undefined;
    const { file: name, historic, inventPhones } = options;
    const state = openState(options.state, {
      file: name,
      size,
      map: JSON.stringify(map),
      sheet: options.sheet,
      historic,
      inventPhones,
      now: asked,
      over,
    });
    if (state.done.size > 0)
      io.stdout.write(`Going on after ${state.done.size} rows (${options.state}; remove it to begin anew).\n`);
    orderRows(plan, map.timeZone, state.header.now ?? Number.POSITIVE_INFINITY);
    if (state.header.over) playOver(plan.rows, state.header.over.start, state.header.over.span);

    const todo = plan.rows.filter(({ row }) => !state.done.has(row));
    const { tally, onRefused } = takeRefusals(options, plan);
    progress = startProgress(io.stdout, todo.length);
    const started = performance.now();
    const posting = {
      client,
      file,
      ...reading,
      historic: options.historic,
      concurrency: options.concurrency,
      onDone: (planned: PlannedRow, outcome: 'registered' | 'attached' | 'replayed', posted: Posted) => {
        const { source, externalId, appealNumber } = posted;
        if (options.numbers !== undefined)
          appendFileSync(
            options.numbers,
            `${JSON.stringify({ row: planned.row, source, externalId, appealNumber, outcome })}\n`,
          );
        state.add(planned.row);
        tally.count(planned, outcome);
        progress?.step();
      },
      onRefused: (planned: PlannedRow, reason: string, line: string) => {
        onRefused(planned, planned.row, reason, line);
        progress?.step();
      },
    };
    let failure: ImportError | undefined;
    try {
      if (time && state.header.over)
        await play(time, todo, state.header.over, (rows) => postRows(posting, rows), progress.note, interrupt);
      else await postRows(posting, todo);
    } catch (error) {
      if (error instanceof ImportError) failure = error;
      else if (!interrupt.aborted) throw error;
    } finally {
      progress.stop();
    }
    const seconds = (performance.now() - started) / 1_000;
    const whole = failure === undefined && !interrupt.aborted;
    summarise(options, io, {
      tally,
      remarks: plan.remarks,
      seconds,
      retries: client.retries(),
      before: state.done.size,
      whole,
      failure,
    });
    if (whole) state.remove();
    if (interrupt.aborted) return 130;
    return whole && tally.refused() === 0 ? 0 : 1;
  } finally {
    client.close();
  }
}

/** Says of each row what would become of it. */
async function preview(
  options: Options,
  io: ImportIo,
  plan: Plan,
  previewing: Parameters<typeof previewRows>[0],
): Promise<number> {
  const counts = { registered: 0, attached: 0, replayed: 0, refused: plan.refused.length };
  const { remarks } = plan;
  for (const { row, reason } of plan.refused) io.stdout.write(`line ${row}: refused: ${reason}\n`);
  for await (const { row, outcome, text } of previewRows(previewing, plan.rows)) {
    counts[outcome] += 1;
    io.stdout.write(`line ${row}: ${text}\n`);
  }
  const summary = Object.entries(counts).map(([outcome, count]) => `${count} ${outcome}`);
  for (const line of remarks.toLines()) io.stdout.write(`${line}\n`);
  io.stdout.write(`\nWould be: ${summary.join(', ')}. Nothing was written.\n`);
  if (options.json) io.stdout.write(`${JSON.stringify({ ...counts, remarks: remarks.toJson() })}\n`);
  return counts.refused > 0 ? 1 : 0;
}

/** Moves the clock to each stretch of rows, posts them, and at last to the end of the span. */
async function play(
  time: SimulatedTime,
  rows: readonly PlannedRow[],
  over: { start: number; span: number },
  post: (rows: readonly PlannedRow[]) => Promise<void>,
  note: (text: string) => void,
  interrupt: AbortSignal,
): Promise<void> {
  for (const stretch of stretches(rows)) {
    await time.moveTo(stretch.at(-1)?.at ?? time.now);
    note(`clock ${new Date(time.now).toISOString()}`);
    await post(stretch);
    if (interrupt.aborted) return;
  }
  await time.moveTo(over.start + over.span);
}

/** Counts refused rows and, when asked, keeps them in a file that only the user can read. */
function takeRefusals(
  options: Options,
  plan: Plan,
): { tally: Tally; onRefused: (planned: PlannedRow | undefined, row: number, reason: string, line: string) => void } {
  const tally = createTally();
  const target = options.refused;
  if (target !== undefined) writeFileSync(target, '', { mode: 0o600 });
  const onRefused = (planned: PlannedRow | undefined, row: number, reason: string, line: string): void => {
    tally.refuse(planned, row, reason);
    if (target !== undefined) appendFileSync(target, `${JSON.stringify({ row, reason, line })}\n`);
  };
  for (const { row, reason, line } of plan.refused) onRefused(undefined, row, reason, line);
  return { tally, onRefused };
}

interface Ending {
  tally: Tally;
  remarks: Remarks;
  seconds: number;
  retries: number;
  /** Rows that an earlier run had posted. */
  before: number;
  whole: boolean;
  failure: ImportError | undefined;
}

function summarise(
  options: Options,
  io: ImportIo,
  { tally, remarks, seconds, retries, before, whole, failure }: Ending,
): void {
  const rate = seconds > 0 ? tally.total() / seconds : 0;
  for (const line of ['', ...tally.toLines(), ...remarks.toLines(), '']) io.stdout.write(`${line}\n`);
  io.stdout.write(
    `${tally.total()} rows in ${seconds.toFixed(1)} s, ${rate.toFixed(0)}/s, ${retries} requests tried again${before > 0 ? `, ${before} rows were in before` : ''}\n`,
  );
  if (failure) io.stderr.write(`${failure.message}\n`);
  if (!whole)
    io.stdout.write(`Not finished. The same command goes on where it stopped (progress: ${options.state}).\n`);
  if (options.json) {
    io.stdout.write(
      `${JSON.stringify({ whole, seconds, rate, retries, before, ...tally.toJson(), remarks: remarks.toJson(), ...(failure ? { failure: failure.message } : {}) })}\n`,
    );
  }
}
