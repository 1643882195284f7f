import { fieldProblem, type ProblemError } from '../platform/problem.ts';
import type { CallEvent } from './call-event.ts';

/** Clocks of call centres differ by a little; more than this is a mistake. Business milliseconds. */
const FUTURE_MS = 5 * 60_000;
/** Switches write the parts of one call with different clocks; more disorder than this is no call. */
const DISORDER_MS = 60_000;
const EARLIEST = Date.UTC(2000, 0, 1);
const DAY_MS = 86_400_000;

const times = ['startedAt', 'queuedAt', 'answeredAt', 'endedAt'] as const;

/** What is wrong with the times of an event, whose form is checked already. `at`: pointer to the event. */
export function checkTimes(event: CallEvent, at: string, now: Date): ProblemError | undefined {
  const latest = now.getTime() + FUTURE_MS;
  const dated = [
    ...times.map((name) => [name, event[name]] as const),
    ['sentAt', event.sentAt] as const,
    ...legTimes(event),
  ];
  for (const [name, text] of dated) {
    if (text === undefined) continue;
    const time = Date.parse(text);
    if (Number.isNaN(time) || time < EARLIEST)
      return fieldProblem(`${at}/${name}`, 'is before the year 2000', '早于 2000 年');
    if (time > latest)
      return fieldProblem(`${at}/${name}`, 'is more than 5 minutes in the future', '晚于当前时间 5 分钟以上');
  }
  const expiry = event.recordingExpiresAt === undefined ? undefined : Date.parse(event.recordingExpiresAt);
  if (expiry !== undefined && !(expiry >= EARLIEST && expiry <= latest + 3_650 * DAY_MS))
    return fieldProblem(`${at}/recordingExpiresAt`, 'is not within ten years', '不在十年之内');
  let before = Number.NEGATIVE_INFINITY;
  for (const name of times) {
    const text = event[name];
    if (text === undefined) continue;
    const time = Date.parse(text);
    if (time < before - DISORDER_MS)
      return fieldProblem(`${at}/${name}`, 'is before what it follows', '早于其前一时间');
    before = Math.max(before, time);
  }
  return undefined;
}

function legTimes({ legs = [] }: CallEvent): [string, string | undefined][] {
  return legs.flatMap((leg, at) =>
    (['startedAt', 'answeredAt', 'endedAt'] as const).map((name): [string, string | undefined] => [
      `legs/${at}/${name}`,
      leg[name],
    ]),
  );
}
