import { eq, sql } from 'drizzle-orm';
import type { Agenda } from '../agenda/agenda.ts';
import type { Database } from '../database/database.ts';
import { ProblemError } from '../problem.ts';
import { instance } from './clock.table.ts';
import type { Clock } from './clock.ts';

const ADVANCE_LOCK = 7_160_012_346;
const MINUTE = 60_000;

/** Simulated time is one row in PostgreSQL, so that every process agrees; it stands still until it is moved. */
export function createSimulatedClock(db: Database): Clock {
  return { mode: 'simulated', now: () => readNow(db) };
}

async function readNow(db: Database): Promise<Date> {
  const [row] = await db.select({ now: instance.simulatedNow }).from(instance);
  if (!row?.now) throw new Error('The simulated clock has no time yet.');
  return row.now;
}

export interface ClockDriver {
  /** @throws ProblemError 409 when time would go back after the first message, or while another move is under way. */
  moveTo(target: Date): Promise<Date>;
}

interface DriverDeps {
  db: Database;
  agenda: Agenda;
  /** Whether records depend on the time already (then it cannot go back). */
  hasRecords: () => Promise<boolean>;
  /** Wakes the workers for every kind that has due items. */
  wake: (now: Date) => Promise<void>;
  /** How long nothing may be settled before we give up waiting, in machine milliseconds. */
  stallAfter: number;
}

/** Machine milliseconds between two looks: most of what is due takes several steps, one after the other. */
const LONGEST_PAUSE = 8;

/**
 * Moves simulated time from due instant to due instant: what falls within one minute is worked off together, and empty
 * stretches cost nothing. Returns when nothing due is left.
 */
export function createClockDriver(deps: DriverDeps): ClockDriver {
  const { db, agenda } = deps;

  async function moveTo(target: Date): Promise<Date> {
    const client = await db.$client.connect();
    try {
      const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [
        ADVANCE_LOCK,
      ]);
      if (!rows[0]?.locked) throw clockConflict('Another move of the clock is under way.', '时钟正在调整中。');
      try {
        return await advance(target);
      } finally {
        await client.query('select pg_advisory_unlock($1)', [ADVANCE_LOCK]);
      }
    } finally {
      client.release();
    }
  }

  async function advance(target: Date): Promise<Date> {
    let now = await readNow(db);
    if (target < now) {
      if (await deps.hasRecords())
        throw clockConflict('Time cannot go back once there are messages.', '已有来件，时钟不能后退。');
      await setNow(target);
      return target;
    }
    await drain(now);
    while (now < target) {
      now = (await nextInstant(now, target)) ?? target;
      await setNow(now);
      await drain(now);
    }
    return now;
  }

  /** The last due instant within the minute of the next one, so that nothing due by the full minute is late by ours. */
  async function nextInstant(now: Date, target: Date): Promise<Date | undefined> {
    const first = await agenda.nextRunAt(now);
    if (!first || first > target) return undefined;
    const minuteEnd = new Date(Math.min(Math.floor(first.getTime() / MINUTE) * MINUTE + MINUTE - 1, target.getTime()));
    return await agenda.lastRunAt(first, minuteEnd);
  }

  async function setNow(now: Date): Promise<void> {
    await db.update(instance).set({ simulatedNow: now }).where(eq(instance.id, true));
  }

  async function drain(now: Date): Promise<void> {
    let left = Number.POSITIVE_INFINITY;
    let since = Date.now();
    for (let pause = 1; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      const due = await agenda.countDue(now);
      if (due === 0) return;
      if (due < left) since = Date.now();
      left = due;
      if (Date.now() - since > deps.stallAfter) {
        throw new ProblemError(
          'busy',
          {
            en: `${due} due items are not being worked off: is a worker running?`,
            zh: '到期事项未被处理，请检查处理进程。',
          },
          { retryAfter: 5 },
        );
      }
      await deps.wake(now);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  return { moveTo };
}

function clockConflict(en: string, zh: string): ProblemError {
  return new ProblemError('clock-conflict', { en, zh });
}

/** First start: remembers the clock mode with the data. Later: refuses another mode, because due times depend on it. */
export async function settleClockMode(
  db: Database,
  mode: Clock['mode'],
  keyCheck: string,
  machineNow: Date,
): Promise<{ keyCheck: string }> {
  await db.execute(sql`insert into instance (id, clock_mode, simulated_now, key_check)
    values (true, ${mode}, ${mode === 'simulated' ? machineNow.toISOString() : null}, ${keyCheck}) on conflict do nothing`);
  const [row] = await db.select().from(instance);
  if (!row) throw new Error('The instance row is missing.');
  if (row.clockMode !== mode) {
    throw new ClockModeError(
      `This database was filled with CLOCK=${row.clockMode}: set CLOCK=${row.clockMode}, or use another DATA_DIR or DATABASE_URL.`,
    );
  }
  return { keyCheck: row.keyCheck };
}

export class ClockModeError extends Error {
  override name = 'ClockModeError';
}
