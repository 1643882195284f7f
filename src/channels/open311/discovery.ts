import type { FastifyRequest } from 'fastify';

/** When this document last said something else. */
const CHANGED = '2026-11-24T00:00:00+08:00';

/** Where the endpoint is and what it speaks, as the request found it. */
export function discovery(request: Pick<FastifyRequest, 'protocol' | 'host'>) {
  return {
    changeset: CHANGED,
    contact: '12345政务服务便民热线',
    key_service: '密钥由热线管理员发放（权限 open311）。',
    endpoints: [
      {
        specification: 'http://wiki.open311.org/GeoReport_v2',
        url: `${request.protocol}://${request.host}/open311/v2`,
        changeset: CHANGED,
        type: 'production',
        formats: ['text/xml', 'application/json'],
      },
    ],
  };
}
