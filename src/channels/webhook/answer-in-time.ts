import type { FastifyReply, FastifyRequest } from 'fastify';
import { ProblemError } from '../../platform/problem.ts';

/** Machine milliseconds from the request's arrival. WeChat and Weibo wait five seconds and try three times in all. */
const ANSWER_WITHIN_MS = 4_000;

export interface PushAnswer {
  type: 'text/plain' | 'text/xml' | 'application/json';
  payload: string;
}

/**
 * Answers a platform's push with what `work` returns, or with the refusal it throws. When nothing was committed in time,
 * or the intake cannot take anything now, the connection is closed without an answer: an answer of any kind would end the
 * platform's tries, and the message with them. Work that ends later is recognised when the push comes again.
 */
export async function answerInTime(
  request: FastifyRequest,
  reply: FastifyReply,
  work: () => Promise<PushAnswer>,
): Promise<FastifyReply> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), Math.max(0, ANSWER_WITHIN_MS - reply.elapsedTime));
  });
  const working = work();
  // Whatever comes of it after the connection was closed, nobody waits for it any more.
  working.catch(() => undefined);
  try {
    const answer = await Promise.race([working, late]);
    if (answer) return reply.type(`${answer.type}; charset=utf-8`).send(answer.payload);
    request.log.warn('a push was not recorded in time; the connection is closed so that the platform tries again');
  } catch (err) {
    if (isRefusal(err)) throw err;
    request.log.error({ err }, 'a push was not recorded; the connection is closed so that the platform tries again');
  } finally {
    clearTimeout(timer);
  }
  reply.hijack();
  request.raw.socket.destroy();
  return reply;
}

/** What would be refused again just the same. */
const isRefusal = (error: unknown): boolean =>
  error instanceof ProblemError && error.code !== 'busy' && error.code !== 'internal';
