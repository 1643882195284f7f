/**
 * Business time: deadlines, quiet hours, retry schedules, statistics. Machine time (leases, time-outs, rate limits, key
 * expiry) is not read here but from the machine.
 */
export interface Clock {
  readonly mode: 'system' | 'simulated';
  now(): Promise<Date>;
}

export function createSystemClock(): Clock {
  return { mode: 'system', now: () => Promise.resolve(new Date()) };
}
