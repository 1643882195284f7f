import { type Static, Type } from 'typebox';

/** The deadlines that run so far; a further one is a further name here and in every policy that uses it. */
export const deadlineNames = ['forward', 'receipt', 'sign', 'resolve'] as const;
export type DeadlineName = (typeof deadlineNames)[number];

const strict = { additionalProperties: false };

const Names = Type.Object({ en: Type.String({ minLength: 1 }), zh: Type.String({ minLength: 1 }) }, strict);

const ClockTime = Type.String({
  pattern: '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$',
  description: 'Wall-clock time of the zone, HH:MM; 24:00 is the end of the day.',
});

const Interval = Type.Object({ from: ClockTime, to: ClockTime }, strict);

const ClockDue = Type.Object(
  {
    by: Type.Literal('clock'),
    dayKind: Type.Enum(['calendar-days'], { description: 'Which days `dayOffset` counts: all of them, holidays too.' }),
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

const DurationDue = Type.Object(
  {
    by: Type.Literal('duration'),
    amount: Type.Integer({ minimum: 1, maximum: 400 }),
    unit: Type.Enum(['working-days']),
    countFrom: Type.Enum(['next-day'], { description: 'The day of the start is not counted.' }),
    endsAt: Type.Enum(['close-of-business'], {
      description: 'When the last day ends: the end of its last office hours.',
    }),
  },
  strict,
);

const Step = Type.Object(
  {
    step: Type.Integer({
      minimum: 0,
      maximum: 99,
      description: '0 is the reminder before dueAt, 1 at dueAt, later ones after it.',
    }),
    role: Type.String({ description: 'Key of `roles`.' }),
    offset: Type.Union(
      [
        Type.Object(
          { amount: Type.Integer({ minimum: -10_000, maximum: 10_000 }), unit: Type.Enum(['minutes', 'working-days']) },
          { ...strict, description: 'From dueAt; below zero before it.' },
        ),
        Type.Object({ clock: ClockTime }, { ...strict, description: 'A time on the day that dueAt ends.' }),
      ],
      { description: 'When the step is taken.' },
    ),
    hours: Type.Enum(['always', 'office'], {
      description: 'office: what falls outside office hours waits for the next opening.',
    }),
  },
  strict,
);

const deadline = {
  starts: Type.Enum(['received', 'assigned']),
  due: Type.Union([ClockDue, DurationDue]),
  ladder: Type.Array(Step, { minItems: 1 }),
};
const Deadline = Type.Object(deadline, strict);
const ReceiptDeadline = Type.Object(
  {
    ...deadline,
    assessAt: Type.String({
      ...ClockTime,
      description: 'When, on the day it is due, a receipt still undecided says "being assessed".',
    }),
  },
  strict,
);

/** A city's rules of time: versioned data. All times of day are the zone's. */
export const PolicySchema = Type.Object(
  {
    code: Type.String({ pattern: '^[a-z][a-z0-9-]*$' }),
    version: Type.Integer({ minimum: 1 }),
    names: Names,
    zone: Type.String({ description: 'Time zone of the IANA database.' }),
    officeHours: Type.Array(Interval, { minItems: 1, description: 'Of every workday, in order.' }),
    lookBackDays: Type.Integer({
      minimum: 0,
      description: 'What its adapter delivers later than this was late by the adapter.',
    }),
    quietHours: Type.Object(
      { ...Interval.properties },
      { ...strict, description: 'Citizens get no messages; may pass midnight.' },
    ),
    returns: Type.Object(
      { atMost: Type.Integer({ minimum: 0, description: 'Returns of one appeal before the ruling is final.' }) },
      strict,
    ),
    roles: Type.Record(Type.String(), Names),
    deadlines: Type.Object({ forward: Deadline, receipt: ReceiptDeadline, sign: Deadline, resolve: Deadline }, strict),
  },
  strict,
);

export type Policy = Static<typeof PolicySchema>;
export type DeadlineRule = Static<typeof Deadline>;
export type ClockCase = Static<typeof ClockDue>['cases'][number];
export type LadderStep = Static<typeof Step>;
