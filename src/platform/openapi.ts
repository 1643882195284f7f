import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { type Static, type TSchema, Type } from 'typebox';
import { ProblemSchema } from './problem.ts';

/** An instant in answers: RFC 3339 with the city's offset. */
export const Instant = (description: string) => Type.String({ format: 'date-time', description });

export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** A typed reference to a schema registered once with `addSchema`, so that OpenAPI shows it as a component. */
export const Ref = <T extends TSchema>(schema: T) =>
  Type.Unsafe<Static<T>>({ $ref: (schema as { $id?: string }).$id ?? '' });

/** One of several words. OpenAPI tools want the type said too. */
export const Choice = <const V extends readonly string[]>(
  values: V,
  options: { description?: string; default?: V[number] } = {},
) => Type.Unsafe<V[number]>({ type: 'string', enum: [...values], ...options });

const problemAnswer = {
  description: 'Problem details (RFC 9457)',
  content: {
    'application/problem+json': { schema: Type.Unsafe<Static<typeof ProblemSchema>>({ $ref: 'Problem' }) },
  },
};

/** The answers of a route: its own, and the problems every route can end in. */
export function answers<T extends Record<number, TSchema>>(own: T): T & Record<'4xx' | '5xx', typeof problemAnswer> {
  const described = Object.entries(own).map(([status, schema]) => [
    status,
    { description: status === '201' ? 'Recorded' : 'Done', content: { 'application/json': { schema } } },
  ]);
  return { ...Object.fromEntries(described), '4xx': problemAnswer, '5xx': problemAnswer } as T &
    Record<'4xx' | '5xx', typeof problemAnswer>;
}

/** Marks a route that needs a key with one of these scopes. */
export const secured = (...scopes: string[]) => ({ security: [{ key: [] as string[] }], 'x-scopes': scopes });

export async function registerOpenApi(app: FastifyInstance, version: string): Promise<void> {
  app.addSchema(ProblemSchema);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Minsheng 民声',
        version,
        description:
          'One appeal record for every citizen message, however many channels it comes by: routed, receipted and escalated on time.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/', description: 'This server' }],
      components: {
        securitySchemes: {
          key: {
            type: 'http',
            scheme: 'bearer',
            description: 'A key of a person or a machine; see x-scopes of each operation.',
          },
        },
      },
      tags: [
        { name: 'intake', description: 'Channels post messages (来件)' },
        { name: 'webhooks', description: "The platforms' own protocols (平台回调)" },
        { name: 'appeals', description: 'The record (诉求)' },
        { name: 'dispatcher', description: "The desk's decisions (研判派单)" },
        { name: 'departments', description: 'Work of the departments (承办单位)' },
        { name: 'citizen', description: "The citizen's own view (市民查询)" },
        { name: 'operations', description: 'What operations asks at 09:55 (运行)' },
        { name: 'development', description: 'Simulated time and the sink outbox; absent in production' },
      ],
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) =>
        typeof json.$id === 'string' ? json.$id : `def-${index}`,
    },
  });
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}
