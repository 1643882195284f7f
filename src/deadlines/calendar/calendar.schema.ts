import { type Static, Type } from 'typebox';
import { Choice, Instant, Nullable } from '../../platform/openapi.ts';
import { dayKinds, dayScopes } from './calendar.ts';

const strict = { additionalProperties: false };
const DateText = (description: string) =>
  Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: `${description}, YYYY-MM-DD` });
const Time = (description: string) =>
  Type.String({ pattern: '^(([01]\\d|2[0-3]):[0-5]\\d|24:00)$', description: `${description}, HH:MM` });
const Name = Type.String({ minLength: 1, maxLength: 60, pattern: '\\S', description: 'Name of the day (节假日名称)' });
const Source = (description: string) => Type.String({ minLength: 1, maxLength: 300, pattern: '\\S', description });

const Kind = Choice(dayKinds, {
  description: 'workday: worked although it is a weekend or off (上班); day-off: 放假; half-day: 半天',
});
const Scope = Choice(dayScopes, {
  description: 'national: the State Council; local: the local government, which holds where both name a day',
});
const Worked = Type.Object(
  {
    from: Type.Optional(Time('Office hours are worked from')),
    to: Type.Optional(Time('Office hours are worked up to')),
  },
  { ...strict, minProperties: 1, description: 'Of a half day: which part of the office hours is worked' },
);

export const CalendarDaySchema = Type.Object(
  {
    date: DateText('Day'),
    name: Name,
    kind: Kind,
    worked: Type.Optional(Worked),
    scope: Scope,
    source: Type.String({ description: 'The notice or decision that says so (依据)' }),
  },
  { $id: 'CalendarDay', ...strict, description: 'A day that differs from Monday to Friday, or is named in a notice' },
);

/** The file of a year as the holiday-cn project publishes it. */
const HolidayCn = Type.Object(
  {
    year: Type.Integer({ minimum: 2000, maximum: 2100 }),
    papers: Type.Optional(Type.Array(Type.String({ maxLength: 300 }), { maxItems: 20 })),
    days: Type.Array(Type.Object({ name: Name, date: DateText('Day'), isOffDay: Type.Boolean() }, strict), {
      minItems: 1,
      maxItems: 400,
    }),
  },
  {
    ...strict,
    // Its own `$schema` and `$id`; as named properties they would be read as this schema's.
    patternProperties: { '^\\$(schema|id)$': Type.String({ maxLength: 300 }) },
    description: "A year's file of the holiday-cn project, unchanged",
  },
);

export const CalendarInputSchema = Type.Object(
  {
    notice: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 20_000,
        description:
          'Text of the notice (关于20XX年部分节假日安排的通知); refused when a sentence of it is not understood',
      }),
    ),
    year: Type.Optional(
      Type.Integer({ minimum: 2000, maximum: 2100, description: 'Year of a notice whose text does not say it' }),
    ),
    holidayCn: Type.Optional(HolidayCn),
    set: Type.Optional(
      Type.Array(
        Type.Object(
          { date: DateText('Day'), name: Name, kind: Kind, worked: Type.Optional(Worked), scope: Scope },
          strict,
        ),
        { minItems: 1, maxItems: 800, description: 'Days to put in; each replaces the day of the same date and scope' },
      ),
    ),
    remove: Type.Optional(
      Type.Array(Type.Object({ date: DateText('Day'), scope: Scope }, strict), {
        minItems: 1,
        maxItems: 800,
        description: 'Days to take out',
      }),
    ),
    source: Type.Optional(
      Source(
        'Number of the notice or the decision (依据); required with set and remove, otherwise read from the notice',
      ),
    ),
  },
  {
    $id: 'CalendarInput',
    ...strict,
    description: 'What is to change: either a notice, or a holiday-cn file, or single days to set and remove',
  },
);
export type CalendarInput = Static<typeof CalendarInputSchema>;

export const DayDifferenceSchema = Type.Object(
  {
    date: Type.String(),
    scope: Scope,
    before: Nullable(Type.Unsafe<Static<typeof CalendarDaySchema>>({ $ref: 'CalendarDay' })),
    after: Nullable(Type.Unsafe<Static<typeof CalendarDaySchema>>({ $ref: 'CalendarDay' })),
  },
  { $id: 'DayDifference', ...strict, description: 'A day as it is and as it would be; null: nothing is said of it' },
);

export const CalendarMoveSchema = Type.Object(
  {
    appealId: Type.String({ format: 'uuid' }),
    number: Type.String({ description: 'Number of the appeal (诉求编号)' }),
    name: Type.String({ description: 'Name of the deadline (时限)' }),
    from: Instant('Due now (现截止)'),
    to: Instant('Would be due (变更后截止)'),
    provisional: Type.Boolean({ description: 'The new due time still counts days of a year that is not known' }),
  },
  { $id: 'CalendarMove', ...strict, description: 'A running deadline that would move, or become certain' },
);

export const CalendarPreviewSchema = Type.Object(
  {
    base: Type.Integer({ description: 'Version that was compared with' }),
    fingerprint: Type.String({ description: 'Of what would be in force, also the ETag: send it as If-Match to apply' }),
    source: Type.String(),
    differences: Type.Array(Type.Unsafe<Static<typeof DayDifferenceSchema>>({ $ref: 'DayDifference' })),
    moves: Type.Object(
      {
        count: Type.Integer({ description: 'How many running deadlines would move or become certain' }),
        items: Type.Array(Type.Unsafe<Static<typeof CalendarMoveSchema>>({ $ref: 'CalendarMove' })),
        next: Nullable(Type.String()),
      },
      strict,
    ),
  },
  { $id: 'CalendarPreview', ...strict, description: 'What an import would change; nothing is written (预览)' },
);

const versionFields = {
  version: Type.Integer(),
  source: Type.String({ description: 'The notice or decision (依据)' }),
  actor: Type.String({ description: 'Who imported it (导入人)' }),
  at: Nullable(Instant('When it was imported; null: shipped with the service')),
};
export const CalendarVersionSchema = Type.Object(versionFields, {
  $id: 'CalendarVersion',
  ...strict,
  description: 'One version of the day table (日历版本)',
});

export const CalendarVersionDetailSchema = Type.Object(
  {
    ...versionFields,
    days: Type.Array(Type.Unsafe<Static<typeof CalendarDaySchema>>({ $ref: 'CalendarDay' })),
    input: Nullable(Type.Unsafe<CalendarInput>({ $ref: 'CalendarInput' })),
    pending: Type.Integer({
      description: 'Running deadlines that are still to be recomputed under the version in force',
    }),
  },
  { $id: 'CalendarVersionDetail', ...strict, description: 'A version with all its days and what was imported' },
);

export const CalendarYearSchema = Type.Object(
  {
    year: Type.Integer(),
    known: Type.Boolean({ description: "The year's notice is in the table; otherwise due times are provisional" }),
    version: Type.Integer({ description: 'Version in force' }),
    days: Type.Array(Type.Unsafe<Static<typeof CalendarDaySchema>>({ $ref: 'CalendarDay' })),
  },
  { $id: 'CalendarYear', ...strict, description: 'What differs from Monday to Friday in a year (全年安排)' },
);
