import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Zone } from '../deadlines/zone.ts';
import type { Access } from '../platform/access/access.ts';
import type { Database } from '../platform/database/database.ts';
import { answers, Ref, secured } from '../platform/openapi.ts';
import { decodeCursor, encodeCursor, isCount, pageQuery } from '../platform/page.ts';
import { fieldProblem, notFound } from '../platform/problem.ts';
import { DepartmentCode, FeedSchema } from './departments.schema.ts';
import { feedHeadOf } from './departments.service.ts';
import { type FeedWatch, readFeed } from './feed.ts';
import { departmentScope } from './own-assignments.ts';

interface Deps {
  db: Database;
  zone: Zone;
  access: Access;
  feedWatch: FeedWatch;
}

/** The change feed that a department's own system polls. */
export function feedRoutes({ db, zone, access, feedWatch }: Deps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addSchema(FeedSchema);
    app.get(
      '/v1/departments/:code/feed',
      {
        onRequest: access.requires((request) => [
          departmentScope((request.params as { code: string }).code),
          'dispatch',
        ]),
        schema: {
          operationId: 'readDepartmentFeed',
          summary: 'Change feed of a department (工单动态)',
          description:
            'Append-only, without gaps, at least once. `wait` holds the answer until something is new, up to 30 seconds. Entries carry ids; read the assignment for today’s content.',
          tags: ['departments'],
          ...secured('department:<code>', 'dispatch'),
          params: DepartmentCode,
          querystring: Type.Object(
            {
              ...pageQuery(),
              wait: Type.Optional(
                Type.Integer({ minimum: 0, maximum: 30, default: 0, description: 'Seconds to wait for news' }),
              ),
            },
            { additionalProperties: false },
          ),
          response: answers({ 200: Ref(FeedSchema) }),
        },
      },
      async (request) => {
        const { code } = request.params;
        const { after, limit = 50, wait = 0 } = request.query;
        const from = decodeCursor(after, isCount) ?? 0;
        const head = await feedHeadOf(db, code);
        if (head === undefined) throw notFound({ en: 'The department', zh: '该承办单位' });
        // A cursor of another feed would silently skip what is still to come in this one.
        if (from > head) throw fieldProblem('/query/after', 'is not a cursor of this feed', '不是本单位动态的游标');
        let entries = await readFeed(db, code, from, limit);
        if (entries.length === 0 && wait > 0) {
          await feedWatch.wait(code, from, wait * 1000);
          entries = await readFeed(db, code, from, limit);
        }
        return {
          items: entries.map(({ seq, kind, assignmentId, appealId, at }) => ({
            cursor: encodeCursor(seq),
            kind,
            assignmentId,
            appealId,
            at: zone.formatInstant(at),
          })),
          next: encodeCursor(entries.at(-1)?.seq ?? from),
        };
      },
    );
  };
}
