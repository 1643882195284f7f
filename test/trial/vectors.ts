import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Outcome, Trial } from './trial.ts';

interface Row {
  samples: number;
  asExpected: number;
  justified: number;
  wrong: number;
}

/** Runs every protocol's samples and prints a table, each justified exception, and each sample that came out wrong. */
export async function runVectors(
  folder: string,
  trials: Readonly<Record<string, () => Promise<{ trial: Trial }>>>,
  only: string | undefined,
): Promise<{ ok: boolean; protocols: Record<string, Row>; wrong: Outcome[] }> {
  const protocols: Record<string, Row> = {};
  const wrong: Outcome[] = [];
  const exceptions: [protocol: string, Outcome][] = [];
  for (const [name, load] of Object.entries(trials)) {
    const samples = path.join(folder, name);
    if ((only !== undefined && only !== name) || !existsSync(samples)) continue;
    console.error(`trial: ${name} …`);
    const { trial } = await load();
    const outcomes = await trial(samples);
    const failed = outcomes.filter(({ ok }) => !ok);
    const justified = outcomes.filter(({ ok, exception }) => ok && exception !== undefined);
    wrong.push(...failed);
    for (const outcome of justified) exceptions.push([name, outcome]);
    protocols[name] = {
      samples: outcomes.length,
      asExpected: outcomes.length - failed.length - justified.length,
      justified: justified.length,
      wrong: failed.length,
    };
  }
  console.table(protocols);
  for (const [name, { sample, exception }] of exceptions) console.log(`justified  ${name} ${sample}: ${exception}`);
  for (const { sample, expected, got } of wrong)
    console.log(`WRONG      ${sample}\n  expected ${expected}\n  got      ${got}`);
  return { ok: wrong.length === 0 && Object.keys(protocols).length > 0, protocols, wrong };
}
