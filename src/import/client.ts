import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { setTimeout as wait } from 'node:timers/promises';
import { ImportError } from './map.ts';

export interface Answer {
  status: number;
  retryAfter: number | undefined;
  body: unknown;
}

/** Refused for good: `application/problem+json`, or what else came. */
export interface Problem {
  type?: string;
  title?: string;
  detail?: string;
  errors?: { pointer: string; detail: string }[];
}

export interface Client {
  /**
   * Sends until there is an answer that counts: 503, 429, 502, 504 and broken connections are tried again, as
   * `Retry-After` says or with growing pauses.
   * @throws ImportError when nothing counted for `giveUpAfter`, AbortError when interrupted while waiting.
   */
  send(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer>;
  /** Ends waiting and moves of the clock; messages in flight are finished. */
  readonly interrupt: AbortSignal;
  /** Waits a moment before something is tried again. @throws AbortError when interrupted. */
  pause: () => Promise<void>;
  retries: () => number;
  close: () => void;
}

export interface ClientOptions {
  url: string;
  key: string;
  concurrency: number;
  interrupt: AbortSignal;
  /** How long one request may go without an answer that counts, in machine milliseconds. */
  giveUpAfter: number;
  /** Told why a request is tried again, and with undefined that one was answered. */
  onTrouble: (reason: string | undefined) => void;
}

const MESSAGE_TIMEOUT = 60_000;
/** A long stretch of simulated time is worked off within one request. */
const CLOCK_TIMEOUT = 30 * 60_000;
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 10_000;

/** node:http rather than fetch: fetch gives up on an answer after five minutes, and moving the clock may take longer. */
export function createClient(options: ClientOptions): Client {
  const base = toBase(options.url);
  const settings = { keepAlive: true, maxSockets: options.concurrency + 1 };
  const agent = base.protocol === 'https:' ? new HttpsAgent(settings) : new HttpAgent(settings);
  let retries = 0;

  function once(method: string, path: string, payload: string | undefined, isClock: boolean): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers: Record<string, string> = { authorization: `Bearer ${options.key}`, accept: 'application/json' };
      if (payload !== undefined)
        Object.assign(headers, {
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(payload)),
        });
      const call = base.protocol === 'https:' ? httpsRequest : httpRequest;
      const signal = isClock ? options.interrupt : undefined;
      const request = call(
        new URL(path, base),
        { method, agent, headers, ...(signal ? { signal } : {}) },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const after = Number(response.headers['retry-after']);
            const retryAfter = Number.isFinite(after) ? after * 1_000 : undefined;
            resolve({
              status: response.statusCode ?? 0,
              retryAfter,
              body: parse(Buffer.concat(chunks).toString('utf8')),
            });
          });
        },
      );
      request.setTimeout(isClock ? CLOCK_TIMEOUT : MESSAGE_TIMEOUT, () =>
        request.destroy(new Error('no answer in time')),
      );
      request.on('error', reject);
      request.end(payload);
    });
  }

  async function send(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const isClock = path.startsWith('/v1/dev/clock');
    const started = performance.now();
    for (let attempt = 0; ; attempt += 1) {
      let reason: string;
      let pause = Math.min(FIRST_PAUSE * 2 ** Math.min(attempt, 10), LONGEST_PAUSE) * (0.5 + Math.random() / 2);
      try {
        const answer = await once(method, path, payload, isClock);
        if (![429, 502, 503, 504].includes(answer.status)) {
          options.onTrouble(undefined);
          return answer;
        }
        reason = `answers ${answer.status}`;
        pause = Math.max(pause, answer.retryAfter ?? 0);
      } catch (error) {
        if (isClock && options.interrupt.aborted) throw error;
        reason = `cannot be reached (${error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : String(error)})`;
      }
      if (performance.now() - started + pause > options.giveUpAfter) {
        throw new ImportError(
          `${base.origin} ${reason}; gave up after ${Math.round((performance.now() - started) / 1_000)} s of trying.`,
        );
      }
      retries += 1;
      options.onTrouble(`${base.origin} ${reason}`);
      await wait(pause, undefined, { signal: options.interrupt });
    }
  }

  const pause = (): Promise<void> => wait(FIRST_PAUSE, undefined, { signal: options.interrupt });
  return { send, pause, interrupt: options.interrupt, retries: () => retries, close: () => agent.destroy() };
}

function toBase(url: string): URL {
  const base = URL.canParse(url) ? new URL(url) : undefined;
  if (base?.protocol !== 'http:' && base?.protocol !== 'https:')
    throw new ImportError(`--url ${url} is not an http or https address.`);
  return base;
}

function parse(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
