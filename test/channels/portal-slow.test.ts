import { existsSync, readdirSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Fastify, { type FastifyBaseLogger } from 'fastify';
import { portalRoutes } from '../../src/channels/portal/portal.routes.ts';
import { registerActor } from '../../src/platform/access/access.ts';
import { ProblemSchema, registerProblems } from '../../src/platform/problem.ts';
import { buildValidator, registerValidation } from '../../src/platform/validation.ts';
import { createCity } from '../support/city.ts';
import { png } from '../support/files.ts';
import { formFields, multipart, openPortal } from '../support/portal.ts';
import t from '../support/tap.ts';

const IDLE_MS = 400;
const city = await createCity(t, { logLevel: 'info' });
await openPortal(city);
const url = await listen();

/** The portal's own routes with another patience, on a port: only a socket can be slow. */
async function listen(): Promise<URL> {
  const app = Fastify({
    loggerInstance: city.instance.log as FastifyBaseLogger,
    schemaController: { compilersFactory: { buildValidator } },
  });
  registerProblems(app);
  registerValidation(app);
  registerActor(app);
  app.addSchema(ProblemSchema);
  await app.register(portalRoutes({ ...city.instance, idleMs: IDLE_MS }));
  await app.listen({ port: 0, host: '127.0.0.1' });
  t.teardown(() => app.close());
  return new URL(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`);
}

/** What of the form lies in the storage, half written files included. */
const stored = (): string[] => {
  const folder = path.join(city.dataDir, 'attachments');
  const all = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
  return all.filter((name) => name.includes('/'));
};

/** Sends a form in pieces with pauses. @returns what was answered before the connection ended. */
async function trickle(pieces: readonly Buffer[], whole: number, type: string, pauseMs: number): Promise<string> {
  const socket = connect(Number(url.port), url.hostname);
  let answer = '';
  socket.setEncoding('latin1').on('data', (text) => {
    answer += text;
  });
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => resolve()).on('error', () => {});
  });
  const head = [`content-type: ${type}`, `content-length: ${whole}`, 'host: portal', 'connection: close'];
  socket.write(`POST /v1/portal/portal/messages HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n`);
  for (const piece of pieces) {
    if (!socket.writable) break;
    socket.write(piece);
    await sleep(pauseMs);
  }
  await closed;
  return answer;
}

async function formOf(body: string): Promise<{ form: Buffer; type: string; atFile: number }> {
  const content = Buffer.concat([png, Buffer.alloc(4_000)]);
  const { payload, headers } = multipart(await formFields(city, { body }), [{ name: 'a.png', content }]);
  return { form: payload, type: headers['content-type'] ?? '', atFile: payload.indexOf('filename=') + 200 };
}

t.test('an upload that falls silent is cut off, wherever it stops; nothing of it is left', async (t) => {
  const before = await city.counts();
  const left = (lines: string[]) => lines.filter((line) => !/portal_proofs/.test(line));
  const { form, type, atFile } = await formOf('写到一半的信');
  for (const [where, end] of [
    ['before a byte of the form', 0],
    ['in a field', 120],
    ['in a file', atFile],
  ] as const) {
    const answer = await trickle([form.subarray(0, end)], form.length, type, 0);
    t.notMatch(answer, /HTTP\/1.1 2/, where);
  }
  t.same(left(await city.counts()), left(before));
  t.same(stored(), []);
  t.notOk(
    city.logs.some((line) => /"level":"?(error|50)/.test(line)),
    'whoever goes away is no failure of ours',
  );
});

t.test('an upload that is slow and steady is taken; the service was never in the way of others', async (t) => {
  const { form, type, atFile } = await formOf('慢慢写的信，一点一点传上来');
  const step = Math.ceil((form.length - atFile) / 8);
  const rest = Array.from({ length: 8 }, (_, at) => form.subarray(atFile + at * step, atFile + (at + 1) * step));
  const began = Date.now();
  const slow = trickle([form.subarray(0, atFile), ...rest], form.length, type, IDLE_MS / 3);
  const quick = await formOf('别人的信');
  t.match(await trickle([quick.form], quick.form.length, quick.type, 0), /^HTTP\/1.1 201/);
  t.match(await slow, /^HTTP\/1.1 201/);
  t.ok(Date.now() - began > IDLE_MS * 2, 'longer than it may be silent');
  t.equal(stored().length, 2, 'each with its file');
});
