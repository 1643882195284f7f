import { Value } from 'typebox/value';
import { isWithin, minutesOf } from './civil-date.ts';
import { type DeadlineRule, deadlineNames, type LadderStep, type Policy, PolicySchema } from './policy.schema.ts';
import { createZone } from './zone.ts';

/** @throws RangeError that tells every mistake when the document is no policy that can be run. */
export function readPolicy(document: unknown): Policy {
  const mistakes = checkPolicy(document);
  if (mistakes.length > 0) throw new RangeError(`The policy cannot be used: ${mistakes.join(' ')}`);
  return document as Policy;
}

/**
 * Everything that keeps a document from being a policy, one sentence each, beginning with the path (JSON Pointer) of the
 * mistake. First its form; what it says is looked at only when the form is right. Empty: it can be run.
 */
export function checkPolicy(document: unknown): string[] {
  if (!Value.Check(PolicySchema, document)) {
    return Value.Errors(PolicySchema, document).map((error) => `${error.instancePath || '/'} ${error.message}.`);
  }
  return [
    ...checkTimes(document),
    ...checkReceipt(document),
    ...deadlineNames.flatMap((name) => checkDeadline(document, name)),
  ];
}

function checkTimes({ zone, officeHours, quietHours }: Policy): string[] {
  const mistakes: string[] = [];
  try {
    createZone(zone);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    mistakes.push(`/zone ${error.message}`);
  }
  let end = -1;
  for (const [at, { from, to }] of officeHours.entries()) {
    if (minutesOf(to) <= minutesOf(from))
      mistakes.push(`/officeHours/${at} ends at ${to}, which is not after it begins at ${from}.`);
    if (minutesOf(from) <= end)
      mistakes.push(`/officeHours/${at} begins at ${from}, before the hours above it have ended.`);
    end = minutesOf(to);
  }
  if (minutesOf(quietHours.from) % 1440 === minutesOf(quietHours.to) % 1440)
    mistakes.push('/quietHours would begin and end at the same time.');
  return mistakes;
}

/** "Being assessed" must come after the last reminder, outside quiet hours, and before every time a receipt can be due. */
function checkReceipt({ deadlines: { receipt }, quietHours }: Policy): string[] {
  const path = '/deadlines/receipt/assessAt';
  const at = minutesOf(receipt.assessAt);
  const mistakes: string[] = [];
  if (isWithin(at, minutesOf(quietHours.from), minutesOf(quietHours.to)))
    mistakes.push(`${path} ${receipt.assessAt} lies in quiet hours.`);
  for (const { step, offset } of receipt.ladder) {
    if (step === 0 && 'clock' in offset && minutesOf(offset.clock) > at)
      mistakes.push(`${path} ${receipt.assessAt} is before the last reminder at ${offset.clock}.`);
  }
  const cases = receipt.due.by === 'clock' ? receipt.due.cases : [];
  for (const due of cases)
    if (minutesOf(due.at) <= at)
      mistakes.push(`${path} ${receipt.assessAt} is not before ${due.at}, when a receipt is due.`);
  return mistakes;
}

function checkDeadline(policy: Policy, name: (typeof deadlineNames)[number]): string[] {
  const rule = policy.deadlines[name];
  return [...checkCases(rule, `/deadlines/${name}/due`), ...checkLadder(policy, rule, `/deadlines/${name}/ladder`)];
}

/** Nothing may be due before it starts, nor earlier than what started earlier. */
function checkCases({ due }: DeadlineRule, path: string): string[] {
  if (due.by !== 'clock') return [];
  const mistakes: string[] = [];
  let [latestStart, latestDue] = [-1, -1];
  for (const [at, { startedBefore, dayOffset, at: time }] of due.cases.entries()) {
    const place = `${path}/cases/${at}`;
    const isLast = at === due.cases.length - 1;
    if (isLast && startedBefore !== undefined)
      mistakes.push(`${place} has startedBefore, but the last case must take every start.`);
    if (!isLast && startedBefore === undefined)
      mistakes.push(`${place} has no startedBefore, so the cases below it are never reached.`);
    const start = startedBefore === undefined ? 1440 : minutesOf(startedBefore);
    const dueAt = dayOffset * 1440 + minutesOf(time);
    if (start <= latestStart) mistakes.push(`${place} covers no time: its startedBefore is not after the case above.`);
    if (dueAt < start) mistakes.push(`${place} can be due before it starts.`);
    if (dueAt < latestDue) mistakes.push(`${place} is due before the case above, although it starts later.`);
    [latestStart, latestDue] = [start, dueAt];
  }
  return mistakes;
}

function checkLadder(policy: Policy, { ladder }: DeadlineRule, path: string): string[] {
  return ladder.flatMap((step, at) => {
    const mistakes: string[] = [];
    const place = `${path}/${at}`;
    if (!(step.role in policy.roles)) mistakes.push(`${place}/role '${step.role}' is not one of /roles.`);
    if (step.step <= (ladder[at - 1]?.step ?? -1))
      mistakes.push(`${place}/step ${step.step} is not above the step before it.`);
    if (!isTimely(step))
      mistakes.push(
        `${place}/offset does not fit step ${step.step}: 0 lies before dueAt, 1 at dueAt, later ones after it.`,
      );
    return mistakes;
  });
}

function isTimely({ step, offset }: LadderStep): boolean {
  if ('clock' in offset) return step === 0;
  return Math.sign(offset.amount) === Math.sign(step - 1);
}
