import { type Static, Type } from 'typebox';
import { type DeadlineName, type StartEvent, startEvents } from './deadline-names.ts';
import { ClockTime, DueRuleSchema, Names, strict } from './due-rule.schema.ts';
import { TextsSchema } from './policy-texts.ts';

const Interval = Type.Object({ from: ClockTime, to: ClockTime }, strict);

export const offsetForms = {
  amount: Type.Object(
    { amount: Type.Integer({ minimum: -10_000, maximum: 10_000 }), unit: Type.Enum(['minutes', 'working-days']) },
    { ...strict, description: 'From dueAt; below zero before it.' },
  ),
  clock: Type.Object({ clock: ClockTime }, { ...strict, description: 'A time on the day that dueAt ends.' }),
};

const Step = Type.Object(
  {
    step: Type.Integer({
      minimum: 0,
      maximum: 99,
      description: '0 is the reminder before dueAt, 1 at dueAt, later ones after it.',
    }),
    role: Type.String({ description: 'Key of `roles`.' }),
    offset: Type.Union([offsetForms.amount, offsetForms.clock], { description: 'When the step is taken.' }),
    hours: Type.Enum(['always', 'office'], {
      description: 'office: what falls outside office hours waits for the next opening.',
    }),
  },
  strict,
);

const fieldsOf = (name: DeadlineName) => ({
  starts: Type.Enum([...(startEvents[name] as readonly StartEvent[])], {
    description: 'The event from which it runs.',
  }),
  due: Type.Array(DueRuleSchema, {
    minItems: 1,
    description: 'The first whose `when` fits the appeal. The last has no `when`: it takes every other appeal.',
  }),
  suspendable: Type.Boolean({ description: 'Whether its time stands still while the appeal is suspended (挂起).' }),
  ladder: Type.Array(Step, { description: 'Who is reminded and told, and when (催办); may be empty.' }),
});
const deadline = (name: DeadlineName) => Type.Object(fieldsOf(name), strict);
const optional = (name: DeadlineName) => Type.Optional(deadline(name));

const Receipt = Type.Object(
  {
    ...fieldsOf('receipt'),
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
    code: Type.String({ pattern: '^[a-z][a-z0-9-]*$', maxLength: 64 }),
    version: Type.Integer({ minimum: 1 }),
    names: Names,
    notes: Type.Array(Names, { description: 'What a reader should know: sources, and how gaps in them were filled.' }),
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
    roles: Type.Record(Type.String({ pattern: '^[a-z][a-z0-9-]*$' }), Names),
    signOff: Type.Array(Type.Object({ role: Type.String({ description: 'Key of `roles`.' }) }, strict), {
      maxItems: 9,
      description: 'Levels of sign-off (把关) in order, first to last; empty: a result needs none.',
    }),
    followUp: Type.Object(
      { percent: Type.Integer({ minimum: 0, maximum: 100 }) },
      { ...strict, description: 'Share of forwarded appeals that are followed up (回访): 100 all, less a sample.' },
    ),
    texts: TextsSchema,
    deadlines: Type.Object(
      {
        forward: deadline('forward'),
        receipt: Receipt,
        sign: deadline('sign'),
        resolve: deadline('resolve'),
        respond: optional('respond'),
        'on-site': optional('on-site'),
        'sign-off': optional('sign-off'),
        'follow-up': optional('follow-up'),
        supervise: optional('supervise'),
        register: optional('register'),
        accept: optional('accept'),
        object: optional('object'),
        'review-request': optional('review-request'),
        review: optional('review'),
        're-examination-request': optional('re-examination-request'),
        're-examination': optional('re-examination'),
      },
      { ...strict, description: 'The obligations (时限) of the city. The first four every policy sets.' },
    ),
  },
  strict,
);

export type Policy = Static<typeof PolicySchema>;
/** What all deadlines have in common. */
export type DeadlineRule = Omit<Policy['deadlines']['receipt'], 'assessAt' | 'starts'> & { starts: string };
export type LadderStep = Static<typeof Step>;
export type OfficeHours = Static<typeof Interval>;
