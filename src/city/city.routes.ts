import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { channels } from '../channels/channel.ts';
import { listDepartments } from '../departments/departments.service.ts';
import { listSources } from '../intake/sources.service.ts';
import type { Access } from '../platform/access/access.ts';
import type { Database } from '../platform/database/database.ts';
import { answers, Choice, Ref, secured } from '../platform/openapi.ts';
import { pageOf } from '../platform/page.ts';

const DepartmentSchema = Type.Object(
  { code: Type.String(), name: Type.String({ description: '承办单位名称' }) },
  { $id: 'Department', additionalProperties: false, description: 'Department (承办单位)' },
);
const SourceSchema = Type.Object(
  { code: Type.String(), channel: Choice(channels), name: Type.String({ description: '来源名称' }) },
  { $id: 'Source', additionalProperties: false, description: 'Registered place messages come from (来源)' },
);

/** The names behind the codes. A city has a few hundred of each at most, so the lists are whole. */
export function cityRoutes({ db, access }: { db: Database; access: Access }): FastifyPluginAsyncTypebox {
  const anyKey = access.requires(({ actor }) => [...actor.scopes]);
  return async (app) => {
    for (const schema of [DepartmentSchema, SourceSchema]) app.addSchema(schema);
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
    app.get(
      '/v1/sources',
      {
        onRequest: anyKey,
        schema: {
          operationId: 'listSources',
          summary: 'Registered sources of messages (来源)',
          tags: ['appeals'],
          ...secured('any'),
          response: answers({ 200: pageOf(Ref(SourceSchema)) }),
        },
      },
      async () => ({ items: await listSources(db), next: null }),
    );
  };
}
