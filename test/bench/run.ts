import { parseArgs } from 'node:util';
import { benchIntake } from './intake/bench.ts';
import type { Report } from './report.ts';
import { printReport } from './report.ts';

const USAGE = `Usage: npm run bench -- intake [--quick] [--json]
  intake    durable intake over HTTP, against pgbench and a bare Fastify handler
  --quick   a short run: shows that it works, its figures are rough
  --json    the last line is one JSON object`;

const benches: Record<string, (options: { quick: boolean }) => Promise<Report>> = { intake: benchIntake };

/** @returns the exit code: 0 measured (whether or not a target was reached), 2 not understood. */
export async function main(argv: string[]): Promise<number> {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(argv);
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    return 2;
  }
  const { values, positionals } = parsed;
  const bench = benches[positionals[0] ?? ''];
  if (!bench || positionals.length > 1) {
    const wrong = positionals[bench ? 1 : 0];
    console.error(`${wrong === undefined ? 'Name a benchmark.' : `There is no benchmark ${wrong}.`}\n${USAGE}`);
    return 2;
  }
  const report = await bench({ quick: values.quick });
  printReport(report);
  if (values.json) console.log(JSON.stringify(report));
  return 0;
}

function parse(argv: string[]) {
  return parseArgs({
    args: argv,
    allowPositionals: true,
    options: { quick: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
  });
}
