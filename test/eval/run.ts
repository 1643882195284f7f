import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { evaluateCalendar } from './calendar.ts';
import { evaluateSameMatter } from './same-matter.ts';

/** Beside the project folder; this file runs from dist/test/eval. */
const DEFAULT_DATA = fileURLToPath(new URL('../../../../shared/data', import.meta.url));

const USAGE = `Usage: npm run eval -- same-matter [DIR] [--data DIR] [--json]
       npm run eval -- calendar [--file TABLE] [--json]
  same-matter   how well the same matter is found again in real messages
  calendar      every day of 2018 to 2026 against another day table; none should differ
  --data DIR    folder with the trial data (default: ${DEFAULT_DATA})
  --file TABLE  a file, or a folder of files, in the form of the holiday-cn project (default: the package chinese-days)
  --json        the last line is one JSON object`;

/** @returns the exit code: 0 done, 1 data absent or days that differ, 2 not understood. */
export async function main(argv: string[]): Promise<number> {
  const write = (line: string): void => void process.stdout.write(`${line}\n`);
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(argv);
  } catch (error) {
    write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    return 2;
  }
  const [task, folder] = parsed.positionals;
  const { data, file, json } = parsed.values;
  if (task === 'same-matter') {
    const result = evaluateSameMatter(resolve(folder ?? data ?? DEFAULT_DATA), write);
    if (result && json) write(JSON.stringify(result));
    return result ? 0 : 1;
  }
  if (task === 'calendar') {
    const result = await evaluateCalendar(file === undefined ? undefined : resolve(file), write);
    if (result && json) write(JSON.stringify(result));
    return result?.differences.length === 0 ? 0 : 1;
  }
  write(USAGE);
  return 2;
}

function parse(argv: string[]) {
  return parseArgs({
    args: argv,
    allowPositionals: true,
    options: { data: { type: 'string' }, file: { type: 'string' }, json: { type: 'boolean', default: false } },
  });
}
