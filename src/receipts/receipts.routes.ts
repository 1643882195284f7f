import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { IdOrNumber } from '../appeals/appeals.schema.ts';
import { contactsOf } from '../appeals/appellants.ts';
import { findAppeal } from '../appeals/lookup.service.ts';
import type { Zone } from '../deadlines/zone.ts';
import type { Access } from '../platform/access/access.ts';
import type { KeyRing } from '../platform/access/key-ring.ts';
import { maskPhone, maskText } from '../platform/access/masking.ts';
import type { Database } from '../platform/database/database.ts';
import { answers, Choice, Ref, secured } from '../platform/openapi.ts';
import { decodeCursor, isCount, isUuid, pageOf, pageQuery, readInstant, toPage } from '../platform/page.ts';
import { notFound } from '../platform/problem.ts';
import type { SinkGateway } from './gateways/sink.gateway.ts';
import { listReceipts } from './receipts.repo.ts';
import { OutboxEntrySchema, ReceiptSchema } from './receipts.schema.ts';
import { receiptStatuses, type receipts } from './receipts.table.ts';
import { CODE_PLACE } from './texts.ts';

interface Deps {
  db: Database;
  zone: Zone;
  keyRing: KeyRing;
  access: Access;
}

const readers = ['dispatch', 'operations'];

/** What became of the citizens' SMS: of one appeal, and what is due before ten. */
export function receiptsRoutes({ db, zone, keyRing, access }: Deps): FastifyPluginAsyncTypebox {
  const format = zone.formatInstant;

  async function view(rows: readonly (typeof receipts.$inferSelect)[]) {
    const contacts = await contactsOf(
      db,
      keyRing,
      rows.map((row) => row.messageId),
    );
    return rows.map((row) => ({
      id: row.id,
      appealId: row.appealId,
      messageId: row.messageId,
      kind: row.kind,
      status: row.status,
      dueAt: format(row.dueAt),
      sentAt: row.sentAt ? format(row.sentAt) : null,
      deliveredAt: row.deliveredAt ? format(row.deliveredAt) : null,
      text: row.text === null ? null : maskText(row.text.replaceAll(CODE_PLACE, '********')),
      to: maskPhone(contacts.get(row.messageId)?.phone ?? ''),
      failure: row.failure,
    }));
  }

  return async (app) => {
    app.addSchema(ReceiptSchema);
    const common = { tags: ['operations'], ...secured(...readers) };

    app.get(
      '/v1/receipts',
      {
        onRequest: access.requires(readers),
        schema: {
          operationId: 'listReceipts',
          summary: 'Receipts by status and due time (短信回执)',
          ...common,
          querystring: Type.Object(
            {
              ...pageQuery(),
              status: Type.Optional(Choice(receiptStatuses)),
              dueBefore: Type.Optional(Type.String({ format: 'date-time', description: 'Only what is due before' })),
            },
            { additionalProperties: false },
          ),
          response: answers({ 200: pageOf(Ref(ReceiptSchema)) }),
        },
      },
      async ({ query: { after, limit = 50, status, dueBefore } }) => {
        const filter = {
          ...(status ? { status } : {}),
          ...(dueBefore === undefined ? {} : { dueBefore: readInstant('dueBefore', dueBefore) }),
        };
        const { items, next } = toPage(
          await listReceipts(db, filter, decodeCursor(after, isUuid), limit + 1),
          limit,
          (row) => row.id,
          (row) => row,
        );
        return { items: await view(items), next };
      },
    );

    app.get(
      '/v1/appeals/:id/receipts',
      {
        onRequest: access.requires(readers),
        schema: {
          operationId: 'listAppealReceipts',
          summary: 'Receipts of one appeal (诉求的短信回执)',
          ...common,
          params: IdOrNumber,
          querystring: Type.Object(pageQuery(), { additionalProperties: false }),
          response: answers({ 200: pageOf(Ref(ReceiptSchema)) }),
        },
      },
      async ({ params, query: { after, limit = 50 } }) => {
        const appeal = await findAppeal(db, params.id);
        if (!appeal) throw notFound({ en: 'The appeal', zh: '该诉求' });
        const { items, next } = toPage(
          await listReceipts(db, { appealId: appeal.id }, decodeCursor(after, isUuid), limit + 1),
          limit,
          (row) => row.id,
          (row) => row,
        );
        return { items: await view(items), next };
      },
    );
  };
}

/** The sink gateway's outbox; not registered in production. */
export function outboxRoutes({
  sink,
  zone,
  access,
}: {
  sink: SinkGateway;
  zone: Zone;
  access: Access;
}): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addSchema(OutboxEntrySchema);
    app.get(
      '/v1/dev/outbox',
      {
        onRequest: access.requires(['operations']),
        schema: {
          operationId: 'readOutbox',
          summary: 'What the sink gateway was asked to send',
          tags: ['development'],
          ...secured('operations'),
          querystring: Type.Object(pageQuery(1000), { additionalProperties: false }),
          response: answers({ 200: pageOf(Ref(OutboxEntrySchema)) }),
        },
      },
      async ({ query: { after, limit = 50 } }) => {
        const rows = await sink.list(decodeCursor(after, isCount) ?? 0, limit + 1);
        return toPage(
          rows,
          limit,
          (row) => row.id,
          (row) => ({ ...row, to: maskPhone(row.to), sentAt: zone.formatInstant(row.sentAt) }),
        );
      },
    );
  };
}
