import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type TObject, Type } from 'typebox';
import { type ChannelName, channels } from '../channels/channel.ts';
import { allChannels } from '../channels/channels.ts';
import type { Access } from '../platform/access/access.ts';
import { recordAudit } from '../platform/access/audit.ts';
import type { Clock } from '../platform/clock/clock.ts';
import type { Database } from '../platform/database/database.ts';
import { withTransaction } from '../platform/database/transaction.ts';
import { answers, Choice, Ref, secured } from '../platform/openapi.ts';
import { pageOf } from '../platform/page.ts';
import { fieldProblem, notFound } from '../platform/problem.ts';
import { checkBody } from '../platform/validation.ts';
import { listSources, type Sources } from './sources.service.ts';

const SourceSchema = Type.Object(
  { code: Type.String(), channel: Choice(channels), name: Type.String({ description: '来源名称' }) },
  { $id: 'Source', additionalProperties: false, description: 'Registered place messages come from (来源)' },
);

/** Settings of any channel; which fields there are is said by the channel's own schema. */
const Settings = Type.Record(Type.String(), Type.Unknown(), { $id: 'SourceSettings' });
const SourceCode = Type.Object({ code: Type.String({ maxLength: 40, description: 'Source code (来源)' }) });
const HIDDEN = '***';

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

interface Deps {
  db: Database;
  clock: Clock;
  sources: Sources;
  access: Access;
}

/** Registered sources, and what each must be told of its platform. A city has a few dozen, so the list is whole. */
export function sourcesRoutes({ db, clock, sources, access }: Deps): FastifyPluginAsyncTypebox {
  async function schemaOf(code: string): Promise<TObject> {
    const channel = await sources.channelOf(code);
    if (channel === undefined) throw notFound({ en: 'The source', zh: '该来源' });
    const schema = allChannels.find(({ name }) => name === channel)?.settings;
    if (!schema)
      throw fieldProblem('', `is not for sources of ${channel}, which has no protocol`, '该渠道没有可设置的协议');
    return schema;
  }

  async function checkNamedSources(channel: ChannelName | undefined, settings: Record<string, unknown>): Promise<void> {
    const named = allChannels.find(({ name }) => name === channel)?.sourcesIn?.(settings) ?? [];
    for (const { pointer, code } of named)
      if ((await sources.channelOf(code)) !== channel)
        throw fieldProblem(pointer, `names no source of ${channel}: ${code}`, `不是该渠道的来源：${code}`);
  }

  return async (app) => {
    for (const schema of [SourceSchema, Settings]) app.addSchema(schema);
    app.get(
      '/v1/sources',
      {
        onRequest: access.requires(({ actor }) => [...actor.scopes]),
        schema: {
          operationId: 'listSources',
          summary: 'Registered sources of messages (来源)',
          tags: ['intake'],
          ...secured('any'),
          response: answers({ 200: pageOf(Ref(SourceSchema)) }),
        },
      },
      async () => ({ items: await listSources(db), next: null }),
    );

    app.get(
      '/v1/sources/:code/settings',
      {
        onRequest: access.requires(['admin']),
        schema: {
          operationId: 'getSourceSettings',
          summary: 'What a source was told of its platform; secrets are hidden (来源设置)',
          tags: ['intake'],
          ...secured('admin'),
          params: SourceCode,
          response: answers({ 200: Ref(Settings) }),
        },
      },
      async ({ params: { code } }) => {
        const schema = await schemaOf(code);
        const channel = await sources.channelOf(code);
        return hide(schema, (channel && (await sources.settingsOf(channel, code))) ?? {});
      },
    );

    app.put(
      '/v1/sources/:code/settings',
      {
        onRequest: access.requires(['admin']),
        schema: {
          operationId: 'putSourceSettings',
          summary: 'Tell a source how to speak its platform (来源设置)',
          description: `Replaces all settings. A secret given as \`${HIDDEN}\`, as it is read back, stays as it is.`,
          tags: ['intake'],
          ...secured('admin'),
          params: SourceCode,
          body: Ref(Settings),
          response: answers({ 200: Ref(Settings) }),
        },
      },
      async ({ params: { code }, body, actor }) => {
        const schema = await schemaOf(code);
        const channel = await sources.channelOf(code);
        const before = (channel && (await sources.settingsOf<Record<string, unknown>>(channel, code))) ?? {};
        const settings = restore(body, before);
        checkBody(schema, settings);
        await checkNamedSources(channel, settings);
        await withTransaction(db, async (tx) => {
          await sources.configure(tx, code, settings);
          const at = await clock.now();
          await recordAudit(tx, {
            at,
            actor: actor.name,
            action: 'configure-source',
            subject: code,
            data: { fields: Object.keys(settings).sort() },
          });
        });
        sources.forget();
        return hide(schema, settings);
      },
    );
  };
}

/** Secrets that come back as they were shown are those that are stored. */
function restore(given: Fields, before: Fields): Fields {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      const stored = before[name];
      if (isFields(value)) return [name, restore(value, isFields(stored) ? stored : {})];
      return [name, value === HIDDEN ? stored : value];
    }),
  );
}

function hide(schema: TObject, settings: Fields): Fields {
  const properties = schema.properties as Record<string, TObject & { writeOnly?: boolean }>;
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => {
      const property = properties[name];
      if (property?.properties && isFields(value)) return [name, hide(property, value)];
      return [name, property?.writeOnly ? HIDDEN : value];
    }),
  );
}
