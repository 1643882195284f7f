import type { Socket } from 'node:net';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { isUnavailable } from './database/database.ts';

/** One wrong place in the input: JSON Pointer into the body (or `/query/…`, `/headers/…`) and the reason. */
export interface ProblemField {
  pointer: string;
  detail: string;
  detailZh: string;
}

/** Catalogue of problem types (RFC 9457): code → status and titles. The code is the last part of `type`. */
const problems = {
  validation: [400, 'The request is not valid', '请求内容有误'],
  'malformed-body': [400, 'The body cannot be read', '无法解析请求内容'],
  unauthenticated: [401, 'A valid key is required', '需要有效的密钥'],
  forbidden: [403, 'This key may not do that', '该密钥无权执行此操作'],
  'not-found': [404, 'Not found', '未找到'],
  'method-not-allowed': [405, 'Method not allowed', '不支持的请求方法'],
  conflict: [409, 'The request conflicts with what is recorded', '与已有记录冲突'],
  'forbidden-transition': [409, 'This action is not allowed in the current state', '当前状态不允许此操作'],
  'clock-conflict': [409, 'The clock cannot be moved that way', '时钟不能这样调整'],
  'stale-version': [412, 'The record has changed since it was read', '记录已被修改'],
  'body-too-large': [413, 'The body is too large', '请求内容过大'],
  'unsupported-media-type': [415, 'Unsupported content type', '不支持的内容类型'],
  'idempotency-key-reused': [422, 'The idempotency key was used with another body', '幂等键已用于其他内容'],
  'version-required': [428, 'If-Match is required', '缺少 If-Match'],
  'too-many-requests': [429, 'Too many requests', '请求过于频繁'],
  internal: [500, 'Something went wrong on our side', '系统内部错误'],
  busy: [503, 'Busy, try again shortly', '系统繁忙，请稍后重试'],
} as const satisfies Record<string, readonly [number, string, string]>;

export type ProblemCode = keyof typeof problems;

/** A refusal that the caller is told about. `detail` never holds personal data. */
export class ProblemError extends Error {
  override name = 'ProblemError';
  readonly code: ProblemCode;
  readonly detail: string;
  readonly detailZh: string;
  readonly errors: ProblemField[] | undefined;
  readonly extra: Record<string, unknown> | undefined;
  readonly retryAfter: number | undefined;

  constructor(
    code: ProblemCode,
    detail: { en: string; zh: string },
    more: { errors?: ProblemField[]; extra?: Record<string, unknown>; retryAfter?: number } = {},
  ) {
    super(detail.en);
    this.code = code;
    this.detail = detail.en;
    this.detailZh = detail.zh;
    this.errors = more.errors;
    this.extra = more.extra;
    this.retryAfter = more.retryAfter;
  }
}

/** HTTP status of a refusal. */
export const statusOf = (problem: ProblemError): number => problems[problem.code][0];

/** A 400 for one field found wrong after schema validation. */
export function fieldProblem(pointer: string, en: string, zh: string): ProblemError {
  return new ProblemError(
    'validation',
    { en: `${pointer || '/'} ${en}`, zh: `${pointer || '/'} ${zh}` },
    { errors: [{ pointer, detail: en, detailZh: zh }] },
  );
}

/** A name as one part of a JSON pointer (RFC 6901). */
export const pointerPart = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

export function notFound(what: { en: string; zh: string }): ProblemError {
  return new ProblemError('not-found', { en: `${what.en} was not found.`, zh: `未找到${what.zh}。` });
}

export const ProblemSchema = Type.Object(
  {
    type: Type.String({ description: 'Stable URI of the kind of problem.' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    instance: Type.String({ description: 'Id of the request, as in the logs.' }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({ pointer: Type.String({ description: 'JSON Pointer to the field.' }), detail: Type.String() }),
      ),
    ),
    allowed: Type.Optional(Type.Array(Type.String(), { description: 'Actions allowed in the current state.' })),
  },
  { $id: 'Problem', additionalProperties: false, description: 'Problem details, RFC 9457 (问题详情)' },
);

/** Answers every failure as `application/problem+json`: thrown errors, unknown routes, unusable URLs. */
export function registerProblems(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => sendProblem(request, reply, toProblem(error, request)));
  app.setNotFoundHandler({ preHandler: [] }, (request, reply) =>
    sendProblem(
      request,
      reply,
      new ProblemError('not-found', { en: 'There is nothing at this address.', zh: '该地址不存在。' }),
    ),
  );
}

export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: ProblemError): FastifyReply {
  const [status, title, titleZh] = problems[problem.code];
  const chinese = /^\s*zh\b/i.test(request.headers['accept-language'] ?? '');
  if (problem.retryAfter !== undefined) reply.header('retry-after', String(problem.retryAfter));
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  return reply
    .status(status)
    .type('application/problem+json')
    .serializer((body: unknown) => JSON.stringify(body))
    .send({
      type: `urn:minsheng:problem:${problem.code}`,
      title: chinese ? titleZh : title,
      status,
      detail: chinese ? problem.detailZh : problem.detail,
      instance: request.id,
      ...(problem.errors
        ? {
            errors: problem.errors.map(({ pointer, detail, detailZh }) => ({
              pointer,
              detail: chinese ? detailZh : detail,
            })),
          }
        : {}),
      ...problem.extra,
    });
}

/** A failure as a page for people tells it, in Chinese. */
export function describeProblem(
  error: FastifyError,
  request: FastifyRequest,
): { status: number; title: string; detail: string } {
  const { code, detailZh } = toProblem(error, request);
  const [status, , title] = problems[code];
  return { status, title, detail: detailZh };
}

/** Fastify's own refusals mapped to the catalogue; anything else is ours to mend and says nothing about itself. */
export function toProblem(error: FastifyError, request: FastifyRequest): ProblemError {
  if (error instanceof ProblemError) return error;
  const whole = (en: string, zh: string): { errors: ProblemField[] } => ({
    errors: [{ pointer: '', detail: en, detailZh: zh }],
  });
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new ProblemError(
        'body-too-large',
        { en: 'The body is larger than this call accepts.', zh: '请求内容超过上限。' },
        whole('is too large', '过大'),
      );
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new ProblemError(
        'unsupported-media-type',
        { en: 'Send application/json.', zh: '请使用 application/json。' },
        {
          errors: [
            { pointer: '/headers/content-type', detail: 'must be application/json', detailZh: '应为 application/json' },
          ],
        },
      );
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new ProblemError(
        'malformed-body',
        { en: 'The body is empty or cut off.', zh: '请求内容为空或不完整。' },
        whole('is empty or cut off', '为空或不完整'),
      );
    default:
  }
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return new ProblemError(
      'validation',
      { en: 'The request cannot be understood.', zh: '无法理解该请求。' },
      whole('cannot be understood', '无法理解'),
    );
  }
  if (error.statusCode === 503) {
    return new ProblemError(
      'busy',
      { en: 'The service is stopping or busy.', zh: '服务正在停止或繁忙。' },
      { retryAfter: 1 },
    );
  }
  if (isUnavailable(error)) {
    request.log.warn({ err: error }, 'the database is not available');
    return new ProblemError(
      'busy',
      {
        en: 'The database does not answer; send the request again, it is recognised if it was written.',
        zh: '数据库暂不可用，请稍后重发，已写入的来件会被识别。',
      },
      { retryAfter: 2 },
    );
  }
  request.log.error({ err: error }, 'request failed');
  return new ProblemError('internal', {
    en: 'The request failed on our side; it was logged.',
    zh: '系统处理失败，已记录日志。',
  });
}

/** Bytes that are no HTTP request (broken headers, too long, too slow) get their problem too; nothing is parsed yet. */
export function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify({
    type: 'urn:minsheng:problem:validation',
    title: problems.validation[1],
    status: 400,
    detail: 'The request cannot be read as HTTP.',
    instance: 'unread',
    errors: [{ pointer: '', detail: 'cannot be read as HTTP' }],
  });
  const head = [
    'HTTP/1.1 400 Bad Request',
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  socket.end([...head, 'connection: close', '', body].join('\r\n'));
}
