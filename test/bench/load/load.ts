import path from 'node:path';
import { output } from '../../support/processes.ts';
import type { LoadOptions, LoadResult } from './generator.ts';

let numbered = 0;
/** More than any one run posts. */
const NUMBERS_PER_RUN = 2_000_000;

/** Posts messages from a process of its own. @throws Error when any answer was not a 2xx: such figures are void. */
export async function load(options: Omit<LoadOptions, 'from' | 'warmSeconds'>): Promise<LoadResult> {
  numbered += NUMBERS_PER_RUN;
  const full: LoadOptions = { ...options, warmSeconds: 1, from: numbered };
  const line = await output(process.execPath, [path.join(import.meta.dirname, 'generator.js'), JSON.stringify(full)]);
  const result = JSON.parse(line) as LoadResult;
  if (result.refused > 0) throw new Error(`${result.refused} requests were not answered with 2xx`);
  return result;
}
