import type { Call } from '../../src/calls/calls.schema.ts';
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

const row = (uniqueid: string, more: Record<string, string | number> = {}) => ({
  src: '13800001234',
  dst: '12345',
  channel: 'PJSIP/trunk-0000000a',
  dstchannel: 'PJSIP/8001-0000000b',
  lastapp: 'Dial',
  disposition: 'ANSWERED',
  uniqueid,
  linkedid: uniqueid,
  ...more,
});
const first = {
  sequence: 6,
  start: '2026-03-09 14:46:28',
  answer: '2026-03-09 14:46:38',
  end: '2026-03-09 14:48:08',
  duration: 100,
  billsec: 90,
};
const second = {
  sequence: 7,
  dstchannel: 'PJSIP/8002-0000000c',
  start: '2026-03-09 14:48:08',
  answer: '2026-03-09 14:48:18',
  end: '2026-03-09 14:49:48',
  duration: 100,
  billsec: 90,
};

t.test('Asterisk: several rows of one id are legs of one call, in whatever order and however often', async (t) => {
  const whole = {
    status: 'answered',
    agent: '8001',
    startedAt: '2026-03-09T14:46:28+08:00',
    answeredAt: '2026-03-09T14:46:38+08:00',
    endedAt: '2026-03-09T14:49:48+08:00',
    durationSeconds: 200,
  };
  const parties = [
    { party: 'caller', number: '138****1234', agent: null },
    { party: 'agent', number: null, agent: '8001', endedAt: '2026-03-09T14:48:08+08:00' },
    { party: 'agent', number: null, agent: '8002', startedAt: '2026-03-09T14:48:08+08:00' },
  ];
  const both = await callOf([row('rows-1', second), row('rows-1', first), row('rows-1', second)]);
  t.match(both, { callId: 'rows-1', ...whole, talkSeconds: 180, parties });
  t.equal(both.parties.length, 3);
  t.match(await callOf(row('rows-1', first)), { id: both.id, ...whole, talkSeconds: 180 });
  const rung = { ...second, disposition: 'NO ANSWER', answer: '', billsec: 0 };
  t.match(await callOf([row('rows-2', first), row('rows-2', rung)]), { ...whole, talkSeconds: 90, parties });
  const { sequence: _six, ...unnumbered } = first;
  const { sequence: _seven, ...next } = second;
  const found = await callOf([row('rows-3', unnumbered), row('rows-3', next), row('rows-3', unnumbered)]);
  t.match(found, { ...whole, talkSeconds: 180, parties });
  t.equal(found.parties.length, 3, 'cdr_csv numbers its rows only when told to');
  const untaken = { ...first, disposition: 'NO ANSWER', answer: '', billsec: 0 };
  t.match(await callOf([row('rows-4', untaken), row('rows-4', second)]), {
    ...whole,
    agent: '8002',
    answeredAt: '2026-03-09T14:48:18+08:00',
    talkSeconds: 90,
  });
});

t.test('rows that were kept before they were told apart are read anew', async (t) => {
  const { calls } = await take([row('old-1', first), row('old-1', second)]);
  const id = calls[0]?.id;
  const kept = await city.rows<{ id: string; sealed: Buffer }>('select id, sealed from call_events where call = $1', [
    id,
  ]);
  for (const { id: event, sealed } of kept) {
    const { row: _number, ...old } = city.instance.keyRing.open<{ row?: string }>(`call-event:${event}`, sealed);
    await city.rows('update call_events set sealed = $2, fingerprint = $3 where id = $1', [
      event,
      city.instance.keyRing.seal(`call-event:${event}`, old),
      Buffer.from(event),
    ]);
  }
  await take({ callId: 'old-1', seat: 'S07' });
  const old = await city.get<Call>(`/v1/calls/${id}`);
  t.match(old, { status: 'answered', seat: 'S07' });
  t.ok(old.startedAt <= String(old.answeredAt) && String(old.answeredAt) <= String(old.endedAt));
  t.match(await callOf([row('old-1', first), row('old-1', second)]), {
    id,
    agent: '8001',
    seat: 'S07',
    endedAt: '2026-03-09T14:49:48+08:00',
    talkSeconds: 180,
    parties: [{ party: 'caller' }, { agent: '8001' }, { agent: '8002' }],
  });
  t.match(await callOf({ callId: 'old-1', agent: 'E022' }), { agent: 'E022', endedAt: '2026-03-09T14:49:48+08:00' });
});

t.test('a call that shows a line of ours, or comes from an extension, is ours', async (t) => {
  const lines = { '087112345': '12345' };
  await connect(city, 'mayor-phone', { lines });
  const openTasks = () => city.all('/v1/call-backs?status=open');
  const told = (body: object) => callOf(body, {}, 'mayor-phone');
  const before = (await openTasks()).length;
  const citizen = { src: '13966660001', dst: '087112345' };
  const unanswered = { ...first, disposition: 'NO ANSWER', answer: '', billsec: 0 };
  await told(row('out-1', { ...unanswered, ...citizen, dstchannel: '' }));
  t.equal((await openTasks()).length, before + 1);
  const out = {
    src: '0871-12345',
    dst: '13966660001',
    channel: 'PJSIP/8001-0000000d',
    dstchannel: 'PJSIP/trunk-0000000e',
  };
  const rung = await told(row('out-2', { ...second, ...out, disposition: 'NO ANSWER', answer: '', billsec: 0 }));
  t.match(rung, { status: 'unanswered', direction: 'outbound', agent: '8001' });
  t.equal((await openTasks()).length, before + 1, 'nobody is asked to call ourselves back');
  const spoken = await told(row('out-3', { ...second, ...out, src: '087112345' }));
  t.match(spoken, { status: 'answered', direction: 'outbound', agent: '8001', called: '139****0001' });
  t.equal((await openTasks()).length, before);
  t.match(await told(row('out-4', { ...second, ...out, src: '8001' })), { direction: 'outbound', agent: '8001' });
  const dialled = { ...out, channel: 'Local/13966660001@out-0000000f;1' };
  t.match(await told(row('out-5', { ...second, ...dialled })), { direction: 'outbound', agent: null });
  t.match(await told({ callId: 'out-6', caller: '087112345', called: '13966660001' }), { direction: 'outbound' });

  const withheld = { ...unanswered, src: 'anonymous', dst: '087112345' };
  t.match(await told(row('out-9', withheld)), { status: 'missed', direction: 'inbound' });

  const leg = (uuid: string, caller: string, more: Record<string, string>) => ({
    variables: variables(uuid, more),
    callflow: { caller_profile: { caller_id_number: caller, destination_number: '13966660001' } },
  });
  const bridged = [leg('out-7', '8001', {}), leg('out-7b', '087112345', { originator: 'out-7' })];
  const parties = [{ party: 'caller' }, { party: 'other', agent: null, number: '139****0001' }];
  t.match(await told(bridged), { direction: 'outbound', agent: '8001', parties });
  const shown = leg('out-8', '087112345', { user_name: '8003', direction: 'outbound' });
  t.match(await told(shown), { direction: 'outbound', agent: '8003' });
});

t.test('short numbers of the public network are no extensions', async (t) => {
  const missed = { ...first, disposition: 'NO ANSWER', answer: '', billsec: 0 };
  for (const [at, src] of ['110', '119', '12315', '10086', '95588', '96110', '962288'].entries())
    t.match(await callOf(row(`short-${at}`, { ...missed, src, dst: '8001' })), {
      status: 'missed',
      direction: 'inbound',
    });
  for (const [at, src] of ['1001', '8001', '21', '801', '100', '12345'].entries())
    t.match(await callOf(row(`inner-${at}`, { ...missed, src, dst: '8002' })), {
      direction: 'internal',
      callBack: null,
    });
});

t.test('what the caller hears of the switch and the queue is no talk', async (t) => {
  const at = (time: string) => String(Date.parse(`2026-03-10T${time}+08:00`) * 1000);
  const epoch = (time: string) => String(Date.parse(`2026-03-10T${time}+08:00`) / 1000);
  const record = (uuid: string, more: Record<string, string>, destination: string) => ({
    variables: variables(uuid, more),
    callflow: { caller_profile: { ...profile, destination_number: destination } },
  });
  const whole = { start_uepoch: at('09:50:00'), answer_uepoch: at('09:50:01'), end_uepoch: at('09:54:50') };
  const lengths = { duration: '290', billsec: '289' };
  const spell = { answer_uepoch: at('09:53:50'), end_uepoch: at('09:54:40'), duration: '60', billsec: '50' };
  const agent = { start_uepoch: at('09:53:40'), direction: 'outbound', ...spell };
  const menu = record('talk-1', { ...whole, ...lengths }, '12319');
  t.match(await callOf([menu, record('talk-1b', { ...agent, originator: 'talk-1' }, '1001')]), {
    agent: '1001',
    durationSeconds: 290,
    talkSeconds: 50,
  });

  const queue = { cc_side: 'member', cc_queue_joined_epoch: epoch('09:50:05') };
  const served = { cc_queue_answered_epoch: epoch('09:53:50'), cc_queue_terminated_epoch: epoch('09:54:40') };
  const member = record('talk-2', { ...whole, ...lengths, ...queue, ...served, cc_agent: '1001@default' }, '12319');
  const ringing = { cc_side: 'agent', cc_agent: '1002@default', cc_member_session_uuid: 'talk-2' };
  const rung = { start_uepoch: at('09:53:20'), answer_uepoch: '0', end_uepoch: at('09:53:40'), billsec: '0' };
  const vain = record('talk-2r', { ...rung, direction: 'outbound', ...ringing }, '1002');
  const taken = record('talk-2b', { ...agent, ...ringing, cc_agent: '1001@default' }, '1001');
  const before = (await city.all('/v1/calls')).length;
  const call = await callOf([vain, member, taken]);
  t.match(call, {
    callId: 'talk-2',
    direction: 'inbound',
    status: 'answered',
    source: '12319',
    agent: '1001@default',
    durationSeconds: 290,
    talkSeconds: 50,
    parties: [
      { party: 'caller' },
      { party: 'agent', agent: '1002@default', answeredAt: null },
      { agent: '1001@default' },
    ],
  });
  t.equal((await city.all('/v1/calls')).length, before + 1, 'an agent who was rung in vain is no call of his own');
  const gone = record('talk-3', { ...whole, ...lengths, ...queue }, '12319');
  const alone = record(
    'talk-3r',
    { ...rung, direction: 'outbound', ...ringing, cc_member_session_uuid: 'talk-3' },
    '1002',
  );
  t.match(await callOf([gone, alone]), { callId: 'talk-3', status: 'missed', talkSeconds: null });
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

t.test('a NUL that a switch encoded harms its own record only', async (t) => {
  const bad = { variables: variables('fs-nul', { seat: 'a%00b' }), callflow: [{ caller_profile: profile }] };
  const reply = await push([{ callId: 'beside-nul', caller: '13800001111', called: '12345' }, bad]);
  t.match(reply, { status: 200, body: { accepted: 1, refused: [{ index: 1, errors: [{ pointer: '/seat' }] }] } });
});

t.test('however much progress was told of a call, its answer and its end count', async (t) => {
  const at = (second: number): string => new Date(Date.UTC(2026, 2, 10, 1, 50) + second * 1000).toISOString();
  const progress = Array.from({ length: 200 }, (_, n) => ({ callId: 'talkative', queuedAt: at(n), seat: String(n) }));
  await take(progress);
  const call = await callOf({ callId: 'talkative', agent: 'E1', answeredAt: at(300), endedAt: at(400) });
  t.match(call, { status: 'answered', agent: 'E1' });
});
