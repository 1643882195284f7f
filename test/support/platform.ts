import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from './tap.ts';

/** What a platform answers: JSON, bytes, or another status; or it hangs up. */
export type PlatformAnswer = object | Buffer | { status: number; body?: object } | 'hang-up';

/**
 * A platform's API on loopback, for as long as the test lasts: the peer that a source's base URL points to.
 * @returns its address and every request it got, as `METHOD path?query`.
 */
export async function startPlatform(
  t: Test,
  answer: (url: URL, body: string) => PlatformAnswer,
): Promise<{ base: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      asked.push(`${request.method} ${request.url}`);
      const given = answer(new URL(request.url ?? '/', 'http://platform'), Buffer.concat(parts).toString());
      if (given === 'hang-up') {
        request.socket.destroy();
        return;
      }
      const { status = 200, body } = 'status' in given ? (given as { status: number; body?: object }) : { body: given };
      response.writeHead(status, { 'content-type': Buffer.isBuffer(body) ? 'image/jpeg' : 'text/plain' });
      response.end(Buffer.isBuffer(body) ? body : JSON.stringify(body ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}
