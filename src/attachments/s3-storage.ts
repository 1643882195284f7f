import { createHash } from 'node:crypto';
import { AwsClient } from 'aws4fetch';
import type { Storage } from './storage.ts';

/** Machine milliseconds one call may take, its body included. */
const CALL_MS = 60_000;
const RETRIES = 2;

/**
 * A bucket of an S3-compatible object storage (MinIO, Ceph, Aliyun OSS, Tencent COS, AWS). `url` is the bucket's own
 * address, in path or host style, with a prefix if wanted: keys are put beneath it. Content is sealed before it gets here.
 */
export function createS3Storage(settings: {
  url: string;
  region: string;
  accessKey: string;
  secretKey: string;
}): Storage {
  const client = new AwsClient({
    accessKeyId: settings.accessKey,
    secretAccessKey: settings.secretKey,
    service: 's3',
    region: settings.region,
    retries: RETRIES,
  });
  const base = settings.url.replace(/(?<!\/)\/+$/, '');

  async function call(method: 'PUT' | 'GET' | 'DELETE', key: string, content?: Buffer): Promise<Response> {
    return client.fetch(`${base}/${key}`, {
      method,
      signal: AbortSignal.timeout(CALL_MS),
      // The hash is signed, so that what arrives is what was sent even without TLS.
      ...(content === undefined
        ? {}
        : {
            body: content as Uint8Array<ArrayBuffer>,
            headers: { 'x-amz-content-sha256': createHash('sha256').update(content).digest('hex') },
          }),
    });
  }

  /** The body is read whatever it says: an unread one would keep its connection. It may quote the request, and is not told. */
  async function done(response: Response, what: string): Promise<void> {
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`the object storage answered ${response.status} to ${what}`);
  }

  return {
    put: async (key, content) => done(await call('PUT', key, content), 'put'),
    get: async (key) => {
      const response = await call('GET', key);
      if (response.ok) return Buffer.from(await response.arrayBuffer());
      if (response.status !== 404) await done(response, 'get');
      await response.arrayBuffer();
      return undefined;
    },
    remove: async (key) => {
      const response = await call('DELETE', key);
      if (response.status !== 404) await done(response, 'remove');
      else await response.arrayBuffer();
    },
  };
}
