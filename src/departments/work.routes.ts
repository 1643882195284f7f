import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type TObject, Type } from 'typebox';
import type { RuleBook, RulesInForce } from '../deadlines/rule-book.service.ts';
import type { Access } from '../platform/access/access.ts';
import type { KeyRing } from '../platform/access/key-ring.ts';
import { maskText } from '../platform/access/masking.ts';
import type { Clock } from '../platform/clock/clock.ts';
import type { Database, Transaction } from '../platform/database/database.ts';
import { withTransaction } from '../platform/database/transaction.ts';
import { answers, Ref, secured } from '../platform/openapi.ts';
import { etagOf, IfMatch, readVersion } from '../platform/page.ts';
import { ProblemError } from '../platform/problem.ts';
import { returnCase, type Step, sign, submit } from './assignments.service.ts';
import { viewAssignment } from './assignments.view.ts';
import { AssignmentId, AssignmentSchema, SignManySchema } from './departments.schema.ts';
import { anyDepartment, ownAssignment } from './own-assignments.ts';

interface Deps {
  db: Database;
  book: RuleBook;
  keyRing: KeyRing;
  clock: Clock;
  access: Access;
}

const Words = (description: string) => Type.String({ minLength: 1, maxLength: 10_000, pattern: '\\S', description });
const strict = { additionalProperties: false };

/** What a department does with a case: sign for it, send it back, hand in the result. */
export function workRoutes({ db, book, keyRing, clock, access }: Deps): FastifyPluginAsyncTypebox {
  return async (app) => {
    for (const schema of [AssignmentSchema, SignManySchema]) app.addSchema(schema);
    const common = { tags: ['departments'], ...secured('department:<code>') };
    const onRequest = anyDepartment(access);

    const Nothing = Type.Object({}, strict);
    const Reason = Type.Object({ reason: Words('Why it is not yours (退单原因)') }, strict);
    const Result = Type.Object({ result: Words('What was done (办理结果)') }, strict);

    action('sign', 'Sign for a case (签收)', Nothing, (tx, _rules, step, _body, now) => sign(tx, step, now));
    action('return', 'Send a case back to the desk (退单)', Reason, (tx, rules, step, { reason }, now) =>
      returnCase(tx, rules, { ...step, reason: maskText(reason) }, now),
    );
    action('submit', 'Hand in the result (反馈办理结果)', Result, (tx, _rules, step, { result }, now) =>
      submit(tx, { ...step, result: maskText(result) }, now),
    );

    function action<T extends TObject>(
      name: string,
      summary: string,
      body: T,
      run: (tx: Transaction, rules: RulesInForce, step: Step, body: Type.Static<T>, now: Date) => Promise<void>,
    ): void {
      app.post(
        `/v1/assignments/:id/${name}`,
        {
          onRequest,
          schema: {
            operationId: `${name}Assignment`,
            summary,
            ...common,
            params: AssignmentId,
            headers: IfMatch,
            body,
            response: answers({ 200: Ref(AssignmentSchema) }),
          },
        },
        async (request, reply) => {
          const { id } = request.params;
          const version = readVersion(request.headers);
          await ownAssignment({ db, keyRing }, request.actor, id);
          const now = await clock.now();
          const step = { assignmentId: id, version, actor: request.actor.name };
          await book.transact((tx, rules) => run(tx, rules, step, request.body as Type.Static<T>, now));
          const changed = await ownAssignment({ db, keyRing }, request.actor, id);
          reply.header('etag', etagOf(changed.assignment.version));
          return viewAssignment(book.zone, changed, now);
        },
      );
    }

    const Item = Type.Object({ id: Type.String({ format: 'uuid' }), version: Type.Integer({ minimum: 1 }) }, strict);
    app.post(
      '/v1/assignments/sign',
      {
        onRequest,
        schema: {
          operationId: 'signAssignments',
          summary: 'Sign for many cases (批量签收)',
          description: 'Each in its own transaction; the answer says of each whether it was done.',
          ...common,
          body: Type.Object({ items: Type.Array(Item, { minItems: 1, maxItems: 100 }) }, strict),
          response: answers({ 200: Ref(SignManySchema) }),
        },
      },
      async (request) => {
        const now = await clock.now();
        const items = [];
        for (const { id, version } of request.body.items) {
          try {
            await ownAssignment({ db, keyRing }, request.actor, id);
            await withTransaction(db, (tx) => sign(tx, { assignmentId: id, version, actor: request.actor.name }, now));
            items.push({ id, ok: true, status: 'signed' as const });
          } catch (error) {
            if (!(error instanceof ProblemError)) throw error;
            items.push({ id, ok: false, detail: error.detail });
          }
        }
        return { items };
      },
    );
  };
}
