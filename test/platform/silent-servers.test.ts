import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { answered, callCentre, connect } from '../calls/support.ts';
import { type City, createCity } from '../support/city.ts';
import { mail, openMailbox, postMail, until } from '../support/mail.ts';
import t, { type Test } from '../support/tap.ts';

const MANY = 20;

/** A server that takes connections and never says a word. */
async function startSilentServer(t: Test) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async (): Promise<void> => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  t.teardown(close);
  return { port: (server.address() as AddressInfo).port, waiting: () => sockets.size, close };
}

/** Work for two servers that say nothing: recordings to fetch, acknowledgements to send. */
async function burden(t: Test, city: City) {
  const [recordings, letters] = [await startSilentServer(t), await startSilentServer(t)];
  await connect(city, '12345', { recordingBase: `http://127.0.0.1:${recordings.port}/rec` });
  const reply = { host: '127.0.0.1', port: letters.port, secure: false, from: 'mayor@city.example' };
  await openMailbox(city, 'mayor-mailbox', { reply });
  await callCentre(city).take(Array.from({ length: MANY }, (_, at) => answered({ recordingUrl: `${at}.wav` })));
  for (let at = 0; at < MANY; at++) await postMail(city, mail({ From: `citizen-${at}@example.com` }, `第 ${at} 封信`));
  // All at once, as the relay's scans would have it within seconds.
  const { queue, worker } = city.instance;
  await Promise.all(worker.kinds.flatMap((kind) => [0, 1, 2, 3].map((shard) => queue.nudge(kind, shard))));
  await until(async () => recordings.waiting() > 0 && letters.waiting() > 0);
  return { recordings, letters };
}

for (const redisUrl of new Set([undefined, process.env.TEST_REDIS_URL]))
  t.test(`two silent servers hold neither routing nor receipts: ${redisUrl ? 'Redis' : 'PostgreSQL'}`, async (t) => {
    const city = await createCity(t, { redisUrl });
    const { recordings, letters } = await burden(t, city);
    for (let at = 0; at < 3; at++) {
      const { appealId } = await city.register('phone', { body: '路灯不亮', sender: { phone: `1380000000${at}` } });
      await until(async () => (await city.receipts(appealId))[0]?.status === 'delivered');
      t.equal((await city.appeal(appealId)).status, 'assigned');
    }
    t.ok(recordings.waiting() > 0 && letters.waiting() > 0, 'both still say nothing');
    await Promise.all([recordings.close(), letters.close()]);
  });
