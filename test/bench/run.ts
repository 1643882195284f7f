import { parseArgs } from 'node:util';
import { benchIntake } from './intake/bench.ts';
import { benchMatters, type MattersOptions } from './matters/bench.ts';
import type { Report } from './report.ts';
import { printReport } from './report.ts';

const USAGE = `Usage: npm run bench -- intake [--quick] [--json]
       npm run bench -- matters [--rows N] [--texts FILE] [--quick] [--json]
  intake        durable intake over HTTP, against pgbench and a bare Fastify handler
  matters       look-ups of the same matter among many appeals, against the same among ten thousand
  --rows N      so many appeals in the large city (default: a million; about 3 GB of disk a million)
  --texts FILE  JSON lines with text (or body) and title, to put texts together from (default: made-up words)
  --quick       a short run: shows that it works, its figures are rough
  --json        the last line is one JSON object`;

const benches: Record<string, (options: MattersOptions) => Promise<Report>> = {
  intake: benchIntake,
  matters: benchMatters,
};

/** @returns the exit code: 0 measured (whether or not a target was reached), 2 not understood. */
export async function main(argv: string[]): Promise<number> {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(argv);
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    return 2;
  }
  const { values, positionals, rows } = parsed;
  const bench = benches[positionals[0] ?? ''];
  if (!bench || positionals.length > 1) {
    const wrong = positionals[bench ? 1 : 0];
    console.error(`${wrong === undefined ? 'Name a benchmark.' : `There is no benchmark ${wrong}.`}\n${USAGE}`);
    return 2;
  }
  const report = await bench({ quick: values.quick, rows, texts: values.texts });
  printReport(report);
  if (values.json) console.log(JSON.stringify(report));
  return 0;
}

/** @throws Error what is wrong with the arguments. */
function parse(argv: string[]) {
  const parsed = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      rows: { type: 'string' },
      texts: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const { rows } = parsed.values;
  if (rows !== undefined && !/^[1-9]\d{4,7}$/.test(rows)) throw new Error('--rows takes a number from 10000 on.');
  if (parsed.positionals[0] !== 'matters' && (rows ?? parsed.values.texts) !== undefined)
    throw new Error('--rows and --texts belong to the benchmark matters.');
  return { ...parsed, rows: rows === undefined ? undefined : Number(rows) };
}
