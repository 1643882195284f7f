import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createS3Storage } from '../../src/attachments/s3-storage.ts';
import { createFolderStorage, type Storage } from '../../src/attachments/storage.ts';
import { s3Keys, startS3Server } from '../support/s3-server.ts';
import t, { type Test } from '../support/tap.ts';

const KEY = '018f2d7c-1111-7000-8000-0000000000ab';

async function keeps(t: Test, storage: Storage): Promise<void> {
  const content = randomBytes(300_000);
  t.equal(await storage.get(KEY), undefined);
  await storage.put(KEY, content);
  t.ok((await storage.get(KEY))?.equals(content));
  await storage.put(KEY, Buffer.from('again'));
  t.equal(String(await storage.get(KEY)), 'again', 'the same key replaces');
  await storage.remove(KEY);
  await storage.remove(KEY);
  t.equal(await storage.get(KEY), undefined, 'removed, twice is once');
}

t.test('a folder', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'minsheng-storage-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  await keeps(t, createFolderStorage(folder));
  t.same(readdirSync(path.join(folder, 'ab')), [], 'nothing half is left');
});

t.test('a bucket', async (t) => {
  const server = await startS3Server(t);
  const storage = createS3Storage({ url: `${server.url}/`, ...s3Keys });
  await keeps(t, storage);
  await storage.put(KEY, Buffer.from('x'));
  t.same([...server.objects.keys()], [`/bucket/minsheng/${KEY}`], 'under the prefix');
  server.fail(2);
  t.equal(String(await storage.get(KEY)), 'x', 'a storage that is busy for a moment is asked again');
  server.fail(9);
  await t.rejects(storage.put(KEY, Buffer.from('y')), { message: /503/ });
  server.fail(0);
  t.equal(String(await storage.get(KEY)), 'x');
});

t.test('a bucket that does not know our key: an error, never an empty file', async (t) => {
  const server = await startS3Server(t);
  const storage = createS3Storage({ url: server.url, ...s3Keys, secretKey: 'another' });
  await t.rejects(storage.put(KEY, Buffer.from('x')), { message: 'the object storage answered 403 to put' });
  await t.rejects(storage.get(KEY), { message: /403/ });
  await t.rejects(storage.remove(KEY), { message: /403/ });
});
