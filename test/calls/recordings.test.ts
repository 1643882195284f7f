import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Call } from '../../src/calls/calls.schema.ts';
import { freePort } from '../../src/platform/database/embedded/free-port.ts';
import { createCity, type Problem } from '../support/city.ts';
import { until } from '../support/mail.ts';
import t from '../support/tap.ts';
import { answered, callCentre, connect } from './support.ts';

/** The head of a sound file: it is known by its content. */
const WAV = 'RIFF\x24\0\0\0WAVEfmt \x10\0\0\0';

/** The call centre's own server: what it has by path, and who asked for what. */
const files = new Map<string, { type: string; body: string; status?: number }>();
const asked: string[] = [];
/** Answers that never end, and whether who asked has hung up. */
const endless: boolean[] = [];
const server = createServer((request, response) => {
  asked.push(`${request.headers.authorization} ${request.url}`);
  if (request.url === '/rec/endless.wav') {
    const at = endless.push(false) - 1;
    response.on('close', () => {
      endless[at] = true;
    });
    response.writeHead(503, { 'content-type': 'text/plain' });
    response.write('busy');
    return;
  }
  const file = files.get(request.url ?? '');
  response.writeHead(file ? (file.status ?? 200) : 404, { 'content-type': file?.type ?? 'text/plain' });
  response.end(file?.body ?? 'no');
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const city = await createCity(t);
t.teardown(() => server.close());
await connect(city, '12345', { recordingBase: `${base}/rec`, recordingAuthorization: 'Basic rec' });
const { callOf, take } = callCentre(city);
const listener = await city.key('recordings');

interface Recording {
  id: string;
  state: string;
  sha256: string | null;
  mediaType: string | null;
  failure: string | null;
}
const recordingsOf = (call: Call, of = city) => of.all<Recording>(`/v1/calls/${call.id}/recordings`);
const attachmentsOf = (messageId: string) =>
  city.rows<{ id: string; appeal_id: string }>('select id, appeal_id from attachments where message_id = $1', [
    messageId,
  ]);

t.test('fetched before it expires, hashed, opened by its own scope only and never unrecorded', async (t) => {
  files.set('/rec/a.wav', { type: 'application/force-download', body: WAV });
  const event = answered({ callId: 'rec-1', recordingUrl: `${base}/rec/a.wav` });
  const call = await callOf([event, event]);
  await city.clock.settle();
  t.match(asked, ['Basic rec /rec/a.wav'], 'once');
  const [recording] = await recordingsOf(call);
  t.match(recording, {
    state: 'stored',
    mediaType: 'audio/wav',
    sha256: createHash('sha256').update(WAV).digest('hex'),
  });
  const content = `/v1/calls/${call.id}/recordings/${recording?.id}/content`;
  const dispatcher = await city.key('dispatch', 'operations');
  t.equal((await city.call('GET', content, undefined, dispatcher)).status, 403);
  t.equal((await city.call('GET', '/v1/calls', undefined, listener)).status, 403, 'it opens nothing else');
  const heard = await city.call<string>('GET', content, undefined, listener);
  t.match(heard, { status: 200, body: WAV, headers: { 'content-type': 'application/octet-stream' } });
  t.match(await city.rows(`select actor, subject, at from audit where action = 'read-recording'`), [
    { actor: /^key:test-/, subject: recording?.id },
  ]);
  const other = await callOf(answered({ callId: 'rec-other' }));
  t.equal((await city.call('GET', content.replace(call.id, other.id), undefined, listener)).status, 404);

  const message = await city.register('phone', { call: { callId: 'rec-1' } });
  t.same(
    await attachmentsOf(message.messageId),
    [{ id: recording?.id, appeal_id: message.appealId }],
    'given to its message later',
  );
});

t.test('told by the message first, or alone', async (t) => {
  files.set('/rec/b.wav', { type: 'audio/wav', body: 'RIFF-b' });
  const message = await city.register('phone', { call: { callId: 'rec-2', recordingUrl: `${base}/rec/b.wav` } });
  t.equal((await attachmentsOf(message.messageId)).length, 1);
  const call = await callOf(answered({ callId: 'rec-2', recordingUrl: `${base}/rec/b.wav` }));
  await city.clock.settle();
  t.match(await recordingsOf(call), [{ state: 'stored', mediaType: 'application/octet-stream' }], 'not by its word');
  t.equal((await attachmentsOf(message.messageId)).length, 1, 'one address is one recording');
  const early = await city.register('phone', { call: { callId: 'rec-3' } });
  await take(answered({ callId: 'rec-3', recordingUrl: `${base}/rec/b2.wav` }));
  t.equal((await attachmentsOf(early.messageId)).length, 1);
});

t.test('asked for again until it is there; other servers are never asked', async (t) => {
  const late = await callOf(answered({ callId: 'rec-4', recordingUrl: `${base}/rec/late.wav` }));
  const page = await callOf(answered({ callId: 'rec-5', recordingUrl: `${base}/rec/page.wav` }));
  const outside = await callOf(
    answered({ callId: 'rec-6', recordingUrl: `${base}/secret`, recordingExpiresAt: '2026-03-12T10:00:00+08:00' }),
  );
  const dots = await callOf(answered({ callId: 'rec-7', recordingUrl: `${base}/rec/../secret` }));
  files.set('/secret', { type: 'audio/wav', body: 'no' });
  files.set('/rec/page.wav', { type: 'text/html', body: '<form>password' });
  await city.clock.settle();
  t.match(await recordingsOf(late), [{ state: 'pending' }]);
  files.set('/rec/late.wav', { type: 'audio/wav', body: 'RIFF-late' });
  await city.clock.advance('PT1H');
  t.match(await recordingsOf(late), [{ state: 'stored' }]);
  t.match(await recordingsOf(page), [{ state: 'pending' }]);
  await city.clock.advance('P3D');
  t.match(await recordingsOf(outside), [{ state: 'failed', failure: /OUTSIDE_RECORDING_BASE/ }]);
  await city.clock.advance('P6D');
  t.match(await recordingsOf(page), [{ state: 'failed', failure: /NOT_A_RECORDING/ }]);
  t.match(await recordingsOf(dots), [{ state: 'failed' }]);
  t.match(await city.all('/v1/agenda?kind=fetch-phone&status=failed'), [
    { lastError: /STATUS_404/ },
    { lastError: /NOT_A_RECORDING/ },
    { lastError: /OUTSIDE_RECORDING_BASE/ },
    { lastError: /OUTSIDE_RECORDING_BASE/ },
  ]);
  t.notOk(asked.some((line) => line.includes('/secret')));
  const [none] = await recordingsOf(page);
  const refused = await city.call<Problem>(
    'GET',
    `/v1/calls/${page.id}/recordings/${none?.id}/content`,
    undefined,
    listener,
  );
  t.equal(refused.status, 409);
});

t.test('an answer that is no recording is hung up on', async (t) => {
  await callOf(answered({ recordingUrl: 'endless.wav' }));
  await city.clock.settle();
  t.equal(endless.length, 1);
  await until(async () => endless[0] === true);
});

t.test('a name without a server is looked up under the base, and never beside it', async (t) => {
  files.set(`/rec/day/${encodeURIComponent('张')}.wav`, { type: 'audio/wav', body: 'RIFF-name' });
  const named = await callOf(answered({ callId: 'rec-8', recordingUrl: 'day/张.wav' }));
  const before = asked.length;
  const out = ['../secret', '/secret', '//127.0.0.1:1/rec/a.wav', 'a/..%2f../secret', 'C:\\rec\\a.wav', '..\\secret'];
  const outside = await Promise.all(
    out.map((recordingUrl, at) => callOf(answered({ callId: `rec-out-${at}`, recordingUrl }))),
  );
  await city.clock.settle();
  t.match(await recordingsOf(named), [{ state: 'stored' }]);
  t.same(asked.slice(before), [`Basic rec /rec/day/${encodeURIComponent('张')}.wav`]);
  for (const [at, call] of outside.entries())
    t.match(await recordingsOf(call), [{ failure: /OUTSIDE_RECORDING_BASE/ }], String(out[at]));
});

t.test('an absolute name in a record of the switch is looked up below the folder that the base shows', async (t) => {
  const folder = { recordingVariable: 'recordingfile', recordingFolder: '/var/rec/' };
  await connect(city, '12318', { recordingBase: `${base}/rec`, ...folder });
  const row = (uniqueid: string, recordingfile: string) => ({
    uniqueid,
    src: '13800001234',
    dst: '12318',
    dstchannel: 'PJSIP/8001-00000001',
    start: '2026-03-10 09:58:00',
    end: '2026-03-10 09:59:00',
    disposition: 'NO ANSWER',
    recordingfile,
  });
  const names = ['/var/rec/mem-1.wav', '/var/rec/day/mem-2.wav', 'var/rec/mem-3.wav', '/var/record/mem-4.wav'];
  const before = asked.length;
  for (const [at, name] of names.entries()) await take(row(`folder-${at}`, name), {}, '12318');
  await city.clock.settle();
  const paths = ['/mem-1.wav', '/day/mem-2.wav', '/var/rec/mem-3.wav', '/var/record/mem-4.wav'];
  t.same(new Set(asked.slice(before)), new Set(paths.map((path) => `undefined /rec${path}`)));
});

t.test('a line without settings of its own is fetched for by the call centre that tells of it', async (t) => {
  const settings = { recordingBase: `${base}/rec`, recordingAuthorization: 'Basic rec' };
  await connect(city, '12345', { ...settings, lines: { '12369': '12369' } });
  files.set('/rec/line.wav', { type: 'audio/wav', body: 'RIFF-line' });
  const told = { recordingUrl: `${base}/rec/line.wav` };
  const ours = await city.register('phone', { source: '12369', call: { callId: 'rec-line', ...told } });
  const other = await city.register('phone', {
    source: '12318',
    call: { callId: 'rec-none', recordingUrl: `${base}/rec/x.wav` },
  });
  await city.clock.settle();
  const stateOf = async (messageId: string) =>
    (await city.rows('select state from attachments where message_id = $1', [messageId]))[0]?.state;
  t.equal(await stateOf(ours.messageId), 'stored');
  t.equal(await stateOf(other.messageId), 'pending', 'nobody tells of that line');
});

t.test('operations are told of recordings that wait for settings or cannot be fetched, and how long', async (t) => {
  const city = await createCity(t);
  // Each process keeps its warnings for two seconds, so each is asked once.
  const later = await city.start({ workers: false });
  const warned = async (node?: typeof later) => {
    const { body } = await city.call<{ warnings: string[] }>('GET', '/readyz', undefined, {}, node);
    return body.warnings.filter((warning) => warning.startsWith('recordings'));
  };
  const { take, callOf } = callCentre(city);
  const nobody = `http://127.0.0.1:${await freePort()}`;
  await connect(city);
  const early = { recordingExpiresAt: '2026-03-13T09:00:00+08:00' };
  const call = await callOf(answered({ recordingUrl: 'a.wav' }));
  await take([answered({ recordingUrl: 'http://elsewhere.example/b.wav', ...early })]);
  await city.clock.settle();
  t.match(await warned(), [
    /^recordings: 2 wait for the settings .*NO_RECORDING_BASE.*; the first expires at 2026-03-13T09:00:00\+08:00$/,
  ]);
  await connect(city, '12345', { recordingBase: `${nobody}/rec` });
  await city.clock.advance('PT1H');
  t.match(await warned(later), [
    /^recordings: 1 wait .*OUTSIDE_RECORDING_BASE.*2026-03-13/,
    /^recordings: 1 could not be fetched .*ECONNREFUSED.*2026-03-17/,
  ]);
  t.match(await city.all('/v1/agenda?kind=fetch-phone&status=open'), [
    { lastError: 'TypeError ECONNREFUSED' },
    { lastError: 'NotYetError OUTSIDE_RECORDING_BASE' },
  ]);
  files.set('/rec/a.wav', { type: 'audio/wav', body: 'RIFF-a' });
  await connect(city, '12345', { recordingBase: `${base}/rec` });
  await city.clock.advance('PT2H');
  t.match(await recordingsOf(call, city), [{ state: 'stored' }], 'once the settings are mended');
});
