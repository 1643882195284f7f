import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Access } from '../platform/access/access.ts';
import type { Clock } from '../platform/clock/clock.ts';
import type { Database } from '../platform/database/database.ts';
import { withTransaction } from '../platform/database/transaction.ts';
import { answers, Ref, secured } from '../platform/openapi.ts';
import { pageOf, readInstant } from '../platform/page.ts';
import { notFound } from '../platform/problem.ts';
import type { DeadlineName } from './deadline-names.ts';
import {
  ComputedDueSchema,
  DueQuery,
  PolicyCode,
  PolicyDocument,
  PolicySummarySchema,
  PolicyVersionQuery,
} from './policies.schema.ts';
import { listPolicies, storePolicy } from './policies.service.ts';
import type { RuleBook } from './rule-book.service.ts';
import type { TimeRules } from './time-rules.service.ts';

interface Deps {
  db: Database;
  book: RuleBook;
  clock: Clock;
  access: Access;
}

const readers = ['dispatch', 'operations'];

/** The city's rules of time: read, extended by a version, tried out. */
export function policiesRoutes({ db, book, clock, access }: Deps): FastifyPluginAsyncTypebox {
  async function found(code: string, version: number | undefined): Promise<TimeRules> {
    const rules = (await book.current()).find(code, version);
    if (!rules) throw notFound({ en: 'The policy', zh: '该规则' });
    return rules;
  }

  return async (app) => {
    for (const schema of [PolicySummarySchema, ComputedDueSchema]) app.addSchema(schema);
    const reading = { tags: ['policies'], ...secured(...readers) };

    app.get(
      '/v1/policies',
      {
        onRequest: access.requires(readers),
        schema: {
          operationId: 'listPolicies',
          summary: 'Policies in their newest version (规则)',
          ...reading,
          response: answers({ 200: pageOf(Ref(PolicySummarySchema)) }),
        },
      },
      async () => ({
        items: (await listPolicies(db)).map(({ code, version, names, deadlines }) => ({
          code,
          version,
          names,
          deadlines: Object.keys(deadlines) as DeadlineName[],
        })),
        next: null,
      }),
    );

    app.get(
      '/v1/policies/:code',
      {
        onRequest: access.requires(readers),
        schema: {
          operationId: 'getPolicy',
          summary: 'A policy as it is stored (规则)',
          ...reading,
          params: PolicyCode,
          querystring: PolicyVersionQuery,
          response: answers({ 200: PolicyDocument }),
        },
      },
      async ({ params, query }) => (await found(params.code, query.version)).policy,
    );

    app.post(
      '/v1/policies',
      {
        onRequest: access.requires(['admin']),
        schema: {
          operationId: 'storePolicy',
          summary: "Store a policy's next version (发布规则)",
          description:
            'Stored for ever. Appeals registered from now on fall under it where its policy is chosen; registered ones keep the version they have. In force everywhere within five seconds. A document with mistakes is refused with all of them.',
          tags: ['policies'],
          ...secured('admin'),
          body: PolicyDocument,
          response: answers({ 201: PolicyDocument }),
        },
      },
      async ({ body, actor }, reply) => {
        const now = await clock.now();
        const stored = await withTransaction(db, (tx) => storePolicy(tx, body, { actor: actor.name, now }));
        book.forget();
        return reply.status(201).send(stored);
      },
    );

    app.get(
      '/v1/policies/:code/due',
      {
        onRequest: access.requires(readers),
        schema: {
          operationId: 'computeDue',
          summary: 'What a deadline would be (时限测算)',
          description: 'Any deadline the policy sets, also one whose work the service does not do yet.',
          ...reading,
          params: PolicyCode,
          querystring: DueQuery,
          response: answers({ 200: Ref(ComputedDueSchema) }),
        },
      },
      async ({ params, query }) => {
        const { name, start, version, source = '', nature, category, urgency = 'normal', complexity } = query;
        const rules = await found(params.code, version);
        const startsAt = readInstant('start', start) as Date;
        const due = rules.dueOf(name, startsAt, {
          source,
          nature: nature ?? null,
          category: category ?? null,
          urgency,
          complexity: complexity ?? null,
        });
        return { ...view(rules, name, startsAt, due?.dueAt), provisional: due?.provisional ?? false };
      },
    );
  };

  function view({ policy, calendar, ladderOf }: TimeRules, name: DeadlineName, startsAt: Date, dueAt?: Date) {
    const format = book.zone.formatInstant;
    return {
      policy: { code: policy.code, version: policy.version, calendarVersion: calendar.version },
      name,
      startsAt: format(startsAt),
      dueAt: dueAt ? format(dueAt) : null,
      ladder: (dueAt ? ladderOf(name, { startsAt, dueAt }) : []).map(({ step, role, at }) => ({
        step,
        role,
        names: policy.roles[role] ?? { en: role, zh: role },
        at: format(at),
      })),
    };
  }
}
