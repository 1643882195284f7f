import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { v7 as uuid } from 'uuid';
import { appealsRoutes } from './appeals/appeals.routes.ts';
import { citizenRoutes } from './appeals/citizen.routes.ts';
import { cityRoutes } from './city/city.routes.ts';
import type { Instance } from './compose.ts';
import { assignmentsRoutes } from './departments/assignments.routes.ts';
import { feedRoutes } from './departments/feed.routes.ts';
import { workRoutes } from './departments/work.routes.ts';
import { escalationRoutes } from './escalation/escalation.routes.ts';
import { intakeRoutes } from './intake/intake.routes.ts';
import { previewRoutes } from './intake/preview.routes.ts';
import { sourcesRoutes } from './intake/sources.routes.ts';
import { mattersRoutes } from './matters/matters.routes.ts';
import { registerActor } from './platform/access/access.ts';
import { agendaRoutes } from './platform/agenda/agenda.routes.ts';
import { clockRoutes } from './platform/clock/clock.routes.ts';
import { healthRoutes } from './platform/health.ts';
import { registerOpenApi } from './platform/openapi.ts';
import { answerUnreadable, ProblemError, registerProblems, sendProblem } from './platform/problem.ts';
import { logRequests } from './platform/request-log.ts';
import { buildValidator, registerValidation } from './platform/validation.ts';
import { outboxRoutes, receiptsRoutes } from './receipts/receipts.routes.ts';
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
    requestTimeout: 60_000,
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
  await registerOpenApi(app, config.version);

  // A citizen's words come in, and the record they become.
  await app.register(intakeRoutes(instance));
  await app.register(previewRoutes(instance));
  await app.register(appealsRoutes(instance));
  await app.register(citizenRoutes(instance));

  await app.register(cityRoutes(instance));
  await app.register(sourcesRoutes(instance));

  // The desk decides, the department works.
  await app.register(triageRoutes(instance));
  await app.register(mattersRoutes(instance));
  await app.register(feedRoutes(instance));
  await app.register(assignmentsRoutes(instance));
  await app.register(workRoutes(instance));

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
