import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type TObject, Type } from 'typebox';
import { type Channel, channels } from '../channels/channel.ts';
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
  /**
   * A source's channel, the schema of its settings, and those it has now, whichever process changed them last.
   * @throws ProblemError 404, 400
   */
  async function known(code: string): Promise<{ channel: Channel; schema: TObject; settings: Fields | undefined }> {
    sources.forget();
    const name = await sources.channelOf(code);
    const channel = allChannels.find((one) => one.name === name);
    if (channel === undefined) throw notFound({ en: 'The source', zh: '该来源' });
    const { settings: schema } = channel;
    if (!schema)
      throw fieldProblem('', `is not for sources of ${channel.name}, which has no protocol`, '该渠道没有可设置的协议');
    return { channel, schema, settings: await sources.settingsOf<Fields>(channel.name, code) };
  }

  async function checkNamedSources({ name, sourcesIn }: Channel, settings: Fields): Promise<void> {
    for (const { pointer, code } of sourcesIn?.(settings) ?? [])
      if ((await sources.channelOf(code)) !== name)
        throw fieldProblem(pointer, `names no source of ${name}: ${code}`, `不是该渠道的来源：${code}`);
  }

  /** @param fields names of those that are set, or were. */
  async function change(
    code: string,
    { onSettings }: Channel,
    settings: Fields | null,
    entry: { actor: string; action: string; fields: Fields },
  ): Promise<void> {
    const { actor, action, fields } = entry;
    await withTransaction(db, async (tx) => {
      await sources.configure(tx, code, settings);
      await onSettings?.(tx, code);
      const at = await clock.now();
      await recordAudit(tx, { at, actor, action, subject: code, data: { fields: Object.keys(fields).sort() } });
    });
    sources.forget();
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
        const { schema, settings } = await known(code);
        return hide(schema, settings ?? {});
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
        const { channel, schema, settings: before } = await known(code);
        const settings = restore(body, before ?? {});
        checkBody(schema, settings);
        await checkNamedSources(channel, settings);
        await change(code, channel, settings, { actor: actor.name, action: 'configure-source', fields: settings });
        return hide(schema, settings);
      },
    );

    app.delete(
      '/v1/sources/:code/settings',
      {
        onRequest: access.requires(['admin']),
        schema: {
          operationId: 'deleteSourceSettings',
          summary: 'Disconnect a source from its platform (断开来源)',
          description:
            'Removes all settings, secrets included: what is pushed is refused as for a source that was never connected, and nothing is fetched or read. What was recorded stays.',
          tags: ['intake'],
          ...secured('admin'),
          params: SourceCode,
          response: answers({ 200: Ref(Settings) }),
        },
      },
      async ({ params: { code }, actor }) => {
        const { channel, settings: before } = await known(code);
        if (before)
          await change(code, channel, null, { actor: actor.name, action: 'disconnect-source', fields: before });
        return {};
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
