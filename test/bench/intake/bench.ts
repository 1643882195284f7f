import { cpus, loadavg } from 'node:os';
import { load } from '../load/load.ts';
import { machine, median, type Report, type Row, rounded, say } from '../report.ts';
import { hasPgbench, pgbench } from './pgbench.ts';
import { type Stage, setStage } from './stage.ts';

const CONNECTIONS = [32, 64, 128, 256];
const CLIENTS = [1, 2, 4, 8, 16, 32];
/** The whole country's 12345 at the six-fold surge of 2020 (design, targets). */
const NATION = 304;
const PATH = '/v1/channels/phone/messages';

interface Plan {
  sweep: number;
  round: number;
  rounds: number;
  latency: number;
}
/** Seconds of each part. */
const FULL: Plan = { sweep: 3, round: 4, rounds: 5, latency: 10 };
const QUICK: Plan = { sweep: 1, round: 2, rounds: 2, latency: 3 };

type Competitor = 'service' | 'pgbench' | 'pgbench writes only' | 'bare handler';

/** Durable intake over HTTP against pgbench with the same rows and against a bare handler, in turns on one server. */
export async function benchIntake({ quick }: { quick: boolean }): Promise<Report> {
  const plan = quick ? QUICK : FULL;
  say('starting PostgreSQL, the API and the bare handler …');
  const busy = loadavg()[0] ?? 0;
  const staged = setStage();
  // A signal during the set-up waits for it: half a stage would leave a PostgreSQL behind.
  let interrupted = false;
  const interrupt = (): void => {
    interrupted = true;
    void staged
      .then((stage) => stage.stop())
      .catch((error: unknown) => console.error(error))
      .finally(() => process.exit(130));
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const stage = await staged;
  try {
    const report = await measure(stage, plan);
    report.machine.loadBefore = Math.round(busy * 10) / 10;
    if (busy > cpus().length / 4)
      report.notes.push(
        `Other programs kept the machine busy (load ${report.machine.loadBefore} on ${cpus().length} cores before the start): the figures are too low and the ratios rough.`,
      );
    return report;
  } catch (error) {
    // Pulled from under the measurement on purpose: the interruption ends the process, not this error.
    if (interrupted) await new Promise<never>(() => undefined);
    throw error;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    await stage.stop();
  }
}

async function measure(stage: Stage, plan: Plan): Promise<Report> {
  const withPgbench = hasPgbench();
  const measured = (repeats: number) => (connections: number, seconds: number) =>
    load({ port: stage.api.port, path: PATH, key: stage.key, connections, seconds, repeats });
  const service = measured(0);
  const run: Record<Competitor, (width: number, seconds: number) => Promise<{ perSecond: number }>> = {
    service,
    pgbench: (clients, seconds) => pgbench(stage.pgbenchUrl, stage.scripts.whole, clients, seconds),
    'pgbench writes only': (clients, seconds) => pgbench(stage.pgbenchUrl, stage.scripts.writes, clients, seconds),
    'bare handler': (connections, seconds) =>
      load({ port: stage.bare.port, path: '/', key: 'none', connections, seconds, repeats: 0 }),
  };
  if (withPgbench) await sameRows(stage);

  const best = new Map<Competitor, number>();
  for (const name of Object.keys(run) as Competitor[]) {
    const isPgbench = name.startsWith('pgbench');
    if (isPgbench && !withPgbench) continue;
    const found = await bestOf(stage, isPgbench ? CLIENTS : CONNECTIONS, (width) => run[name](width, plan.sweep));
    say(
      `${name}: ${found.seen.map(([width, value]) => `${width}: ${Math.round(value)}`).join(', ')} /s; best at ${found.width}`,
    );
    best.set(name, found.width);
  }

  const rounds: Record<string, number>[] = [];
  const latencies: { p50: number; p99: number }[] = [];
  for (let at = 0; at < plan.rounds; at++) {
    const round: Record<string, number> = {};
    for (const [name, width] of best) {
      await stage.checkpoint();
      const result = await run[name](width, plan.round);
      round[name] = Math.round(result.perSecond);
      if (name === 'service') latencies.push(result as Awaited<ReturnType<typeof service>>);
    }
    rounds.push(round);
    say(`round ${at + 1} of ${plan.rounds}: ${JSON.stringify(round)}`);
  }

  const width = best.get('service') ?? 0;
  await stage.checkpoint();
  const repeated = await measured(0.1)(width, plan.round);
  say(`with 10 % repeats: ${Math.round(repeated.perSecond)} /s`);
  await stage.checkpoint();
  const steady = await load({
    port: stage.api.port,
    path: PATH,
    key: stage.key,
    connections: 128,
    seconds: plan.latency,
    repeats: 0,
    rate: NATION,
  });

  const of = (name: Competitor): number[] => rounds.flatMap((round) => round[name] ?? []);
  const ratio = (name: Competitor): number => median(rounds.map((round) => (round.service ?? 0) / (round[name] ?? 0)));
  const rows: Row[] = [
    ...(withPgbench ? [atLeastOne('intake ÷ pgbench, the same rows by the same SQL', ratio('pgbench'))] : []),
    atLeastOne('intake ÷ bare Fastify handler with one INSERT', ratio('bare handler')),
    ...(withPgbench ? [plain('intake ÷ pgbench without the reads', ratio('pgbench writes only'))] : []),
    ...[...best].map(([name, at]) =>
      plain(`${name} /s (median, ${at} ${name.startsWith('pgbench') ? 'clients' : 'connections'})`, median(of(name))),
    ),
    plain('intake with 10 % repeats /s', repeated.perSecond),
    plain('intake p50 ms at best throughput', median(latencies.map(({ p50 }) => p50))),
    plain('intake p99 ms at best throughput', median(latencies.map(({ p99 }) => p99))),
    plain(`intake p50 ms at ${NATION}/s`, steady.p50),
    plain(`intake p99 ms at ${NATION}/s`, steady.p99),
  ];
  return {
    rows,
    rounds,
    machine: { ...machine(), postgresql: stage.serverVersion },
    notes: withPgbench
      ? []
      : [
          'pgbench is not on PATH, so its row was not measured: it comes with the PostgreSQL server packages (Debian: postgresql).',
        ],
  };
}

const plain = (name: string, value: number): Row => ({ name, value: rounded(value) });
const atLeastOne = (name: string, value: number): Row => ({
  name,
  value: rounded(value),
  target: '≥ 1.0',
  reached: value >= 1,
});

async function bestOf(
  stage: Stage,
  widths: readonly number[],
  run: (width: number) => Promise<{ perSecond: number }>,
): Promise<{ width: number; seen: [number, number][] }> {
  const seen: [number, number][] = [];
  for (const width of widths) {
    await stage.checkpoint();
    seen.push([width, (await run(width)).perSecond]);
  }
  const [width] = seen.reduce((a, b) => (b[1] > a[1] ? b : a));
  return { width, seen };
}

/** Both must write the same rows into every table for one appeal, else the comparison is void. */
async function sameRows(stage: Stage): Promise<void> {
  const api = await perAppeal(stage, 'api', async () => {
    const options = { port: stage.api.port, path: PATH, key: stage.key, connections: 16, seconds: 1, repeats: 0 };
    return (await load(options)).accepted;
  });
  for (const script of [stage.scripts.whole, stage.scripts.writes]) {
    const other = await perAppeal(
      stage,
      'pgbench',
      async () => (await pgbench(stage.pgbenchUrl, script, 4, 1)).committed,
    );
    if (JSON.stringify(api) !== JSON.stringify(other))
      throw new Error(`pgbench writes other rows than the service: ${JSON.stringify({ api, pgbench: other })}`);
  }
  say(
    `rows per appeal, counted, the same for both: ${Object.entries(api)
      .map(([table, n]) => `${table} ${n}`)
      .join(', ')}`,
  );
}

async function perAppeal(
  stage: Stage,
  of: 'api' | 'pgbench',
  run: () => Promise<number>,
): Promise<Record<string, number>> {
  const before = await stage.countRows(of);
  const appeals = await run();
  const after = await stage.countRows(of);
  return Object.fromEntries(Object.entries(after).map(([table, n]) => [table, (n - (before[table] ?? 0)) / appeals]));
}
