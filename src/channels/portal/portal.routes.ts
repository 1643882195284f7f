import multipart from '@fastify/multipart';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyError } from 'fastify';
import { type Static, Type } from 'typebox';
import { forgetContents, keepContent, type NewAttachment } from '../../attachments/attachments.service.ts';
import type { Storage } from '../../attachments/storage.ts';
import type { Intake } from '../../intake/intake.ts';
import type { Sources } from '../../intake/sources.service.ts';
import type { Access } from '../../platform/access/access.ts';
import type { KeyRing } from '../../platform/access/key-ring.ts';
import { systemActor } from '../../platform/access/keys.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import type { Database } from '../../platform/database/database.ts';
import { answers, Instant, Nullable, Ref } from '../../platform/openapi.ts';
import { describeProblem, notFound, ProblemError } from '../../platform/problem.ts';
import { checkForm, FormFields, toMessage, withoutName } from './form.ts';
import { notSentPage } from './pages.ts';
import { portal } from './portal.channel.ts';
import { createProofs } from './proofs.service.ts';
import { sendPage } from './send-page.ts';
import { type FormSettings, limitsOf, type PortalSettings } from './settings.ts';
import { IDLE_MS, readUpload, type Uploads } from './upload.ts';

const SourceParams = Type.Object({ source: Type.String({ maxLength: 40, description: 'Source code (来源)' }) });

const ChallengeSchema = Type.Object(
  { parameters: Type.Record(Type.String(), Type.Unknown()), signature: Type.String() },
  {
    $id: 'PortalChallenge',
    additionalProperties: false,
    description: 'A challenge of ALTCHA’s proof of work, version 2',
  },
);

const PortalAnswerSchema = Type.Object(
  {
    appealNumber: Type.String({ description: 'Number of the appeal (工单编号)' }),
    queryCode: Type.String({ description: 'With the number it opens the citizen’s own view (查询码)' }),
    receivedAt: Instant('收到时间'),
    receiptDueAt: Nullable(Instant('SMS receipt before then (短信回执时限)')),
  },
  { $id: 'PortalAnswer', additionalProperties: false, description: 'What the citizen keeps (回执)' },
);
type PortalAnswer = Static<typeof PortalAnswerSchema>;

interface Deps {
  db: Database;
  keyRing: KeyRing;
  clock: Clock;
  storage: Storage;
  sources: Sources;
  intake: Intake;
  access: Access;
  /** Machine milliseconds an upload may send nothing; default 20 s. */
  idleMs?: number;
}

/** Settings of a source whose form is open. @throws ProblemError 404 for any other. */
export async function openForm(sources: Sources, source: string): Promise<FormSettings> {
  const settings = await sources.settingsOf<PortalSettings>('portal', source);
  if (settings?.organisation === undefined) throw notFound({ en: 'A form of this source', zh: '该来源的网上写信页面' });
  return { ...settings, organisation: settings.organisation };
}

/** The public form's own calls: no key, a proof of work instead, and limits for each address. */
export function portalRoutes(deps: Deps): FastifyPluginAsyncTypebox {
  const { db, keyRing, sources, intake, access, idleMs = IDLE_MS } = deps;
  const proofs = createProofs({ db, keyRing });
  const actor = systemActor('portal');
  const uploads: Uploads = { held: 0, idleMs };

  return async (app) => {
    await app.register(multipart);
    // A browser that sends the form by itself, without our script, shows the answer to its user.
    app.setErrorHandler(async (error: FastifyError, request, reply) => {
      if (request.method !== 'POST' || !request.headers.accept?.includes('text/html')) throw error;
      const { source } = request.params as { source: string };
      const settings = await sources.settingsOf<PortalSettings>('portal', source);
      return sendPage(reply, notSentPage(settings?.phone ?? '12345'), describeProblem(error, request).status);
    });
    for (const schema of [ChallengeSchema, PortalAnswerSchema]) app.addSchema(schema);

    app.get(
      '/v1/portal/:source/challenge',
      {
        onRequest: access.perAddress(60, 60),
        schema: {
          operationId: 'getPortalChallenge',
          summary: 'A challenge to solve before sending the public form (安全校验)',
          tags: ['portal'],
          security: [],
          params: SourceParams,
          response: answers({ 200: Ref(ChallengeSchema) }),
        },
      },
      async ({ params: { source } }, reply) => {
        const { difficulty } = await openForm(sources, source);
        reply.header('cache-control', 'no-store');
        const { parameters, signature = '' } = await proofs.challenge(source, difficulty);
        return { parameters: { ...parameters }, signature };
      },
    );

    app.post(
      '/v1/portal/:source/messages',
      {
        onRequest: access.perAddress(30, 600),
        // The body is read as it arrives, and checked by `checkForm`; its schema here is for the document.
        validatorCompiler: () => () => true,
        schema: {
          operationId: 'postPortalForm',
          summary: 'Send the public form with its files (网上写信)',
          description:
            'Fields first, then files as `attachments`. Answered only after COMMIT. 201 recorded; 200 the same form again; 409 the same form with other content; 400 with the field, or the file by its name.',
          tags: ['portal'],
          security: [],
          consumes: ['multipart/form-data'],
          params: SourceParams,
          body: Type.Object({
            ...FormFields.properties,
            attachments: Type.Optional(
              Type.Array(Type.Unsafe<unknown>({ type: 'string', format: 'binary' }), {
                description: 'Files (附件), last',
              }),
            ),
          }),
          response: answers({ 200: Ref(PortalAnswerSchema), 201: Ref(PortalAnswerSchema) }),
        },
      },
      async (request, reply) => {
        const { source } = request.params;
        const settings = await openForm(sources, source);
        const kept: NewAttachment[] = [];
        let form: ReturnType<typeof checkForm> | undefined;
        let asked = false;
        reply.header('cache-control', 'no-store');
        try {
          await readUpload(
            uploads,
            request,
            limitsOf(settings),
            async (fields) => {
              form = checkForm(fields);
              await proofs.spend(source, form.altcha, form.form);
            },
            async (file) => {
              const name = form ? withoutName(form)(file.name) : file.name;
              kept.push(await keepContent(deps, { ...file, name }));
            },
          );
          const message = toMessage(source, form as ReturnType<typeof checkForm>, kept.map(hashOf));
          asked = true;
          const answer = await intake.accept(portal, message, actor, null, { attachments: kept });
          const known = answer.disposition === 'replayed';
          if (known) await forgetContents(deps, kept);
          return reply.status(known ? 200 : 201).send(toAnswer(answer));
        } catch (error) {
          // Asked and not refused: it may have been written all the same, and then it has these files.
          if (!asked || error instanceof ProblemError) await forgetContents(deps, kept);
          throw error;
        }
      },
    );
  };
}

const hashOf = ({ content }: NewAttachment): string => ('sha256' in content ? content.sha256.toString('hex') : '');

const toAnswer = ({ appealNumber, queryCode, receivedAt, receiptDueAt }: PortalAnswer): PortalAnswer => ({
  appealNumber,
  queryCode,
  receivedAt,
  receiptDueAt,
});
