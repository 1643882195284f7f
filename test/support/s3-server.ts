import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from './tap.ts';

export interface S3Server {
  /** Address of its bucket. */
  url: string;
  objects: Map<string, Buffer>;
  /** How many of the next calls are answered with 503. */
  fail(times: number): void;
}

export const s3Keys = { region: 'cn-test-1', accessKey: 'AKIDTEST', secretKey: 'secret/of+the=test' };

/**
 * A storage on loopback that speaks as much of S3 as three calls need. It checks each signature by itself, from what
 * arrived, as the specification says (AWS Signature Version 4, "Create a signed request"): the peer, not our code.
 */
export async function startS3Server(t: Test): Promise<S3Server> {
  const objects = new Map<string, Buffer>();
  let failing = 0;
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    const [status, content] = answerTo(request, body);
    response.writeHead(status).end(content);
  });

  function answerTo(request: IncomingMessage, body: Buffer): [status: number, content?: Buffer] {
    if (failing > 0) {
      failing -= 1;
      return [503];
    }
    if (!isSigned(request, body)) return [403];
    const key = request.url ?? '';
    if (request.method === 'PUT') {
      objects.set(key, body);
      return [200];
    }
    if (request.method === 'DELETE') {
      objects.delete(key);
      return [204];
    }
    const content = objects.get(key);
    return content ? [200, content] : [404];
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => new Promise((resolve) => server.close(resolve)));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/bucket/minsheng`,
    objects,
    fail: (times) => {
      failing = times;
    },
  };
}

const sha256 = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: Buffer | string, data: string): Buffer => createHmac('sha256', key).update(data).digest();

function isSigned(request: IncomingMessage, body: Buffer): boolean {
  const given =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      request.headers.authorization ?? '',
    );
  if (!given) return false;
  const [, accessKey, day = '', region = '', signedHeaders = '', signature] = given;
  const at = String(request.headers['x-amz-date']);
  const hash = String(request.headers['x-amz-content-sha256']);
  if (accessKey !== s3Keys.accessKey || region !== s3Keys.region || !at.startsWith(day)) return false;
  if (request.method === 'PUT' && hash !== sha256(body)) return false;
  const names = signedHeaders.split(';');
  if (!names.includes('host') || !names.includes('x-amz-date') || !names.includes('x-amz-content-sha256')) return false;
  const headers = names.map((name) => `${name}:${String(request.headers[name]).trim()}\n`).join('');
  const canonical = [request.method, request.url, '', headers, signedHeaders, hash].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', at, scope, sha256(canonical)].join('\n');
  const key = [day, region, 's3', 'aws4_request'].reduce<Buffer | string>(hmac, `AWS4${s3Keys.secretKey}`);
  return hmac(key, toSign).toString('hex') === signature;
}
