import { DAY_MS, dateString, parseDate } from '../civil-date.ts';
import type { DeadlineName } from '../deadline-names.ts';
import type { DueRule } from '../due-rule.schema.ts';
import { lastDayOf } from '../ladder.ts';
import type { DeadlineRule } from '../policy.schema.ts';
import type { RuleSubject } from '../subject.ts';
import type { TimeRules } from '../time-rules.service.ts';
import type { Zone } from '../zone.ts';
import { conditionOf } from './condition.ts';
import type { Said } from './words.ts';

/** A moment at which rules show what they mean. Time of day in minutes. */
interface Moment extends Said {
  date: string;
  minutes: number;
}

/** Days of 2026, whose holidays are known, and the last day that is known. */
function tellingMoments(lastKnownYear: number): Moment[] {
  return [
    { date: '2026-11-24', minutes: 600, zh: '普通周二', en: 'a plain Tuesday' },
    { date: '2026-11-24', minutes: 1019, zh: '16:59', en: 'a minute before 17:00' },
    { date: '2026-11-24', minutes: 1020, zh: '17:00整', en: '17:00 exactly' },
    { date: '2026-11-27', minutes: 1230, zh: '周五晚', en: 'Friday evening' },
    { date: '2026-09-30', minutes: 960, zh: '国庆前一日', en: 'eve of National Day' },
    { date: '2026-02-14', minutes: 960, zh: '春节假期前一日', en: 'eve of Spring Festival' },
    { date: '2026-10-10', minutes: 600, zh: '补班周六', en: 'a make-up Saturday' },
    { date: `${lastKnownYear}-12-31`, minutes: 600, zh: '年末', en: 'year end' },
  ];
}

/** Due times of one deadline: a row for each moment, a column for each rule that sets a limit. */
export interface ExampleTable {
  columns: Said[];
  rows: { start: string; when: Said; dues: { text: string; provisional: boolean }[] }[];
}

export function examplesOf(rules: TimeRules, name: DeadlineName, lastKnownYear: number): ExampleTable {
  const deadline: DeadlineRule | undefined = rules.policy.deadlines[name];
  const shown = (deadline?.due ?? []).filter((rule) => rule.by !== 'none');
  const only = deadline?.due.length === 1;
  return {
    columns: shown.map((rule) => conditionOf(rule.when, only)),
    rows: tellingMoments(lastKnownYear).map(({ date, minutes, zh, en }) => {
      const start = rules.zone.instantOf(parseDate(date), minutes);
      return {
        start: shownInstant(start, rules.zone),
        when: { zh, en },
        dues: shown.map((rule) => {
          const due = rules.dueOf(name, start, likely(rule));
          return due
            ? { text: shownInstant(due.dueAt, rules.zone), provisional: due.provisional }
            : { text: '', provisional: false };
        }),
      };
    }),
  };
}

/** An appeal that the rule is for. */
function likely({ when }: DueRule): RuleSubject {
  return {
    source: '',
    nature: when?.nature?.[0] ?? null,
    category: when?.category?.[0] ?? null,
    urgency: when?.urgency?.[0] ?? 'normal',
    complexity: when?.complexity?.[0] ?? null,
  };
}

const WEEKDAYS = ['周日', '周一', '周二', '周三', '周四', '周五', '周六'];

/** `2026-11-24 周二 24:00`: midnight is the end of its day, as people say it. */
function shownInstant(instant: Date, zone: Zone): string {
  const day = lastDayOf(instant, zone);
  const minutes = day === zone.epochDay(instant) ? zone.minuteOfDay(instant) : 24 * 60;
  const weekday = WEEKDAYS[new Date(day * DAY_MS).getUTCDay()];
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${dateString(day)} ${weekday} ${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
