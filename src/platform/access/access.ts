import type { FastifyInstance, FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { ProblemError } from '../problem.ts';
import { type Actor, hasScope, type Keys } from './keys.ts';

declare module 'fastify' {
  interface FastifyRequest {
    actor: Actor;
  }
}

type ScopesOf = (request: FastifyRequest) => string[];

/** Guards of routes: who calls, may they, and not too often. Runs before the body is read. */
export type Access = ReturnType<typeof createAccess>;

export function createAccess(keys: Keys) {
  const limiters = new Map<number, RateLimiterMemory>();
  const citizens = new RateLimiterMemory({ points: 30, duration: 60 });

  /** Lets a key through that holds any of the scopes. 401, 403 or 429 otherwise. */
  function requires(scopes: string[] | ScopesOf): onRequestAsyncHookHandler {
    return async (request) => {
      const actor = await identify(request);
      request.actor = actor;
      await limit(actor);
      const wanted = typeof scopes === 'function' ? scopes(request) : scopes;
      if (hasScope(actor, ...wanted)) return;
      throw new ProblemError('forbidden', {
        en: `The key needs one of these scopes: ${wanted.join(', ')}.`,
        zh: `密钥缺少权限：${wanted.join('、')}。`,
      });
    };
  }

  /** The same for a key that came otherwise than as bearer, as a protocol has it. */
  async function admit(key: string | undefined, scopes: string[]): Promise<Actor> {
    const actor = await known(key);
    await limit(actor);
    if (hasScope(actor, ...scopes)) return actor;
    throw new ProblemError('forbidden', {
      en: `The key needs one of these scopes: ${scopes.join(', ')}.`,
      zh: `密钥缺少权限：${scopes.join('、')}。`,
    });
  }

  function identify(request: FastifyRequest): Promise<Actor> {
    const [scheme, key] = (request.headers.authorization ?? '').split(' ');
    return known(scheme?.toLowerCase() === 'bearer' ? key : undefined);
  }

  async function known(key: string | undefined): Promise<Actor> {
    const actor = key ? await keys.authenticate(key) : undefined;
    if (!actor) {
      throw new ProblemError(
        'unauthenticated',
        {
          en: 'Send a known, unexpired key as `Authorization: Bearer …`.',
          zh: '请在 Authorization 中提供有效且未过期的密钥。',
        },
        {
          errors: [
            {
              pointer: '/headers/authorization',
              detail: 'is missing, unknown, expired or revoked',
              detailZh: '缺失、未知、过期或已吊销',
            },
          ],
        },
      );
    }
    return actor;
  }

  async function limit(actor: Actor): Promise<void> {
    if (actor.perMinute === undefined) return;
    let limiter = limiters.get(actor.perMinute);
    if (!limiter) {
      limiter = new RateLimiterMemory({ points: actor.perMinute, duration: 60 });
      limiters.set(actor.perMinute, limiter);
    }
    await take(limiter, actor.name);
  }

  /** Guard of the citizen's look-up: per caller address and per appeal number, so that codes cannot be tried out. */
  const citizen: onRequestAsyncHookHandler = async (request) => {
    request.actor = { name: 'citizen', scopes: [], perMinute: undefined };
    const { number } = request.params as { number?: string };
    await take(citizens, `address:${request.ip}`);
    if (number !== undefined) await lookUp(number);
  };

  /** For look-ups whose number is not in the address. */
  const lookUp = (number: string): Promise<void> => take(citizens, `number:${number}`);

  /** Guard of what anybody may call: so many requests from one address in so many machine seconds. */
  function perAddress(points: number, duration: number): onRequestAsyncHookHandler {
    const limiter = new RateLimiterMemory({ points, duration });
    return async (request) => {
      request.actor = { name: 'citizen', scopes: [], perMinute: undefined };
      await take(limiter, request.ip);
    };
  }

  return { requires, admit, citizen, lookUp, perAddress };
}

async function take(limiter: RateLimiterMemory, key: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (refused) {
    if (!(refused instanceof RateLimiterRes)) throw refused;
    throw new ProblemError(
      'too-many-requests',
      { en: 'Too many requests; slow down.', zh: '请求过于频繁，请稍后再试。' },
      { retryAfter: Math.ceil(refused.msBeforeNext / 1000) },
    );
  }
}

export function registerActor(app: FastifyInstance): void {
  app.decorateRequest('actor');
}
