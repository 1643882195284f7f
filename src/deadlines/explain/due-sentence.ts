import type { ClockDue, DaysDue, DueRule, ExtensionRule, RuleSource, RunningDue } from '../due-rule.schema.ts';
import type { Policy } from '../policy.schema.ts';
import { conditionOf } from './condition.ts';
import { amountOf, type Said, type Unit } from './words.ts';

/** A due rule as a sentence: for whom, how long, and where it comes from. */
export function dueSentence(policy: Policy, rule: DueRule, isOnly: boolean): Said {
  const who = conditionOf(rule.when, isOnly);
  const limit = limitOf(policy, rule);
  const extension = rule.by === 'none' || !rule.extension ? undefined : extensionOf(policy, rule, rule.extension);
  const note = rule.note ?? { zh: '', en: '' };
  const source = sourceOf(rule.source);
  return {
    zh: `${who.zh}：${limit.zh}${extension?.zh ?? ''}${note.zh}${source.zh}`,
    en: [`${who.en}: ${limit.en}`, extension?.en, note.en, source.en].filter(Boolean).join(' '),
  };
}

function limitOf(policy: Policy, rule: DueRule): Said {
  if (rule.by === 'none') return { zh: '无此项时限。', en: 'no such limit.' };
  if (rule.by === 'clock') return byClock(rule);
  if (rule.unit === 'working-days' || rule.unit === 'calendar-days') return inDays(policy, rule);
  return running(rule);
}

function byClock({ cases, dayKind }: ClockDue): Said {
  const working = dayKind === 'working-days';
  const parts = cases.map(({ startedBefore, dayOffset, at }, index): Said => {
    const earlier = cases[index - 1]?.startedBefore;
    const day = dayWords(dayOffset, working);
    const begins = startedBefore ?? earlier;
    if (begins === undefined) return { zh: `${day.zh}${at}前`, en: `by ${at} ${day.en}` };
    return startedBefore === undefined
      ? { zh: `${begins}及以后起算的，${day.zh}${at}前`, en: `from ${begins} on, by ${at} ${day.en}` }
      : { zh: `${begins}前起算的，${day.zh}${at}前`, en: `when it starts before ${begins}, by ${at} ${day.en}` };
  });
  return {
    zh: `${parts.map((part) => part.zh).join('；')}${working ? '。休息日起算的，视为下一工作日开始时起算。' : '，节假日照常。'}`,
    en: `${parts.map((part) => part.en).join('; ')}${
      working
        ? '. What starts on a day off counts as started when the next workday begins.'
        : ', every day of the year.'
    }`,
  };
}

function dayWords(offset: number, working: boolean): Said {
  if (offset === 0) return working ? { zh: '当日', en: 'the same workday' } : { zh: '当日', en: 'the same day' };
  if (offset === 1) return working ? { zh: '次一工作日', en: 'the next workday' } : { zh: '次日', en: 'the next day' };
  const { zh, en } = amountOf(offset, working ? 'working-days' : 'calendar-days');
  return { zh: `${zh}后`, en: `${en} later` };
}

function running({ amount, unit }: RunningDue): Said {
  const { zh, en } = amountOf(amount, unit);
  return unit === 'working-minutes'
    ? {
        zh: `${zh}内，只计工作时间；工作时间外起算的，自下次上班时起算。`,
        en: `within ${en}; only office hours count, and what starts outside them starts when they next open.`,
      }
    : { zh: `${zh}内，夜间和节假日照常计时。`, en: `within ${en}, through nights and holidays.` };
}

function inDays({ officeHours }: Policy, rule: DaysDue): Said {
  const { zh, en } = amountOf(rule.amount, rule.unit);
  const close = officeHours.at(-1)?.to;
  const end = {
    'end-of-day': { zh: '最后一日24:00止', en: 'the last day ends at 24:00' },
    'close-of-business': {
      zh: `最后一日下班时（${close}）止`,
      en: `the last day ends at close of business (${close})`,
    },
    'same-time': { zh: '至最后一日的同一时刻止', en: 'it ends at the same time of the last day' },
  }[rule.endsAt];
  const first =
    rule.countFrom === 'next-day'
      ? { zh: '起算当日不计入', en: 'the day of the start is not counted' }
      : { zh: '起算当日为第一日（已结束的自次日计）', en: 'the day of the start is the first, unless it is over' };
  const roll = rule.unit === 'working-days' ? { zh: '', en: '' } : rollWords(rule.roll);
  return {
    zh: `${zh}内${rule.unit === 'calendar-days' ? '（自然日）' : ''}，${first.zh}，${end.zh}${roll.zh}。`,
    en: `within ${en}; ${first.en}, ${end.en}${roll.en}.`,
  };
}

function rollWords(roll: 'none' | 'next-workday'): Said {
  return roll === 'none'
    ? { zh: '，休息日不顺延', en: ', also when it is a day off' }
    : { zh: '，遇休息日顺延至次一工作日', en: ', and a day off gives way to the next workday' };
}

function extensionOf(
  { roles }: Policy,
  rule: DueRule,
  { times, amount, cap, approvedBy, source }: ExtensionRule,
): Said {
  const unit: Unit = rule.by === 'duration' ? rule.unit : rule.by === 'clock' ? rule.dayKind : 'calendar-days';
  const [more, most] = [amountOf(amount, unit), amountOf(cap, unit)];
  const role = roles[approvedBy];
  const from = sourceOf(source);
  return {
    zh: `到期前可申请延期${times}次，每次最多${more.zh}，自起算总计不超过${most.zh}，由${role?.zh}批准（${from.zh.replace(/。$/, '')}）。`,
    en:
      `Before it expires it may be extended ${times === 1 ? 'once' : `${times} times`}, by ${more.en} at most, never ` +
      `beyond ${most.en} from the start; approved by: ${role?.en} (${from.en.replace(/\.$/, '')}).`,
  };
}

/** Where a rule comes from, as a sentence. */
export function sourceOf({ kind, text }: RuleSource): Said {
  if (kind === 'ours' || !text) return { zh: '依据：本系统建议值。', en: 'Source: ours.' };
  return { zh: `依据：${text.zh}。`, en: `Source: ${text.en}.` };
}
