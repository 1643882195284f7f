import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from 'typebox';
import type { Access } from '../../platform/access/access.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import type { Database } from '../../platform/database/database.ts';
import { withTransaction } from '../../platform/database/transaction.ts';
import { answers, Ref, secured } from '../../platform/openapi.ts';
import {
  decodeCursor,
  etagOf,
  IfMatch,
  isCount,
  isUuid,
  pageOf,
  pageQuery,
  readIfMatch,
  toPage,
} from '../../platform/page.ts';
import { notFound } from '../../platform/problem.ts';
import { countBehind } from '../recompute.service.ts';
import type { RuleBook } from '../rule-book.service.ts';
import {
  CalendarDaySchema,
  CalendarInputSchema,
  CalendarMoveSchema,
  CalendarPreviewSchema,
  CalendarVersionDetailSchema,
  CalendarVersionSchema,
  CalendarYearSchema,
  DayDifferenceSchema,
} from './calendar.schema.ts';
import { createCalendar } from './calendar.ts';
import { type CalendarRow, findCalendar, listCalendars, newestCalendar } from './calendars.repo.ts';
import { applyCalendar, previewCalendar, previewMoves, RECOMPUTE } from './calendars.service.ts';
import { daysOfYear } from './day-table.ts';

interface Deps {
  db: Database;
  book: RuleBook;
  clock: Clock;
  access: Access;
  nudge: (kind: string) => void;
  /** Numbers of appeals by id. */
  numbersOf: (db: Database, ids: readonly string[]) => Promise<Map<string, string>>;
}

const strict = { additionalProperties: false };

/** The working calendar: reading it, and changing it in two steps, looking at what would move before it does. */
export function calendarRoutes({ db, book, clock, access, nudge, numbersOf }: Deps): FastifyPluginAsyncTypebox {
  const format = book.zone.formatInstant;
  const anyKey = access.requires(({ actor }) => [...actor.scopes]);
  const viewVersion = ({ version, source, actor, at }: Omit<CalendarRow, 'id' | 'days' | 'input'>) => {
    return { version, source, actor, at: at ? format(at) : null };
  };

  async function viewDetail(row: CalendarRow): Promise<Static<typeof CalendarVersionDetailSchema>> {
    return { ...viewVersion(row), days: row.days, input: row.input, pending: await countBehind(db, row.version) };
  }

  return async (app) => {
    for (const schema of [CalendarDaySchema, CalendarInputSchema, DayDifferenceSchema, CalendarMoveSchema])
      app.addSchema(schema);
    for (const schema of [
      CalendarPreviewSchema,
      CalendarVersionSchema,
      CalendarVersionDetailSchema,
      CalendarYearSchema,
    ])
      app.addSchema(schema);

    app.get(
      '/v1/calendar/:year',
      {
        onRequest: anyKey,
        schema: {
          operationId: 'getCalendarYear',
          summary: 'Days of a year that differ from Monday to Friday (节假日安排)',
          tags: ['calendar'],
          ...secured('any'),
          params: Type.Object({ year: Type.Integer({ minimum: 2000, maximum: 2100 }) }, strict),
          response: answers({ 200: Ref(CalendarYearSchema) }),
        },
      },
      async ({ params: { year } }) => {
        const { version, days } = await newestCalendar(db);
        const known = createCalendar({ version, days }).knows(year);
        return { year, known, version, days: daysOfYear(days, year) };
      },
    );

    app.get(
      '/v1/calendar/versions',
      {
        onRequest: anyKey,
        schema: {
          operationId: 'listCalendarVersions',
          summary: 'Versions of the calendar, newest first (日历版本)',
          tags: ['calendar'],
          ...secured('any'),
          querystring: Type.Object(pageQuery(), strict),
          response: answers({ 200: pageOf(Ref(CalendarVersionSchema)) }),
        },
      },
      async ({ query: { after, limit = 50 } }) => {
        const rows = await listCalendars(db, decodeCursor(after, isCount), limit + 1);
        return toPage(rows, limit, (row) => row.version, viewVersion);
      },
    );

    app.get(
      '/v1/calendar/versions/:version',
      {
        onRequest: anyKey,
        schema: {
          operationId: 'getCalendarVersion',
          summary: 'One version with all its days (日历版本详情)',
          tags: ['calendar'],
          ...secured('any'),
          params: Type.Object({ version: Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 }) }, strict),
          response: answers({ 200: Ref(CalendarVersionDetailSchema) }),
        },
      },
      async ({ params }) => {
        const row = await findCalendar(db, params.version);
        if (!row) throw notFound({ en: 'This version of the calendar', zh: '该日历版本' });
        return viewDetail(row);
      },
    );

    const changing = { onRequest: access.requires(['admin']) };
    const common = { tags: ['calendar'], ...secured('admin'), body: Ref(CalendarInputSchema) };

    app.post(
      '/v1/calendar/preview',
      {
        ...changing,
        schema: {
          operationId: 'previewCalendar',
          summary: 'What an import would change (预览)',
          description: 'Writes nothing. Pages go through the deadlines that would move.',
          ...common,
          querystring: Type.Object(pageQuery(), strict),
          response: answers({ 200: Ref(CalendarPreviewSchema) }),
        },
      },
      async ({ body, query: { after, limit = 50 } }, reply) => {
        const preview = await previewCalendar(db, body);
        const { count, moves } = await previewMoves(db, preview, decodeCursor(after, isUuid), limit + 1);
        const numbers = await numbersOf(
          db,
          moves.map(({ row }) => row.appealId),
        );
        const page = toPage(
          moves,
          limit,
          ({ row }) => row.id,
          ({ row, dueAt, provisional }) => ({
            appealId: row.appealId,
            number: numbers.get(row.appealId) ?? '',
            name: row.name,
            from: format(row.dueAt),
            to: format(dueAt),
            provisional,
          }),
        );
        reply.header('etag', etagOf(preview.fingerprint));
        const { base, fingerprint, source, differences } = preview;
        return { base, fingerprint, source, differences, moves: { count, ...page } };
      },
    );

    app.post(
      '/v1/calendar/versions',
      {
        ...changing,
        schema: {
          operationId: 'applyCalendar',
          summary: 'Put in force what was previewed (启用新日历)',
          description:
            "Same body as the preview, with the preview's ETag as If-Match. Running deadlines are recomputed in the background; `pending` counts down to 0.",
          ...common,
          headers: IfMatch,
          response: answers({ 201: Ref(CalendarVersionDetailSchema) }),
        },
      },
      async (request, reply) => {
        const fingerprint = /^"(.*)"$/.exec(readIfMatch(request.headers))?.[1] ?? '';
        const now = await clock.now();
        const by = { fingerprint, actor: request.actor.name };
        const version = await withTransaction(db, (tx) => applyCalendar(tx, request.body, by, now));
        book.forget();
        nudge(RECOMPUTE);
        const row = await findCalendar(db, version);
        if (!row) throw notFound({ en: 'This version of the calendar', zh: '该日历版本' });
        reply.status(201);
        return viewDetail(row);
      },
    );
  };
}
