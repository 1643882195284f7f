import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { evaluateSameMatter } from './same-matter.ts';

/** Beside the project folder; this file runs from dist/test/eval. */
const DEFAULT_DATA = fileURLToPath(new URL('../../../../shared/data', import.meta.url));

const USAGE = `Usage: npm run eval -- same-matter [DIR] [--data DIR] [--json]
  same-matter   how well the same matter is found again in real messages
  --data DIR    folder with the trial data (default: ${DEFAULT_DATA})
  --json        the last line is one JSON object`;

/** @returns the exit code: 0 done, 1 data absent, 2 not understood. */
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
  if (task !== 'same-matter') {
    write(USAGE);
    return 2;
  }
  const result = evaluateSameMatter(resolve(folder ?? parsed.values.data ?? DEFAULT_DATA), write);
  if (result === undefined) return 1;
  if (parsed.values.json) write(JSON.stringify(result));
  return 0;
}

function parse(argv: string[]) {
  return parseArgs({
    args: argv,
    allowPositionals: true,
    options: { data: { type: 'string' }, json: { type: 'boolean', default: false } },
  });
}
