import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Database } from '../database/database.ts';
import { answers, Instant, Ref, secured } from '../openapi.ts';
import { decodeCursor, isUuid, pageOf, pageQuery, toPage } from '../page.ts';
import type { Access } from './access.ts';
import { listAudit } from './audit.ts';

const AuditEntrySchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    at: Instant('When (时间)'),
    actor: Type.String({ description: 'Who (操作人)' }),
    action: Type.String({ description: 'What was done (操作)' }),
    subject: Type.String({ description: 'To what' }),
    data: Type.Record(Type.String(), Type.Unknown(), { description: 'Details without personal data' }),
  },
  { $id: 'AuditEntry', additionalProperties: false, description: 'A change of how the city works (审计)' },
);

/** Who changed how the city works. */
export function auditRoutes({
  db,
  access,
  format,
}: {
  db: Database;
  access: Access;
  format: (date: Date) => string;
}): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addSchema(AuditEntrySchema);
    app.get(
      '/v1/audit',
      {
        onRequest: access.requires(['admin']),
        schema: {
          operationId: 'listAudit',
          summary: 'Changes of how the city works (审计), newest first',
          tags: ['operations'],
          ...secured('admin'),
          querystring: Type.Object(
            { ...pageQuery(), action: Type.Optional(Type.String({ maxLength: 40, description: 'Only this action' })) },
            { additionalProperties: false },
          ),
          response: answers({ 200: pageOf(Ref(AuditEntrySchema)) }),
        },
      },
      async ({ query: { after, limit = 50, action } }) =>
        toPage(
          await listAudit(db, action, decodeCursor(after, isUuid), limit + 1),
          limit,
          (row) => row.id,
          (row) => ({ ...row, at: format(row.at) }),
        ),
    );
  };
}
