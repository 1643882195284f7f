import type { FastifyInstance } from 'fastify';

/**
 * One line a request: what, by whom, how it ended, how long. The route's pattern instead of the address, because an
 * address may carry a query code.
 */
export function logRequests(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    const level = reply.statusCode >= 500 ? 'error' : 'info';
    request.log[level](
      {
        method: request.method,
        route: request.routeOptions.url ?? 'unknown',
        operation: (request.routeOptions.schema as { operationId?: string } | undefined)?.operationId,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        actor: request.actor?.name,
      },
      'request',
    );
  });
  app.addHook('onRequestAbort', async (request) => {
    request.log.info(
      { method: request.method, route: request.routeOptions.url ?? 'unknown' },
      'request aborted by the client',
    );
  });
}
