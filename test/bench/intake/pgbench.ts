import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { output } from '../../support/processes.ts';

export interface PgbenchResult {
  perSecond: number;
  /** Transactions committed over the whole run. */
  committed: number;
}

export const hasPgbench = (): boolean => spawnSync('pgbench', ['--version']).status === 0;

let runs = 0;

/** Runs a script in prepared mode, one transaction after another on each of `clients` connections. */
export async function pgbench(
  databaseUrl: string,
  script: string,
  clients: number,
  seconds: number,
): Promise<PgbenchResult> {
  const url = new URL(databaseUrl);
  const args = [
    '--no-vacuum',
    `--file=${script}`,
    '--protocol=prepared',
    `--client=${clients}`,
    `--jobs=${Math.min(clients, cpus().length)}`,
    `--time=${seconds}`,
    // Each run counts on from far beyond the last, so that ids neither meet nor go back.
    `--define=k=${runs++ * 1_000_000}`,
  ];
  const text = await output('pgbench', args, {
    PGHOST: url.hostname,
    PGPORT: url.port,
    PGUSER: url.username,
    PGPASSWORD: decodeURIComponent(url.password),
    PGDATABASE: url.pathname.slice(1),
  });
  const perSecond = Number(/^tps = ([\d.]+)/m.exec(text)?.[1]);
  const committed = Number(/^number of transactions actually processed: (\d+)/m.exec(text)?.[1]);
  if (!perSecond || !committed || !/^number of failed transactions: 0 /m.test(text))
    throw new Error(`pgbench did not run through: ${text.slice(-300)}`);
  return { perSecond, committed };
}
