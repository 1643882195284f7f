import { MINUTE_MS } from './civil-date.ts';
import type { RunningDue } from './due-rule.schema.ts';
import type { Basis } from './office-hours.ts';
import type { Target } from './target.ts';
import { addWorkingMs, workingMsBetween } from './working-time.ts';

interface Reached {
  at: Date;
  provisional: boolean;
}

/** How the time of a unit passes, in milliseconds of that time. */
interface Running {
  add(from: Date, ms: number): Reached;
  between(from: Date, to: Date): number;
}

const wallTime: Running = {
  add: (from, ms) => ({ at: new Date(from.getTime() + ms), provisional: false }),
  between: (from, to) => to.getTime() - from.getTime(),
};

const workingTime = (basis: Basis): Running => ({
  add: (from, ms) => addWorkingMs(basis, from, ms),
  between: (from, to) => workingMsBetween(basis, from, to),
});

/** A limit in minutes, hours or working minutes: it runs from the very moment (Civil Code, art. 201). */
export function runningTarget(basis: Basis, { amount, unit }: RunningDue, start: Date): Target {
  const time = unit === 'working-minutes' ? workingTime(basis) : wallTime;
  const unitMs = unit === 'hours' ? 60 * MINUTE_MS : MINUTE_MS;

  function endingAt({ at, provisional }: Reached): Target {
    const moved = (next: Reached): Target => endingAt({ at: next.at, provisional: provisional || next.provisional });
    return {
      dueAt: at,
      provisional,
      pause: (from, to) => moved(time.add(to, time.between(from, at))),
      extend: (more) => moved(time.add(at, more * unitMs)),
    };
  }

  return endingAt(time.add(start, amount * unitMs));
}
