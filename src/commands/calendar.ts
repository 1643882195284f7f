import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { Value } from 'typebox/value';
import { numbersOf } from '../appeals/lookup.service.ts';
import type { Instance } from '../compose.ts';
import { type Config, ConfigError } from '../config.ts';
import { type CalendarInput, CalendarInputSchema } from '../deadlines/calendar/calendar.schema.ts';
import { createCalendar } from '../deadlines/calendar/calendar.ts';
import { newestCalendar } from '../deadlines/calendar/calendars.repo.ts';
import { applyCalendar, type Preview, previewCalendar, previewMoves } from '../deadlines/calendar/calendars.service.ts';
import { daysOfYear } from '../deadlines/calendar/day-table.ts';
import { describeDay } from '../deadlines/calendar/describe-day.ts';
import { yearGrid } from '../deadlines/calendar/year-grid.ts';
import { withTransaction } from '../platform/database/transaction.ts';
import { ProblemError } from '../platform/problem.ts';
import { withInstance } from './with-instance.ts';

/** Moves that are printed; the API pages through all of them. */
const SHOWN = 20;

/** `calendar show YEAR | import FILE [--year Y] [--source TEXT] [--apply]`. An import only previews unless told to apply. */
export async function runCalendar(config: Config, argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { year: { type: 'string' }, source: { type: 'string' }, apply: { type: 'boolean' } },
  });
  const [action, subject] = positionals;
  if (action === 'show') return withInstance(config, (instance) => show(instance, readYear(subject)));
  if (action !== 'import' || subject === undefined)
    throw new ConfigError('Say what to do: minsheng calendar show YEAR, or minsheng calendar import FILE.');
  const input = await readInputFile(subject);
  if (values.year !== undefined) input.year = readYear(values.year);
  if (values.source !== undefined) input.source = values.source;
  const wrong = [...Value.Errors(CalendarInputSchema, input)][0];
  if (wrong) throw new ConfigError(`${subject} is not usable at ${wrong.instancePath || '/'}: ${wrong.message}.`);
  return withInstance(config, (instance) => runImport(instance, input, values.apply ?? false));
}

function readYear(text: string | undefined): number {
  if (/^20\d\d$/.test(text ?? '')) return Number(text);
  throw new ConfigError(`${text ?? 'Nothing'} is not a year: give one like 2027.`);
}

/** JSON is a holiday-cn file or our own form; anything else is the text of a notice. */
async function readInputFile(file: string): Promise<CalendarInput> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new ConfigError(`${file} cannot be read: ${error.message}.`);
  });
  if (!text.trimStart().startsWith('{')) return { notice: text };
  try {
    const document = JSON.parse(text) as CalendarInput & NonNullable<CalendarInput['holidayCn']>;
    return 'days' in document ? { holidayCn: document } : document;
  } catch (error) {
    throw new ConfigError(`${file} cannot be read as JSON: ${(error as Error).message}.`);
  }
}

async function show({ db }: Instance, year: number): Promise<number> {
  const { version, days } = await newestCalendar(db);
  const known = createCalendar({ version, days }).knows(year);
  console.log(`${year} (version ${version})${known ? '' : ': the year is not known yet, only weekends are off'}\n`);
  console.log(yearGrid(year, days));
  console.log('\n休 off  班 worked  半 half day  · weekend\n');
  for (const day of daysOfYear(days, year)) console.log(describeDay(day));
  return 0;
}

async function runImport(instance: Instance, input: CalendarInput, apply: boolean): Promise<number> {
  const { db, clock } = instance;
  try {
    const preview = await previewCalendar(db, input);
    await print(instance, preview);
    if (!apply) {
      console.log('\nNothing was written. Add --apply to put this in force.');
      return 0;
    }
    const now = await clock.now();
    const by = { fingerprint: preview.fingerprint, actor: `cli:${userInfo().username}` };
    const version = await withTransaction(db, (tx) => applyCalendar(tx, input, by, now));
    console.log(`\nVersion ${version} is in force. The workers are moving the deadlines.`);
    return 0;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    for (const { pointer, detail } of error.errors ?? [{ pointer: '', detail: error.detail }])
      console.error(`${pointer} ${detail}`.trim());
    return 1;
  }
}

async function print({ db, zone }: Instance, preview: Preview): Promise<void> {
  console.log(`${preview.source}, compared with version ${preview.base}:\n`);
  for (const { before, after } of preview.differences) {
    if (before) console.log(`  - ${describeDay(before)}`);
    if (after) console.log(`  + ${describeDay(after)}`);
  }
  if (preview.differences.length === 0) console.log('  no day differs');
  const { count, moves } = await previewMoves(db, preview, undefined, SHOWN);
  console.log(`\n${count} running deadlines move or become certain.`);
  const numbers = await numbersOf(
    db,
    moves.map(({ row }) => row.appealId),
  );
  const format = zone.formatInstant;
  for (const { row, dueAt, provisional } of moves)
    console.log(
      `  ${numbers.get(row.appealId) ?? row.appealId} ${row.name}: ${format(row.dueAt)} -> ${format(dueAt)}${provisional ? ' (provisional)' : ''}`,
    );
  if (count > moves.length) console.log(`  and ${count - moves.length} more: POST /v1/calendar/preview lists them all`);
}
