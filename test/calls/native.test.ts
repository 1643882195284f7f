import fc from 'fast-check';
import type { CallEvent } from '../../src/calls/call-event.ts';
import { mergeEvents } from '../../src/calls/merge.ts';
import { createCity } from '../support/city.ts';
import t from '../support/tap.ts';
import { callCentre, connect, SECRET } from './support.ts';

const city = await createCity(t);
await connect(city, '12345', { recordingBase: 'https://pbx.example.cn/rec', recordingVariable: 'record_name' });
const { push, take, callOf } = callCentre(city);
const type = (contentType: string) => ({ 'content-type': contentType });

const variables = (uuid: string, more: Record<string, string> = {}) => ({
  uuid,
  direction: 'inbound',
  start_stamp: '2026-03-10%2009%3A58%3A00',
  start_uepoch: String(Date.UTC(2026, 2, 10, 1, 58) * 1000),
  answer_uepoch: String(Date.UTC(2026, 2, 10, 1, 58, 20) * 1000),
  end_uepoch: String(Date.UTC(2026, 2, 10, 1, 59) * 1000),
  duration: '60',
  billsec: '40',
  sip_hangup_disposition: 'recv_bye',
  record_name: '2026%2Fa%20b.wav',
  ...more,
});
const profile = { caller_id_number: '13800001234', destination_number: '12319' };
const tags = (record: object): string =>
  Object.entries(record)
    .map(([name, value]) => `<${name}>${value}</${name}>`)
    .join('');
const xml = (uuid: string): string =>
  `<?xml version="1.0"?>\n<cdr core-uuid="x"><variables>${tags(variables(uuid))}</variables><callflow dialplan="XML"><caller_profile>${tags(profile)}</caller_profile></callflow></cdr>\n`;

const told = {
  status: 'answered',
  direction: 'inbound',
  source: '12319',
  line: '12319',
  caller: '138****1234',
  startedAt: '2026-03-10T09:58:00+08:00',
  answeredAt: '2026-03-10T09:58:20+08:00',
  endedAt: '2026-03-10T09:59:00+08:00',
  durationSeconds: 60,
  talkSeconds: 40,
  hangupParty: 'caller',
};

t.test('FreeSWITCH: JSON and XML as its modules encode them, socket headers, rows', async (t) => {
  const json = { 'core-uuid': 'x', variables: variables('fs-1'), callflow: [{ caller_profile: profile }] };
  const call = await callOf(json);
  t.match(call, { callId: 'fs-1', ...told });
  t.equal(call.recordings.length, 1);
  t.match(await callOf(xml('fs-2'), type('text/xml')), told);
  t.match(await callOf(`cdr=${encodeURIComponent(xml('fs-3'))}`, type('application/x-www-form-urlencoded')), told);
  t.match(await callOf(`cdr=${xml('fs-4')}`, type('application/x-www-form-plaintext')), told);
  const base64 = Buffer.from(xml('fs-5')).toString('base64');
  t.match(await callOf(`cdr=${base64}`, type('application/x-www-form-base64-encoded')), told);
  const socket = [
    'Event-Name: CHANNEL_HANGUP_COMPLETE',
    'Unique-ID: fs-6',
    'Call-Direction: inbound',
    'Caller-Caller-ID-Number: 13800001234',
    'Caller-Destination-Number: 12319',
    ...Object.entries(variables('fs-6')).map(([name, value]) => `variable_${name}: ${value}`),
  ].join('\n');
  t.match(await callOf(socket, type('text/event-plain')), told);
  const row = {
    uuid: 'fs-7',
    caller_id_number: '13800004321',
    destination_number: '12319',
    start_stamp: '2026-03-10 09:58:00.5',
    answer_stamp: '',
    end_stamp: '2026-03-10 09:59:00',
    duration: 60,
    billsec: 0,
    bleg_uuid: '',
  };
  t.match(await callOf(row), {
    status: 'missed',
    startedAt: '2026-03-10T09:58:00.500+08:00',
    callBack: { status: 'open' },
  });
});

t.test('a switch that answers by itself has answered nobody', async (t) => {
  const leg = (uuid: string, more: Record<string, string>) => ({
    variables: variables(uuid, more),
    callflow: { caller_profile: { caller_id_number: '13800001234', destination_number: '8021' } },
  });
  await take({ variables: variables('fs-a'), callflow: { caller_profile: profile } });
  const rung = await callOf(leg('fs-b', { originator: 'fs-a', answer_uepoch: '0' }));
  t.match(rung, { callId: 'fs-a', status: 'missed', source: '12319' });
  const taken = await callOf(leg('fs-c', { originator: 'fs-a' }));
  t.match(taken, { id: rung.id, status: 'answered', agent: '8021', callBack: null });
  const queue = { cc_queue_joined_epoch: '1773107885', cc_agent: '1001@default' };
  const waiting = { variables: variables('fs-d', queue), callflow: { caller_profile: profile } };
  t.match(await callOf(waiting), { status: 'missed', agent: '1001@default', queuedAt: '2026-03-10T09:58:05+08:00' });
});

const line = (id: string, disposition: string, answer: string, more = ''): string =>
  `"","13800001234","12369","in","""13800001234"" <13800001234>","SIP/trunk-1","${disposition === 'ANSWERED' ? 'SIP/8002-0000001a' : ''}","Queue","q","2026-03-10 09:58:00","${answer}","2026-03-10 09:59:00",60,40,"${disposition}","DOCUMENTATION"${id ? `,"${id}","${more}"` : ''}`;

t.test('Asterisk: lines, rows and manager events', async (t) => {
  const { calls } = await take(
    [line('ast-1', 'ANSWERED', '2026-03-10 09:58:20'), line('ast-2', 'NO ANSWER', ''), line('', 'NO ANSWER', '')].join(
      '\r\n',
    ),
    type('text/csv'),
  );
  t.match(await city.get(`/v1/calls/${calls[0]?.id}`), {
    ...told,
    source: '12369',
    line: '12369',
    hangupParty: null,
    agent: '8002',
  });
  t.match(await city.get(`/v1/calls/${calls[1]?.id}`), { status: 'missed', answeredAt: null });
  const again = await take(line('', 'NO ANSWER', ''), type('text/csv'));
  t.equal(again.calls[0]?.id, calls[2]?.id, 'a line without id is known by its content');
  const manager = {
    Event: 'Cdr',
    Source: '13800001234',
    Destination: '12319',
    StartTime: '2026-03-10 09:58:00',
    AnswerTime: '2026-03-10 09:58:20',
    EndTime: '2026-03-10 09:59:00',
    Duration: '60',
    BillableSeconds: '40',
    Disposition: 'ANSWERED',
    UniqueID: 'ast-9',
    DestinationChannel: 'PJSIP/8003-00000001',
  };
  t.match(await callOf(manager), { ...told, hangupParty: null, agent: '8003' });
  const queue = {
    src: '13800001234',
    dst: '12319',
    lastapp: 'Queue',
    dstchannel: '',
    start: '2026-03-10 09:58:00',
    answer: '2026-03-10 09:58:01',
    end: '2026-03-10 09:59:00',
    disposition: 'ANSWERED',
    uniqueid: 'ast-10',
  };
  t.match(await callOf(queue), { status: 'missed' }, 'music on hold is no answer');
  t.match(await callOf({ ...queue, uniqueid: 'ast-11', src: '8001', dst: '8002' }), {
    direction: 'internal',
    callBack: null,
  });
});

t.test('what is no record is refused, and nothing happens', async (t) => {
  const before = await city.counts();
  const entity = '<!DOCTYPE cdr [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>';
  const hostile: [string, string][] = [
    ['text/xml', xml('x').replace('<cdr', `${entity}<cdr`)],
    ['text/xml', `<!DOCTYPE cdr SYSTEM "file:///etc/passwd">${xml('x')}`],
    ['text/xml', xml('x').slice(0, 400)],
    ['text/xml', `${'<a>'.repeat(10_000)}${'</a>'.repeat(10_000)}`],
    ['text/xml', '<cdr></cdr>'],
    ['application/x-www-form-urlencoded', `cdr=${encodeURIComponent(xml('x').replace('<cdr', `${entity}<cdr`))}`],
    ['application/x-www-form-urlencoded', 'a=b&'.repeat(50_000)],
    ['text/csv', 'a,b,c'],
    ['text/csv', `"${'x'.repeat(100_000)}`],
    ['text/csv', line('x', 'ANSWERED', '2026-02-31 09:58:20')],
    ['text/event-plain', 'no headers'],
    ['application/json', JSON.stringify({ uuid: 'x', start_stamp: '9999-99-99 99:99:99' })],
    ['application/json', JSON.stringify({ uuid: 'x', start_stamp: '205-02-31 99:99:99' })],
    ['application/json', JSON.stringify({ variables: { uuid: 'x', start_uepoch: '9'.repeat(400) } })],
  ];
  for (const [contentType, body] of hostile) {
    const reply = await push(body, type(contentType));
    t.equal(reply.status, 400, `${contentType} ${body.slice(0, 60)} ${JSON.stringify(reply.body).slice(0, 200)}`);
  }
  const latin = await city.inject({
    method: 'POST',
    url: '/v1/webhooks/phone/12345',
    headers: { authorization: `Bearer ${SECRET}`, 'content-type': 'text/xml' },
    payload: Buffer.from([0xff, 0xfe, 0x3c]),
  });
  t.equal(latin.status, 400);
  t.same(await city.counts(), before);
});

t.test('a call is the same whatever order its events come in', async () => {
  const time = fc.integer({ min: 0, max: 3_600 }).map((s) => new Date(Date.UTC(2026, 2, 10) + s * 1000).toISOString());
  const event: fc.Arbitrary<CallEvent> = fc.record(
    {
      callId: fc.constantFrom('a', 'b', 'c'),
      linkedId: fc.constantFrom('a', 'b'),
      caller: fc.constantFrom('1', '2'),
      agent: fc.constantFrom('E1', 'E2'),
      startedAt: time,
      answeredAt: time,
      endedAt: time,
    },
    { requiredKeys: ['callId'] },
  );
  fc.assert(
    fc.property(fc.array(event, { minLength: 1, maxLength: 8 }), fc.integer(), (events, seed) => {
      const shuffled = [...events]
        .map((each, at) => ({ each, key: (at * 7919 + seed) % 13 }))
        .sort((x, y) => x.key - y.key)
        .map(({ each }) => each);
      return JSON.stringify(mergeEvents(events)) === JSON.stringify(mergeEvents([...shuffled, ...events]));
    }),
  );
});
