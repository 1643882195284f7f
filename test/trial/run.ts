import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startServers } from '../support/servers.ts';
import t from '../support/tap.ts';
import { runHostile } from './hostile.ts';
import type { Trial } from './trial.ts';
import { runVectors } from './vectors.ts';

const USAGE = `Usage: npm run trial -- vectors DIR [--only NAME] [--json]
       npm run trial -- hostile [--count N] [--only NAME] [--json]
  vectors   sends every protocol sample under DIR (one folder a protocol) through the service, as its platform would
  hostile   N requests that mean harm (default 10,000), by turns of every protocol: what was answered, and the memory
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
  const count = Number(values.count);
  const isVectors = task === 'vectors' && folder !== undefined && existsSync(path.resolve(folder));
  if (!isVectors && !(task === 'hostile' && Number.isInteger(count) && count > 0)) {
    console.error(task === 'vectors' && folder !== undefined ? `${folder} is not there.` : USAGE);
    return 2;
  }
  // The cities of the tests report to tap, which would end a process that takes longer than a test may.
  t.setTimeout(0);
  const servers = await startServers();
  process.env.TEST_DATABASE_URL = servers.databaseUrl;
  try {
    const result = isVectors
      ? await runVectors(path.resolve(folder), trials, values.only)
      : await runHostile(count, values.only);
    if (values.json) console.log(JSON.stringify(result));
    return result.ok ? 0 : 1;
  } finally {
    await servers.stop();
  }
}

function parse(argv: string[]) {
  return parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      only: { type: 'string' },
      count: { type: 'string', default: '10000' },
      json: { type: 'boolean', default: false },
    },
  });
}
