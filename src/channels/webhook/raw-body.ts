import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { ProblemError } from '../../platform/problem.ts';

/**
 * Hands every body on as text, whatever its content type says: platforms label theirs as they like. For the scope of one
 * plugin only.
 */
export function takeBodiesAsText(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request: unknown, raw: Buffer) => {
    if (!isUtf8(raw)) throw unreadable('is not UTF-8', '不是 UTF-8 编码');
    return raw.toString('utf8');
  });
}

export function unreadable(detail: string, detailZh: string): ProblemError {
  return new ProblemError(
    'malformed-body',
    { en: `The body ${detail}.`, zh: `请求内容${detailZh}。` },
    { errors: [{ pointer: '', detail, detailZh }] },
  );
}
