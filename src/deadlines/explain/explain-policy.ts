import { deadlineNames } from '../deadline-names.ts';
import type { DeadlineRule, LadderStep, Policy } from '../policy.schema.ts';
import { commonTexts, fillText } from '../policy-texts.ts';
import { dueSentence } from './due-sentence.ts';
import { amountOf, deadlineWords, eventWords, type Said, textWords } from './words.ts';

/** A part of the explanation under its heading. */
export interface Section {
  title: Said;
  sentences: Said[];
}

/** What a policy says beside its deadlines. */
export function explainWork(policy: Policy): Section[] {
  return [
    { title: { zh: '说明', en: 'Notes' }, sentences: policy.notes },
    { title: { zh: '工作与服务', en: 'Work and service' }, sentences: workSentences(policy) },
  ];
}

function workSentences(policy: Policy): Said[] {
  const { officeHours, quietHours, lookBackDays, returns, signOff, followUp, roles, zone } = policy;
  const hours = officeHours.map(({ from, to }) => `${from}-${to}`);
  return [
    {
      zh: `每个工作日（含调休补班的周末）的工作时间为${hours.join('、')}；时间均为${zone}时区。`,
      en: `Office hours of every workday, make-up weekends included: ${hours.join(', ')}; all times are of ${zone}.`,
    },
    {
      zh: `${quietHours.from}至${quietHours.to}不向群众发送短信，但不因此超过回执时限。`,
      en: `No SMS to citizens from ${quietHours.from} to ${quietHours.to}, but never so that a receipt is late for it.`,
    },
    {
      zh: `渠道迟送超过${lookBackDays}日的来件照常受理，记为渠道迟送，只通知一次，不走催办阶梯。`,
      en: `A message that arrives more than ${lookBackDays} days late is taken, marked late by its adapter, and told once.`,
    },
    returns.atMost === 0
      ? { zh: '承办单位不得退单。', en: 'A department cannot return a case.' }
      : {
          zh: `同一诉求最多退单${returns.atMost}次，之后裁定，不得再退。`,
          en: `A case may be returned ${returns.atMost === 1 ? 'once' : `${returns.atMost} times`}; then the ruling is final.`,
        },
    signOff.length === 0
      ? { zh: '办理结果不设把关。', en: 'A result needs no sign-off.' }
      : {
          zh: `办理结果${signOff.length}级把关：${signOff.map(({ role }) => roles[role]?.zh).join(' → ')}。`,
          en: `A result is signed off on ${signOff.length} level${signOff.length === 1 ? '' : 's'}: ${signOff.map(({ role }) => roles[role]?.en).join(', then ')}.`,
        },
    followUpSentence(followUp.percent),
  ];
}

function followUpSentence(percent: number): Said {
  if (percent === 100) return { zh: '转办件全部回访。', en: 'Every forwarded case is followed up.' };
  if (percent === 0) return { zh: '不安排回访。', en: 'There is no follow-up.' };
  return { zh: `转办件抽样${percent}%回访。`, en: `A sample of ${percent}% of forwarded cases is followed up.` };
}

/** One section for each deadline that the policy sets. */
export function explainDeadlines(policy: Policy): (Section & { name: (typeof deadlineNames)[number] })[] {
  return deadlineNames.flatMap((name) => {
    const rule: DeadlineRule | undefined = policy.deadlines[name];
    if (!rule) return [];
    const { zh, en, promise } = deadlineWords[name];
    const starts = eventWords[rule.starts as keyof typeof eventWords];
    const begin = { zh: `${promise.zh}自${starts.zh}起算。`, en: `${promise.en} It runs from when ${starts.en}.` };
    const sentences = [
      begin,
      ...rule.due.map((due) => dueSentence(policy, due, rule.due.length === 1)),
      rule.suspendable
        ? {
            zh: '挂起期间停止计时，恢复后续计剩余时间。',
            en: 'It stands still while the case is suspended; what was left then goes on.',
          }
        : { zh: '挂起期间照常计时。', en: 'It runs on while the case is suspended.' },
      ...rule.ladder.map((step) => ladderSentence(policy, step)),
      ...(name === 'receipt' ? [assessSentence(policy.deadlines.receipt.assessAt)] : []),
    ];
    return [{ name, title: { zh, en: `${en} (${name})` }, sentences }];
  });
}

function assessSentence(at: string): Said {
  return {
    zh: `到期当日${at}仍未确定承办单位的，先告知“研判中”。`,
    en: `Where no department is known by ${at} of the day it is due, the citizen is told "being assessed".`,
  };
}

function ladderSentence({ roles }: Policy, { step, role, offset, hours }: LadderStep): Said {
  const who = roles[role] ?? { zh: role, en: role };
  const when = offsetWords(offset);
  const wait = hours === 'office' ? { zh: '（工作时间内）', en: ' (in office hours)' } : { zh: '', en: '' };
  if (step === 0)
    return { zh: `${when.zh}提醒${who.zh}${wait.zh}。`, en: `${when.en}: ${who.en} is reminded${wait.en}.` };
  return {
    zh: `${when.zh}未完成的，通知${who.zh}${wait.zh}。`,
    en: `${when.en}, when still not done: ${who.en} is told${wait.en}.`,
  };
}

function offsetWords(offset: LadderStep['offset']): Said {
  if ('clock' in offset) return { zh: `到期当日${offset.clock}`, en: `At ${offset.clock} of the day it is due` };
  if (offset.amount === 0) return { zh: '到期时', en: 'When it is due' };
  const size = Math.abs(offset.amount);
  const { zh, en } =
    offset.unit === 'minutes' && size % 60 === 0 ? amountOf(size / 60, 'hours') : amountOf(size, offset.unit);
  return offset.amount < 0
    ? { zh: `到期前${zh}`, en: `${en} before it is due` }
    : { zh: `到期后${zh}`, en: `${en} after it was due` };
}

const SAMPLE = {
  number: '202611240001238',
  department: '市住房和城乡建设局',
  dueAt: '2026-12-01 17:00',
  text: '（答复或理由）',
  target: '202611200000451',
  code: 'K7M2Q9XD',
  since: '2026-11-24 10:00',
};

/** Every message to citizens as it would arrive, with made-up particulars. */
export function sampleTexts({ texts }: Policy): (Said & { text: string })[] {
  const { prefix, closing, provisional, ...told } = { ...commonTexts, ...texts };
  const message = (sentence: string): string => fillText(prefix + sentence + closing, SAMPLE);
  return [
    ...(Object.keys(textWords) as (keyof typeof textWords)[]).map((name) => ({
      ...textWords[name],
      text: message(told[name]),
    })),
    { zh: '已转办（暂定日期）', en: 'forwarded, the date provisional', text: message(told.forwarded + provisional) },
  ];
}
