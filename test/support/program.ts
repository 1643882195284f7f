import { spawn } from 'node:child_process';
import path from 'node:path';
import { projectRoot } from '../../src/config.ts';
import type { City } from './city.ts';

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a command of the program on a city's database to its end; a start that succeeds never ends. */
export async function runProgram(
  city: Pick<City, 'dataDir' | 'url'>,
  args: string[],
  settings: Record<string, string> = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [path.join(projectRoot, 'dist/src/main.js'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      DATA_DIR: city.dataDir,
      DATABASE_URL: city.url,
      CLOCK: 'simulated',
      LOG_LEVEL: 'silent',
      ...settings,
    },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (piece) => (stdout += piece));
  child.stderr.on('data', (piece) => (stderr += piece));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, stdout, stderr };
}
