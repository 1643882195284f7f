import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startServers } from '../support/servers.ts';
import t from '../support/tap.ts';
import { type DayOptions, runDay } from './day/day.ts';
import { printDay } from './day/report.ts';
import { runHostile } from './hostile.ts';
import type { Trial } from './trial.ts';
import { runVectors } from './vectors.ts';

const USAGE = `Usage: npm run trial -- vectors DIR [--only NAME] [--json]
       npm run trial -- hostile [--count N] [--only NAME] [--json]
       npm run trial -- day [--count N] [--kills N] [--seed N] [--texts FILE.jsonl] [--json]
  vectors   sends every protocol sample under DIR (one folder a protocol) through the service, as its platform would
  hostile   N requests that mean harm (default 10,000), by turns of every protocol: what was answered, and the memory
  day       N messages (default 3,000) of a simulated day by every protocol, with the platforms' repeats, while the program
            is killed --kills times (default 6): no message twice, none missing. The same --seed, the same day; --texts
            takes real texts (\`text\` or \`body\` of each line)
  --json    the last line is one JSON object`;

/** By the name of the folder that holds the samples. Imported when needed: each brings its protocol's peer along. */
const trials: Record<string, () => Promise<{ trial: Trial }>> = {
  wechat: () => import('./wechat.ts'),
  weibo: () => import('./weibo.ts'),
  email: () => import('./email.ts'),
  cdr: () => import('./cdr.ts'),
  open311: () => import('./open311.ts'),
};

/** @returns the exit code: 0 all as expected, 1 something was not, 2 not understood. */
export async function main(argv: string[]): Promise<number> {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(argv);
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    return 2;
  }
  const { values, positionals } = parsed;
  const [task, folder] = positionals;
  const isVectors = task === 'vectors' && folder !== undefined && existsSync(path.resolve(folder));
  const count = whole(values.count, task === 'day' ? 3_000 : 10_000);
  const [kills, seed] = [whole(values.kills, 6), whole(values.seed, 1)];
  const areNumbers = count > 0 && kills >= 0 && seed >= 0;
  if (!areNumbers || !(isVectors || task === 'hostile' || task === 'day')) {
    console.error(task === 'vectors' && folder !== undefined ? `${folder} is not there.` : USAGE);
    return 2;
  }
  if (values.texts !== undefined && !existsSync(values.texts)) {
    console.error(`${values.texts} is not there.`);
    return 2;
  }
  // The cities of the tests report to tap, which would end a process that takes longer than a test may.
  t.setTimeout(0);
  const servers = await startServers();
  process.env.TEST_DATABASE_URL = servers.databaseUrl;
  try {
    const result = isVectors
      ? await runVectors(path.resolve(folder), trials, values.only)
      : task === 'day'
        ? await dayOf({ count, kills, seed, texts: values.texts })
        : await runHostile(count, values.only);
    if (values.json) console.log(JSON.stringify(result));
    return result.ok ? 0 : 1;
  } finally {
    await servers.stop();
  }
}

async function dayOf(options: DayOptions) {
  const result = await runDay({ ...options, say: (line) => console.error(`trial: ${line}`) });
  printDay(result);
  return result;
}

/** NaN, which is no number of anything, when it is not a whole one. */
const whole = (given: string | undefined, usual: number): number =>
  given === undefined ? usual : /^\d{1,9}$/.test(given) ? Number(given) : Number.NaN;

function parse(argv: string[]) {
  return parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      only: { type: 'string' },
      count: { type: 'string' },
      kills: { type: 'string' },
      seed: { type: 'string' },
      texts: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
}
