import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Access } from '../platform/access/access.ts';
import type { Clock } from '../platform/clock/clock.ts';
import type { Database } from '../platform/database/database.ts';
import { withTransaction } from '../platform/database/transaction.ts';
import { answers, Ref, secured } from '../platform/openapi.ts';
import { etagOf, IfMatch, readVersion } from '../platform/page.ts';
import { fieldProblem } from '../platform/problem.ts';
import { PolicyChoicesSchema } from './policies.schema.ts';
import { currentChoices, replaceChoices } from './policies.service.ts';
import { type PolicyChoice, PolicyChoiceSchema } from './policy-choices.ts';
import type { RuleBook } from './rule-book.service.ts';

interface Deps {
  db: Database;
  book: RuleBook;
  clock: Clock;
  access: Access;
  config: { POLICY: string };
  sources: { channelOf(code: string): Promise<string | undefined> };
}

const readers = ['dispatch', 'operations'];

/** Which policy new appeals fall under, by source, nature and category. */
export function policyChoicesRoutes({ db, book, clock, access, config, sources }: Deps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addSchema(PolicyChoicesSchema);

    app.get(
      '/v1/policy-choices',
      {
        onRequest: access.requires(readers),
        schema: {
          operationId: 'getPolicyChoices',
          summary: 'Which policy new appeals fall under (规则选用)',
          tags: ['policies'],
          ...secured(...readers),
          response: answers({ 200: Ref(PolicyChoicesSchema) }),
        },
      },
      async (_request, reply) => {
        const current = await currentChoices(db);
        reply.header('etag', etagOf(current.version));
        return { ...current, otherwise: config.POLICY };
      },
    );

    app.put(
      '/v1/policy-choices',
      {
        onRequest: access.requires(['admin']),
        schema: {
          operationId: 'replacePolicyChoices',
          summary: 'Replace the choices as a whole (调整规则选用)',
          description:
            'For appeals registered from now on; registered ones keep their policy. In force everywhere within five seconds.',
          tags: ['policies'],
          ...secured('admin'),
          headers: IfMatch,
          body: Type.Object(
            { choices: Type.Array(PolicyChoiceSchema, { maxItems: 500 }) },
            { additionalProperties: false },
          ),
          response: answers({ 200: Ref(PolicyChoicesSchema) }),
        },
      },
      async ({ headers, body: { choices }, actor }, reply) => {
        const version = readVersion(headers);
        await checkSources(choices);
        const by = { actor: actor.name, now: await clock.now() };
        await withTransaction(db, (tx) => replaceChoices(tx, version, choices, by));
        book.forget();
        reply.header('etag', etagOf(version + 1));
        return { version: version + 1, choices, otherwise: config.POLICY };
      },
    );
  };

  async function checkSources(choices: readonly PolicyChoice[]): Promise<void> {
    for (const [at, choice] of choices.entries())
      for (const [index, code] of (choice.sources ?? []).entries())
        if ((await sources.channelOf(code)) === undefined)
          throw fieldProblem(`/choices/${at}/sources/${index}`, 'is not a registered source', '不是已登记的来源');
  }
}
