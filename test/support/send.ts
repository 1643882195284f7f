import { Agent, request as httpRequest } from 'node:http';
import type { InjectOptions } from 'fastify';

/** How a request goes out: `unread` hangs up before the answer is read, `half` in the middle of its own body. */
export type Manner = 'whole' | 'unread' | 'half';

export interface Answer {
  status: number;
  body: string;
  headers: Record<string, string | string[] | undefined>;
  /** Machine milliseconds from the first byte sent to the last one read. */
  ms: number;
}

/** `unreachable`: nobody listens, or the connection broke; `timeout`: no answer within the sender's patience. */
export type Sent = Answer | 'unread' | 'half' | 'unreachable' | 'timeout';

const keepAlive = new Agent({ keepAlive: true, maxSockets: 64 });

/**
 * Sends a request, in the form the tests inject it, over a real connection to a port of this machine.
 * @param hangUpMs of `unread`: machine milliseconds between the last byte sent and the end of the connection.
 */
export function send(
  port: number,
  { method = 'GET', url, query, headers, payload }: InjectOptions,
  {
    manner = 'whole',
    timeoutMs = 30_000,
    hangUpMs = 0,
  }: { manner?: Manner; timeoutMs?: number; hangUpMs?: number } = {},
): Promise<Sent> {
  const body = payload === undefined ? undefined : Buffer.from(payload as string | Buffer);
  const search = query ? `?${new URLSearchParams(query as Record<string, string>)}` : '';
  return new Promise((resolve) => {
    const begun = performance.now();
    const request = httpRequest(
      {
        host: '127.0.0.1',
        port,
        method: String(method),
        path: `${String(url)}${search}`,
        headers: { ...(headers as Record<string, string>), ...(body ? { 'content-length': body.length } : {}) },
        agent: manner === 'whole' ? keepAlive : false,
      },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', () => resolve('unreachable'));
        response.on('end', () => {
          const ms = performance.now() - begun;
          const { statusCode: status = 0, headers: given } = response;
          resolve({ status, headers: given, body: Buffer.concat(parts).toString(), ms });
        });
      },
    );
    request.on('error', () => resolve(manner === 'whole' ? 'unreachable' : manner));
    request.setTimeout(timeoutMs, () => {
      resolve('timeout');
      request.destroy();
    });
    if (manner === 'whole') {
      request.end(body);
      return;
    }
    const hangUp = (): void => {
      resolve(manner);
      request.destroy();
    };
    if (manner === 'half') request.write(body?.subarray(0, Math.ceil(body.length / 2)) ?? '', () => hangUp());
    else request.end(body, () => setTimeout(hangUp, hangUpMs));
  });
}
