import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { sql } from 'drizzle-orm';
import { Type } from 'typebox';
import type { Database } from './database/database.ts';
import { answers, Choice } from './openapi.ts';
import { ProblemError } from './problem.ts';

/** Says what is not as it should be, without being a reason to stop serving. */
export type Warning = () => Promise<string[]>;

const Health = Type.Object(
  { status: Choice(['ok']), warnings: Type.Array(Type.String()) },
  { additionalProperties: false },
);

/** `/healthz`: the process answers. `/readyz`: it can serve; 503 only when it cannot, everything else is a warning. */
export function healthRoutes({
  db,
  isStopping,
  warnings,
}: {
  db: Database;
  isStopping: () => boolean;
  warnings: Warning;
}): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/healthz',
      {
        schema: {
          operationId: 'getHealth',
          summary: 'The process answers',
          tags: ['operations'],
          security: [],
          response: answers({ 200: Health }),
        },
      },
      async () => ({ status: 'ok' as const, warnings: [] }),
    );
    app.get(
      '/readyz',
      {
        schema: {
          operationId: 'getReadiness',
          summary: 'The process can serve',
          tags: ['operations'],
          security: [],
          response: answers({ 200: Health }),
        },
      },
      async (request) => {
        if (isStopping())
          throw new ProblemError('busy', { en: 'The service is stopping.', zh: '服务正在停止。' }, { retryAfter: 5 });
        try {
          await db.execute(sql`select 1`);
        } catch (err) {
          request.log.warn({ err }, 'not ready');
          throw new ProblemError(
            'busy',
            { en: 'The database does not answer.', zh: '数据库无响应。' },
            { retryAfter: 5 },
          );
        }
        return { status: 'ok' as const, warnings: await warnings() };
      },
    );
  };
}
