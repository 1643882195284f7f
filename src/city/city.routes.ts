import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { listDepartments } from '../departments/departments.service.ts';
import type { Access } from '../platform/access/access.ts';
import type { Database } from '../platform/database/database.ts';
import { answers, Ref, secured } from '../platform/openapi.ts';
import { pageOf } from '../platform/page.ts';

const DepartmentSchema = Type.Object(
  { code: Type.String(), name: Type.String({ description: '承办单位名称' }) },
  { $id: 'Department', additionalProperties: false, description: 'Department (承办单位)' },
);
/** The names behind the departments' codes. A city has a few hundred at most, so the list is whole. */
export function cityRoutes({ db, access }: { db: Database; access: Access }): FastifyPluginAsyncTypebox {
  const anyKey = access.requires(({ actor }) => [...actor.scopes]);
  return async (app) => {
    app.addSchema(DepartmentSchema);
    app.get(
      '/v1/departments',
      {
        onRequest: anyKey,
        schema: {
          operationId: 'listDepartments',
          summary: 'Departments of the city (承办单位)',
          tags: ['appeals'],
          ...secured('any'),
          response: answers({ 200: pageOf(Ref(DepartmentSchema)) }),
        },
      },
      async () => ({ items: await listDepartments(db), next: null }),
    );
  };
}
