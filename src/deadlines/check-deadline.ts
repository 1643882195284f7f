import type { Mistake } from './check-form.ts';
import { minutesOf } from './civil-date.ts';
import type { DeadlineName } from './deadline-names.ts';
import type { ClockDue, DueRule, ExtensionRule, RuleSource } from './due-rule.schema.ts';
import type { DeadlineRule, LadderStep, Policy } from './policy.schema.ts';

/** Mistakes in what a policy says about one deadline; none when it says nothing. */
export function checkDeadline(policy: Policy, name: DeadlineName): Mistake[] {
  const rule: DeadlineRule | undefined = policy.deadlines[name];
  if (!rule) return [];
  const at = `/deadlines/${name}`;
  return [
    ...checkConditions(rule, at),
    ...rule.due.flatMap((due, index) => checkDue(policy, due, `${at}/due/${index}`)),
    ...checkLadder(policy, rule, `${at}/ladder`),
  ];
}

/** Every appeal must find a rule, and every rule an appeal. */
function checkConditions({ due }: DeadlineRule, at: string): Mistake[] {
  return due.flatMap(({ when }, index) => {
    const isLast = index === due.length - 1;
    const pointer = `${at}/due/${index}`;
    if (isLast && when)
      return [
        {
          pointer: `${pointer}/when`,
          detail: 'The last rule must take every other appeal: it has no when.',
          detailZh: '最后一条规则须适用于其余全部诉求，不得设when。',
        },
      ];
    if (!isLast && !when)
      return [
        {
          pointer,
          detail: 'It has no when, so the rules below it are never reached.',
          detailZh: '未设when，其后的规则永远不会适用。',
        },
      ];
    return [];
  });
}

function checkDue(policy: Policy, due: DueRule, at: string): Mistake[] {
  const mistakes = checkSource(due.source, `${at}/source`);
  if (due.by === 'none') return mistakes;
  if (due.by === 'clock') mistakes.push(...checkCases(due, at));
  if (due.by === 'duration' && due.countFrom === 'same-day' && due.endsAt === 'same-time')
    mistakes.push({
      pointer: `${at}/endsAt`,
      detail: 'same-time needs countFrom next-day: it would be due as it starts.',
      detailZh: 'same-time须与countFrom next-day同用，否则起算时即到期。',
    });
  if (due.by === 'duration' && due.unit === 'calendar-days' && due.endsAt === 'same-time' && due.roll !== 'none')
    mistakes.push({
      pointer: `${at}/roll`,
      detail: 'A last day that ends at a time of its own cannot give way to another.',
      detailZh: '以同一时刻结束的最后一日不能顺延。',
    });
  if (due.extension) mistakes.push(...checkExtension(policy, due, due.extension, `${at}/extension`));
  return mistakes;
}

function checkSource({ kind, text }: RuleSource, pointer: string): Mistake[] {
  return kind !== 'ours' && !text
    ? [
        {
          pointer: `${pointer}/text`,
          detail: `Which ${kind === 'law' ? 'law' : 'rule of the city'} it is must be said.`,
          detailZh: `应写明是哪一${kind === 'law' ? '部法规' : '项城市规定'}。`,
        },
      ]
    : [];
}

function checkExtension(policy: Policy, due: DueRule, extension: ExtensionRule, at: string): Mistake[] {
  const mistakes = checkSource(extension.source, `${at}/source`);
  if (!(extension.approvedBy in policy.roles))
    mistakes.push({
      pointer: `${at}/approvedBy`,
      detail: `'${extension.approvedBy}' is not one of /roles.`,
      detailZh: `/roles中没有“${extension.approvedBy}”。`,
    });
  const longest =
    due.by === 'clock' ? Math.max(...due.cases.map((each) => each.dayOffset)) : 'amount' in due ? due.amount : 0;
  if (extension.cap <= longest)
    mistakes.push({
      pointer: `${at}/cap`,
      detail: `${extension.cap} leaves no room beyond the limit of ${longest}.`,
      detailZh: `上限${extension.cap}未超过时限${longest}，无从延期。`,
    });
  return mistakes;
}

/** Nothing may be due before it starts, nor earlier than what started earlier. */
function checkCases(due: ClockDue, at: string): Mistake[] {
  const mistakes: Mistake[] = [];
  let [latestStart, latestDue] = [-1, -1];
  for (const [index, { startedBefore, dayOffset, at: time }] of due.cases.entries()) {
    const tell = (detail: string, detailZh: string): number =>
      mistakes.push({ pointer: `${at}/cases/${index}`, detail, detailZh });
    const isLast = index === due.cases.length - 1;
    if (isLast && startedBefore !== undefined)
      tell(
        'The last case must take every start: it has no startedBefore.',
        '最后一种情形须适用于其余全部起算时刻，不得设startedBefore。',
      );
    if (!isLast && startedBefore === undefined)
      tell(
        'It has no startedBefore, so the cases below it are never reached.',
        '未设startedBefore，其后的情形永远不会适用。',
      );
    const start = startedBefore === undefined ? 1440 : minutesOf(startedBefore);
    const dueAt = dayOffset * 1440 + minutesOf(time);
    if (start <= latestStart)
      tell(
        'It covers no time: its startedBefore is not after that of the case above.',
        '不含任何时刻：startedBefore未晚于上一情形。',
      );
    if (dueAt < start) tell('It can be due before it starts.', '可能在起算之前到期。');
    if (dueAt < latestDue)
      tell('It is due before the case above, although it starts later.', '起算更晚却比上一情形更早到期。');
    [latestStart, latestDue] = [start, dueAt];
  }
  const [first] = due.cases;
  if (first && latestDue - 1440 > first.dayOffset * 1440 + minutesOf(first.at))
    mistakes.push({
      pointer: `${at}/cases/${due.cases.length - 1}`,
      detail: 'What starts just before midnight would be due later than what starts just after it.',
      detailZh: '午夜前起算的会比午夜后起算的更晚到期。',
    });
  return mistakes;
}

function checkLadder(policy: Policy, { ladder }: DeadlineRule, at: string): Mistake[] {
  return ladder.flatMap((step, index) => {
    const mistakes: Mistake[] = [];
    const pointer = `${at}/${index}`;
    if (!(step.role in policy.roles))
      mistakes.push({
        pointer: `${pointer}/role`,
        detail: `'${step.role}' is not one of /roles.`,
        detailZh: `/roles中没有“${step.role}”。`,
      });
    if (step.step <= (ladder[index - 1]?.step ?? -1))
      mistakes.push({
        pointer: `${pointer}/step`,
        detail: `${step.step} is not above the step before it.`,
        detailZh: `${step.step}未大于前一级。`,
      });
    if (!isTimely(step))
      mistakes.push({
        pointer: `${pointer}/offset`,
        detail: `It does not fit step ${step.step}: 0 lies before dueAt, 1 at dueAt, later ones after it.`,
        detailZh: `与第${step.step}级不符：0级在到期前，1级在到期时，其后各级在到期后。`,
      });
    return mistakes;
  });
}

function isTimely({ step, offset }: LadderStep): boolean {
  if ('clock' in offset) return step === 0;
  return Math.sign(offset.amount) === Math.sign(step - 1);
}
