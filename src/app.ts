import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { v7 as uuid } from 'uuid';
import { appealsRoutes } from './appeals/appeals.routes.ts';
import { citizenRoutes } from './appeals/citizen.routes.ts';
import { numbersOf } from './appeals/lookup.service.ts';
import { attachmentsRoutes } from './attachments/attachments.routes.ts';
import { callsRoutes } from './calls/calls.routes.ts';
import { recordingsRoutes } from './calls/recordings.routes.ts';
import { mailboxWebhook } from './channels/mailbox/mailbox.webhook.ts';
import { open311Routes } from './channels/open311/open311.routes.ts';
import { phoneWebhook } from './channels/phone/phone.webhook.ts';
import { portalPages } from './channels/portal/pages.routes.ts';
import { portalRoutes } from './channels/portal/portal.routes.ts';
import { wechatWebhook } from './channels/wechat/wechat.webhook.ts';
import { weiboWebhook } from './channels/weibo/weibo.webhook.ts';
import { cityRoutes } from './city/city.routes.ts';
import type { Instance } from './compose.ts';
import { calendarRoutes } from './deadlines/calendar/calendar.routes.ts';
import { deadlineChangesRoutes } from './deadlines/changes.routes.ts';
import { policiesRoutes } from './deadlines/policies.routes.ts';
import { policyChoicesRoutes } from './deadlines/policy-choices.routes.ts';
import { assignmentsRoutes } from './departments/assignments.routes.ts';
import { feedRoutes } from './departments/feed.routes.ts';
import { workRoutes } from './departments/work.routes.ts';
import { escalationRoutes } from './escalation/escalation.routes.ts';
import { intakeRoutes } from './intake/intake.routes.ts';
import { previewRoutes } from './intake/preview.routes.ts';
import { sourcesRoutes } from './intake/sources.routes.ts';
import { mattersRoutes } from './matters/matters.routes.ts';
import { registerActor } from './platform/access/access.ts';
import { auditRoutes } from './platform/access/audit.routes.ts';
import { agendaRoutes } from './platform/agenda/agenda.routes.ts';
import { clockRoutes } from './platform/clock/clock.routes.ts';
import { healthRoutes } from './platform/health.ts';
import { registerOpenApi } from './platform/openapi.ts';
import { answerUnreadable, ProblemError, registerProblems, sendProblem } from './platform/problem.ts';
import { logRequests } from './platform/request-log.ts';
import { buildValidator, registerValidation } from './platform/validation.ts';
import { outboxRoutes, receiptsRoutes } from './receipts/receipts.routes.ts';
import { revealsRoutes } from './reveals/reveals.routes.ts';
import { triageRoutes } from './routing/triage.routes.ts';

/** The whole HTTP surface, in reading order. Builds, never listens. */
export async function buildApp(instance: Instance): Promise<FastifyInstance> {
  const { config, log, zone, clock } = instance;
  const app: FastifyInstance = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    requestIdHeader: false,
    trustProxy: config.TRUST_PROXY ?? false,
    clientErrorHandler: answerUnreadable,
    genReqId: () => uuid(),
    bodyLimit: 256 * 1024,
    // A citizen's pictures over a slow line; who sends nothing for a while is cut off by the upload itself.
    requestTimeout: 300_000,
    keepAliveTimeout: 72_000,
    return503OnClosing: true,
    schemaController: { compilersFactory: { buildValidator } },
    routerOptions: { maxParamLength: 300 },
    frameworkErrors: (_error, request, reply) =>
      sendProblem(
        request,
        reply,
        new ProblemError(
          'validation',
          { en: 'The address cannot be read.', zh: '请求地址无效。' },
          { errors: [{ pointer: '', detail: 'the address cannot be read', detailZh: '请求地址无效' }] },
        ),
      ),
  });

  registerProblems(app);
  registerValidation(app);
  registerActor(app);
  logRequests(app);
  instance.refusals.watch(app);
  await registerOpenApi(app, config.version);

  // A citizen's words come in, and the record they become.
  await app.register(intakeRoutes(instance));
  await app.register(wechatWebhook(instance));
  await app.register(weiboWebhook(instance));
  await app.register(open311Routes(instance));
  await app.register(phoneWebhook(instance));
  await app.register(callsRoutes(instance));
  await app.register(recordingsRoutes(instance));
  await app.register(mailboxWebhook(instance));
  await app.register(previewRoutes(instance));
  await app.register(appealsRoutes(instance));
  await app.register(attachmentsRoutes(instance));
  await app.register(citizenRoutes(instance));
  await app.register(portalRoutes(instance));
  await app.register(portalPages(instance));

  await app.register(cityRoutes(instance));
  await app.register(sourcesRoutes(instance));

  // The desk decides, the department works.
  await app.register(triageRoutes(instance));
  await app.register(mattersRoutes(instance));
  await app.register(revealsRoutes(instance));
  await app.register(feedRoutes(instance));
  await app.register(assignmentsRoutes(instance));
  await app.register(workRoutes(instance));

  // The rules of time, and who changed them.
  await app.register(policiesRoutes(instance));
  await app.register(policyChoicesRoutes(instance));
  await app.register(auditRoutes({ ...instance, format: zone.formatInstant }));

  // Which days are worked, and what moved because of them.
  await app.register(calendarRoutes({ ...instance, numbersOf }));
  await app.register(deadlineChangesRoutes(instance));

  // What operations asks at 09:55.
  await app.register(receiptsRoutes(instance));
  await app.register(escalationRoutes(instance));
  await app.register(agendaRoutes({ ...instance, format: zone.formatInstant }));
  await app.register(healthRoutes(instance));

  if (!config.production) {
    await app.register(clockRoutes({ ...instance, clock, format: zone.formatInstant }));
    await app.register(outboxRoutes(instance));
  }
  return app;
}
