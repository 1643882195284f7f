import type { Client } from './client.ts';
import { ImportError } from './map.ts';

const STEP = 15 * 60_000;

/** The service's business clock, moved by the import. */
export interface SimulatedTime {
  now: number;
  /** Moves on to an instant; answers when nothing due is left. Never goes back. */
  moveTo: (instant: number) => Promise<void>;
}

/** @returns the business clock's mode and instant; undefined when the service shows none (production). */
export async function readClock(client: Client): Promise<{ mode: string; now: number } | undefined> {
  const answer = await client.send('GET', '/v1/dev/clock');
  if (answer.status === 404) return undefined;
  const clock = answer.body as { mode?: string; now?: string } | undefined;
  const now = Date.parse(clock?.now ?? '');
  if (answer.status !== 200 || clock?.mode === undefined || Number.isNaN(now)) {
    throw new ImportError(
      `The service's clock cannot be read (GET /v1/dev/clock answers ${answer.status}); the key needs the scope \`operations\`.`,
    );
  }
  return { mode: clock.mode, now };
}

/** The service's business now, as far as this key may see it; otherwise the machine's. */
export async function readNow(client: Client): Promise<number> {
  const { status, body } = await client.send('GET', '/v1/dev/clock');
  const now = status === 200 ? Date.parse((body as { now?: string } | undefined)?.now ?? '') : Number.NaN;
  return Number.isNaN(now) ? Date.now() : now;
}

/** @throws ImportError when the service does not run in simulated time. */
export async function takeClock(client: Client): Promise<SimulatedTime> {
  const clock = await readClock(client);
  if (clock?.mode !== 'simulated') {
    throw new ImportError(
      '--over needs a service in simulated time: start it with CLOCK=simulated (not in production).',
    );
  }
  const time: SimulatedTime = {
    now: clock.now,
    async moveTo(instant) {
      if (instant <= time.now) return;
      const set = new Date(instant).toISOString();
      let answer = await client.send('POST', '/v1/dev/clock', { set });
      while (answer.status === 409) {
        // The move of an interrupted import may still be under way; then the clock is read until it has arrived.
        const at = await readClock(client);
        if (at && at.now >= instant) break;
        answer = await client.send('POST', '/v1/dev/clock', { set });
        if (answer.status === 409) await client.pause();
      }
      if (answer.status !== 200 && answer.status !== 409)
        throw new ImportError(`The clock cannot be moved to ${set}: answer ${answer.status}.`);
      time.now = instant;
    },
  };
  return time;
}

/** Rows that are posted together: none later than a quarter of an hour after the first. */
export function* stretches<T extends { at: number | undefined }>(rows: readonly T[]): Generator<T[]> {
  let stretch: T[] = [];
  for (const row of rows) {
    const first = stretch[0];
    if (first && (row.at ?? 0) - (first.at ?? 0) > STEP) {
      yield stretch;
      stretch = [];
    }
    stretch.push(row);
  }
  if (stretch.length > 0) yield stretch;
}
