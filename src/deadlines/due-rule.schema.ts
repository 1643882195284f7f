import { type Static, Type } from 'typebox';
import { complexities, natures, urgencies } from '../appeals/nature.ts';

export const strict = { additionalProperties: false };

export const Names = Type.Object({ en: Type.String({ minLength: 1 }), zh: Type.String({ minLength: 1 }) }, strict);

export const CLOCK_TIME = '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$';

export const ClockTime = Type.String({
  pattern: CLOCK_TIME,
  description: 'Wall-clock time of the zone, HH:MM; 24:00 is the end of the day.',
});

const anyOf = <T extends string>(values: readonly T[]) =>
  Type.Array(Type.Enum([...values]), { minItems: 1, uniqueItems: true });

const When = Type.Object(
  {
    nature: Type.Optional(anyOf(natures)),
    urgency: Type.Optional(anyOf(urgencies)),
    complexity: Type.Optional(anyOf(complexities)),
    category: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1, uniqueItems: true })),
  },
  {
    ...strict,
    minProperties: 1,
    description:
      'For which appeals: one of the values in each thing that is asked. A value nobody has judged fits none.',
  },
);

/** Where a rule comes from: a law, the city's own published rule, or this project where both are silent. */
export const Source = Type.Object(
  {
    kind: Type.Enum(['law', 'city', 'ours']),
    text: Type.Optional({ ...Names, description: 'Which law or rule; needed for law and city.' }),
  },
  { ...strict, description: 'Where the rule comes from; ours: law and city are silent, the value is a suggestion.' },
);

const Extension = Type.Object(
  {
    times: Type.Integer({ minimum: 1, maximum: 12, description: 'How often it may be extended.' }),
    amount: Type.Integer({ minimum: 1, maximum: 10_000, description: 'Longest single extension.' }),
    cap: Type.Integer({
      minimum: 1,
      maximum: 10_000,
      description: 'The whole limit, measured from the start like the limit itself; no extension reaches beyond it.',
    }),
    approvedBy: Type.String({ description: 'Who approves: key of `roles`.' }),
    source: Source,
  },
  { ...strict, description: 'In the unit of the limit itself (延期); asked for before expiry only.' },
);

const common = {
  when: Type.Optional(When),
  extension: Type.Optional(Extension),
  source: Source,
  note: Type.Optional({ ...Names, description: 'Why the rule is as it is.' }),
};

const NoDue = Type.Object(
  { when: common.when, by: Type.Literal('none'), source: common.source, note: common.note },
  { ...strict, description: 'These appeals have no such deadline.' },
);

const ClockDue = Type.Object(
  {
    ...common,
    by: Type.Literal('clock'),
    dayKind: Type.Enum(['calendar-days', 'working-days'], {
      description:
        'Which days `dayOffset` counts: all of them, or those that are worked; what starts on a day off then counts as ' +
        'started when the next workday begins. Extensions and pauses count the same days.',
    }),
    cases: Type.Array(
      Type.Object(
        {
          startedBefore: Type.Optional(ClockTime),
          dayOffset: Type.Integer({ minimum: 0, maximum: 400, description: 'Days after the day of the start.' }),
          at: ClockTime,
        },
        strict,
      ),
      {
        minItems: 1,
        description: 'The first case that fits. `startedBefore` excludes its own instant; the last case has none.',
      },
    ),
  },
  strict,
);

const amount = Type.Integer({ minimum: 1, maximum: 10_000 });

const RunningDue = Type.Object(
  {
    ...common,
    by: Type.Literal('duration'),
    amount,
    unit: Type.Enum(['minutes', 'hours', 'working-minutes'], {
      description:
        'Minutes and hours run on through nights and holidays (Civil Code, art. 201); working minutes in office hours only.',
    }),
    countFrom: Type.Literal('moment', { description: 'From the very moment.' }),
  },
  strict,
);

const dayCount = {
  ...common,
  by: Type.Literal('duration'),
  amount,
  countFrom: Type.Enum(['same-day', 'next-day'], {
    description:
      'next-day: the day of the start is not counted (Civil Code, art. 201). same-day: it is the first, unless it is over.',
  }),
  endsAt: Type.Enum(['end-of-day', 'close-of-business', 'same-time'], {
    description:
      'When the last day ends: at 24:00, at the end of its last office hours (Civil Code, art. 203), or at the time of day ' +
      'of the start (next-day only).',
  }),
};

const WorkingDaysDue = Type.Object({ ...dayCount, unit: Type.Literal('working-days') }, strict);

const CalendarDaysDue = Type.Object(
  {
    ...dayCount,
    unit: Type.Literal('calendar-days'),
    roll: Type.Enum(['none', 'next-workday'], {
      description: 'When the last day is a day off: it stays the last, or the next workday is (Civil Code, art. 203).',
    }),
  },
  strict,
);

/** The form of a rule by what it names: `by`, and the unit of a duration. */
export const dueForms = {
  none: NoDue,
  clock: ClockDue,
  duration: {
    minutes: RunningDue,
    hours: RunningDue,
    'working-minutes': RunningDue,
    'working-days': WorkingDaysDue,
    'calendar-days': CalendarDaysDue,
  },
} as const;

export const DueRuleSchema = Type.Union([NoDue, ClockDue, RunningDue, WorkingDaysDue, CalendarDaysDue]);

export type DueRule = Static<typeof DueRuleSchema>;
export type ClockDue = Static<typeof ClockDue>;
export type RunningDue = Static<typeof RunningDue>;
export type DaysDue = Static<typeof WorkingDaysDue> | Static<typeof CalendarDaysDue>;
export type ClockCase = ClockDue['cases'][number];
export type ExtensionRule = Static<typeof Extension>;
export type RuleSource = Static<typeof Source>;
