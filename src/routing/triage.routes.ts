import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type TObject, Type } from 'typebox';
import { AppealSchema, IdOrNumber } from '../appeals/appeals.schema.ts';
import { viewAppeal } from '../appeals/appeals.view.ts';
import { findAppeal, linkedCounts } from '../appeals/lookup.service.ts';
import { complexities, natures, urgencies } from '../appeals/nature.ts';
import type { RuleBook, RulesInForce } from '../deadlines/rule-book.service.ts';
import { MOST_REPRESENTATIVES, represent } from '../matters/representatives.service.ts';
import type { Access } from '../platform/access/access.ts';
import type { KeyRing } from '../platform/access/key-ring.ts';
import { maskText } from '../platform/access/masking.ts';
import type { Clock } from '../platform/clock/clock.ts';
import type { Database, Transaction } from '../platform/database/database.ts';
import { answers, Choice, Ref, secured } from '../platform/openapi.ts';
import { etagOf, IfMatch, readVersion } from '../platform/page.ts';
import { notFound } from '../platform/problem.ts';
import { reclassify } from './reclassify.service.ts';
import { assign, close, type Decision, link } from './triage.service.ts';
import { reopenByDesk, unlink } from './unlink.service.ts';

interface Deps {
  db: Database;
  book: RuleBook;
  clock: Clock;
  keyRing: KeyRing;
  access: Access;
  /** Wakes the receipts' worker after COMMIT. */
  onDecided: () => void;
}

const Words = (description: string) => Type.String({ minLength: 1, maxLength: 2_000, pattern: '\\S', description });
const strict = <T extends Record<string, ReturnType<typeof Words>>>(properties: T) =>
  Type.Object(properties, { additionalProperties: false });

const JudgementBody = Type.Object(
  {
    nature: Type.Optional(Choice(natures, { description: 'Nature (诉求性质)' })),
    category: Type.Optional(
      Type.String({ minLength: 1, maxLength: 40, pattern: '\\S', description: 'Category code (类别)' }),
    ),
    urgency: Type.Optional(Choice(urgencies, { description: 'Urgency (紧急程度); naming it confirms it' })),
    complexity: Type.Optional(Choice(complexities, { description: 'How hard it is (难易)' })),
  },
  { additionalProperties: false, minProperties: 1 },
);

/** `POST /v1/appeals/{id}/{assign,answer,decline,divert,link,unlink,reopen,represent,reclassify}`: the dispatcher's decisions. */
export function triageRoutes({ db, book, clock, keyRing, access, onDecided }: Deps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addSchema(AppealSchema);
    const Assign = Type.Object(
      {
        department: Type.String({ minLength: 1, maxLength: 40, description: 'Department code (承办单位)' }),
        note: Type.Optional(Words('Why (派单说明)')),
      },
      { additionalProperties: false },
    );
    const Text = strict({ text: Words('Told to the citizen (告知内容)') });
    const Link = strict({ target: Words('Id or number of the appeal to join (并入诉求)') });

    decision('assign', 'Assign to a department (派单)', Assign, (tx, rules, step, body, now) =>
      assign(
        tx,
        rules,
        { ...step, department: body.department, note: body.note === undefined ? null : maskText(body.note) },
        now,
      ),
    );
    decision('answer', 'Answer without a department (直办)', Text, (tx, rules, step, { text }, now) =>
      close(tx, rules, 'answer', { ...step, text }, now),
    );
    decision('decline', 'Decline with the reason (不予受理)', Text, (tx, rules, step, { text }, now) =>
      close(tx, rules, 'decline', { ...step, text }, now),
    );
    decision('divert', 'Point to the statutory route (分流)', Text, (tx, rules, step, { text }, now) =>
      close(tx, rules, 'divert', { ...step, text }, now),
    );
    decision('link', 'Link to another appeal on the same matter (并单)', Link, (tx, rules, step, { target }, now) =>
      link(tx, rules, { ...step, target }, now),
    );
    decision('reclassify', 'Judge anew what it is (重新分类)', JudgementBody, (tx, rules, step, judged, now) =>
      reclassify(tx, rules, { ...step, judged }, now),
    );

    const Reason = strict({ reason: Words('Why (理由)') });
    decision('unlink', 'Take out of the appeal it was linked to (拆单)', Reason, (tx, rules, step, { reason }, now) =>
      unlink(tx, rules, { ...step, reason: maskText(reason) }, now),
    );
    decision('reopen', 'Look at an answered appeal again (重新办理)', Reason, (tx, rules, step, { reason }, now) =>
      reopenByDesk(tx, rules, { ...step, reason: maskText(reason) }, now),
    );
    const Represent = Type.Object(
      {
        appellants: Type.Array(Type.String({ format: 'uuid' }), {
          maxItems: MOST_REPRESENTATIVES,
          uniqueItems: true,
          description: 'Ids of appellants of this appeal or of one linked to it; in place of those named before',
        }),
      },
      { additionalProperties: false },
    );
    decision('represent', 'Name who speaks for a group appeal (推选代表)', Represent, (tx, _rules, step, body, now) =>
      represent(tx, keyRing, { ...step, appellants: body.appellants }, now),
    );

    function decision<T extends TObject>(
      action: string,
      summary: string,
      body: T,
      run: (tx: Transaction, rules: RulesInForce, step: Decision, body: Type.Static<T>, now: Date) => Promise<void>,
    ): void {
      app.post(
        `/v1/appeals/:id/${action}`,
        {
          onRequest: access.requires(['dispatch']),
          schema: {
            operationId: `${action}Appeal`,
            summary,
            tags: ['dispatcher'],
            ...secured('dispatch'),
            params: IdOrNumber,
            headers: IfMatch,
            body,
            response: answers({ 200: Ref(AppealSchema) }),
          },
        },
        async (request, reply) => {
          const version = readVersion(request.headers);
          const found = await findAppeal(db, request.params.id);
          if (!found) throw notFound({ en: 'The appeal', zh: '该诉求' });
          const now = await clock.now();
          await book.transact((tx, rules) =>
            run(
              tx,
              rules,
              { appealId: found.id, version, actor: request.actor.name },
              request.body as Type.Static<T>,
              now,
            ),
          );
          onDecided();
          const appeal = (await findAppeal(db, found.id)) ?? found;
          reply.header('etag', etagOf(appeal.version));
          const linked = (await linkedCounts(db, [appeal.id])).get(appeal.id) ?? 0;
          return viewAppeal(book.zone, appeal, request.actor, linked);
        },
      );
    }
  };
}
