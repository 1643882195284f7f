import { randomUUID } from 'node:crypto';
import type { CallEvent } from '../../../src/calls/call-event.ts';
import { SIGNATURE_HEADER, signatureOf, TIMESTAMP_HEADER } from '../../../src/channels/phone/signature.ts';
import { SECRET, type Taken } from '../../calls/support.ts';
import { post } from './adapters.ts';
import type { CallEntry } from './book.ts';
import { type Day, HOUR, instantOf, MINUTE, type Protocol } from './context.ts';
import { contentOf, hashOf } from './platforms.ts';
import { drawCourse, persistent } from './senders.ts';

/** Whose switch tells of whose calls: a neutral one, one that signs its bodies, FreeSWITCH and Asterisk. */
const centres = { '12345': 'neutral', '12319': 'signed', 'mayor-phone': 'freeswitch', '12369': 'asterisk' } as const;
type Centre = keyof typeof centres;

export const calls: Protocol = {
  async connect({ service, platforms }) {
    for (const [source, kind] of Object.entries(centres))
      await service.must('PUT', `/v1/sources/${source}/settings`, {
        secret: SECRET,
        recordingBase: `${platforms.recordings}/${source}`,
        recordingVariable: kind === 'asterisk' ? 'recordingfile' : 'record_name',
        ...(kind === 'signed' ? { signature: 'hmac' } : {}),
      });
  },

  plan(day, count) {
    const { random } = day;
    /** Asterisk writes lines; what its adapter found since the last quarter of an hour goes in one push. */
    const lines = new Map<number, { line: string; call: CallEntry }[]>();
    /** So does the neutral centre after its line was down. */
    const merged = new Map<number, { event: CallEvent; call: CallEntry }[]>();
    for (let left = count; left > 0; left--) {
      const source = random.weighted<Centre>({ '12345': 40, '12319': 15, 'mayor-phone': 25, '12369': 20 });
      const call = newCall(day, source);
      if (centres[source] === 'freeswitch') planFreeSwitch(day, call);
      else if (centres[source] === 'asterisk') planAsterisk(day, call, lines);
      else planNeutral(day, source, call, merged);
    }
    for (const [at, list] of lines) {
      const body = list.map(({ line }) => line).join('\r\n');
      push(
        day,
        '12369',
        at,
        body,
        'text/csv',
        list.map(({ call }) => call),
        `${list.length} lines`,
      );
    }
    for (const [at, list] of merged) {
      // One of them is no event at all; the others are taken without it.
      const events: object[] = [...list.map(({ event }) => event), { callId: 'broken', answerdAt: 'misspelt' }];
      const about = `an array of ${events.length}, one of them broken`;
      push(
        day,
        '12345',
        at,
        JSON.stringify(events),
        'application/json',
        list.map(({ call }) => call),
        about,
      );
    }
  },
};

interface Times {
  startedAt: number;
  answeredAt: number | undefined;
  endedAt: number;
}
type Call = CallEntry & Times & { line: string };

function newCall(day: Day, source: Centre): Call {
  const { random, book, platforms, texts } = day;
  const callId = `${source}-${randomUUID()}`;
  const startedAt = Math.max(day.moment() - 3 * MINUTE, day.begin);
  const isAnswered = random.chance(0.65);
  const caller = day.phone();
  const recording = `${callId}.wav`;
  const call: Call = {
    callId,
    provider: source,
    caller,
    status: isAnswered ? 'answered' : 'missed',
    spokenLater: false,
    about: centres[source],
    pushes: [],
    startedAt,
    answeredAt: isAnswered ? startedAt + 20_000 : undefined,
    endedAt: startedAt + 90_000,
    line: source === 'mayor-phone' ? '12345' : source,
    ...(isAnswered && source !== '12369'
      ? { recording: { sha256: hashOf(contentOf(recording)), kind: 'recording' } }
      : {}),
  };
  book.calls.push(call);
  // What the call-taker was told in it, before or after the switch tells of the call.
  if (isAnswered && random.chance(0.5)) {
    const text = texts.next();
    const { body, marker } = texts.marked(text.body);
    const at = startedAt + (random.chance(0.5) ? MINUTE : 40 * MINUTE);
    const files = call.recording ? [call.recording] : [];
    const message = book.enter({
      protocol: 'hotline',
      source: call.line === source ? source : 'mayor-phone',
      externalId: `call-${callId}`,
      marker,
      files,
      about: 'told in a call',
      course: drawCourse(random),
    });
    call.message = message;
    const sender = { phone: caller };
    const told = { source: message.source, externalId: message.externalId, receivedAt: instantOf(at), sender, body };
    const named = {
      callId,
      ...(random.chance(0.3) && call.recording ? { recordingUrl: urlOf(platforms.recordings, call) } : {}),
    };
    post(day, { channel: 'phone', entry: message, at, body: { ...told, call: named } });
  }
  return call;
}

const urlOf = (base: string, { provider, callId }: CallEntry): string => `${base}/${provider}/${callId}.wav`;

function push(
  day: Day,
  source: Centre,
  at: number,
  body: string,
  type: string,
  told: readonly CallEntry[],
  about: string,
): void {
  const entry = day.book.enter({
    protocol: 'calls',
    source,
    fate: 'nothing',
    about,
    course: drawCourse(day.random),
  });
  for (const call of told) call.pushes.push(entry);
  day.timeline.at(at, () =>
    day.deliver({
      entry,
      sender: persistent,
      request: () => ({
        method: 'POST',
        url: `/v1/webhooks/phone/${source}`,
        headers: { 'content-type': type, ...proofOf(source, body) },
        payload: body,
      }),
      read: ({ body: answer }) => {
        const { accepted, calls } = JSON.parse(answer) as Taken;
        if (accepted < told.length || calls.length < told.length) throw new Error('not all of them were taken');
      },
    }),
  );
}

function proofOf(source: Centre, body: string): Record<string, string> {
  if (centres[source] !== 'signed') return { authorization: `Bearer ${SECRET}` };
  const timestamp = String(Math.floor(Date.now() / 1000));
  return { [TIMESTAMP_HEADER]: timestamp, [SIGNATURE_HEADER]: signatureOf(SECRET, timestamp, Buffer.from(body)) };
}

/** Told while it goes on, at its end, all at once, in the wrong order, twice, or with others in one array. */
function planNeutral(
  day: Day,
  source: Centre,
  call: Call,
  merged: Map<number, { event: CallEvent; call: CallEntry }[]>,
): void {
  const { random, platforms } = day;
  const { callId, caller, line, startedAt, answeredAt, endedAt } = call;
  const begun: CallEvent = { callId, caller, called: line, startedAt: instantOf(startedAt) };
  const taken = answeredAt === undefined ? undefined : { ...begun, answeredAt: instantOf(answeredAt), agent: 'E021' };
  const recording = call.recording ? { recordingUrl: urlOf(platforms.recordings, call) } : {};
  const ended: CallEvent = { ...(taken ?? begun), endedAt: instantOf(endedAt), ...recording };
  const way = random.weighted({ steps: 35, end: 25, mixed: 20, late: 10, merged: 10 });
  const told = (event: CallEvent, at: number): void =>
    push(day, source, at, JSON.stringify(event), 'application/json', [call], `${way} event`);
  switch (way) {
    case 'steps':
      told(begun, startedAt);
      if (taken) told(taken, answeredAt ?? startedAt);
      told(ended, endedAt);
      break;
    case 'mixed': {
      // It seems missed until the switch tells that somebody took it.
      const { answeredAt: _untold, agent: _nobody, ...bare } = ended;
      told(bare, endedAt);
      if (taken) told(taken, endedAt + 10 * MINUTE);
      told(begun, endedAt + 15 * MINUTE);
      break;
    }
    case 'late':
      told(ended, endedAt + (1 + random.below(4)) * HOUR);
      break;
    case 'merged': {
      if (source !== '12345') {
        told(ended, endedAt);
        break;
      }
      const at = quarterAfter(day, endedAt);
      merged.set(at, [...(merged.get(at) ?? []), { event: ended, call }]);
      break;
    }
    default:
      told(ended, endedAt);
  }
  if (call.status !== 'missed') return;
  // Some try again in vain, others get through: then nobody need call them back.
  const next = random.weighted({ none: 55, missed: 25, taken: 20 });
  if (next !== 'none') again(day, source, call, next === 'taken' ? 30_000 : undefined);
}

function again(day: Day, source: Centre, { caller, line, endedAt }: Call, answeredAfterMs: number | undefined): void {
  const startedAt = endedAt + (6 + day.random.below(20)) * 10 * MINUTE;
  const callId = `${source}-${randomUUID()}`;
  const call: CallEntry = {
    callId,
    provider: source,
    caller,
    status: answeredAfterMs === undefined ? 'missed' : 'answered',
    spokenLater: false,
    about: 'the same caller again',
    pushes: [],
  };
  if (answeredAfterMs !== undefined)
    for (const other of day.book.calls) if (other.caller === caller) other.spokenLater = true;
  day.book.calls.push(call);
  const event: CallEvent = {
    callId,
    caller,
    called: line,
    startedAt: instantOf(startedAt),
    endedAt: instantOf(startedAt + 60_000),
    ...(answeredAfterMs === undefined ? {} : { answeredAt: instantOf(startedAt + answeredAfterMs) }),
  };
  // Whatever was told late of the first call has been told by then.
  push(day, source, startedAt + 5 * HOUR, JSON.stringify(event), 'application/json', [call], 'the same caller again');
}

/** Its legs, in one of the forms that its modules post. */
function planFreeSwitch(day: Day, call: Call): void {
  const { random } = day;
  const { callId, caller, line, startedAt, answeredAt, endedAt } = call;
  const micros = (time: number | undefined): string => (time === undefined ? '0' : `${time}000`);
  const variables = (uuid: string, more: Record<string, string> = {}): Record<string, string> => ({
    uuid,
    direction: 'inbound',
    start_uepoch: micros(startedAt),
    answer_uepoch: micros(answeredAt),
    end_uepoch: micros(endedAt),
    duration: String((endedAt - startedAt) / 1000),
    billsec: String(answeredAt === undefined ? 0 : (endedAt - answeredAt) / 1000),
    ...(call.recording ? { record_name: encodeURIComponent(`${callId}.wav`) } : {}),
    ...more,
  });
  const profile = { caller_id_number: caller, destination_number: line };
  const legs: [variables: Record<string, string>, profile: Record<string, string>][] = [[variables(callId), profile]];
  // The leg to the agent: the same call.
  if (answeredAt !== undefined && random.chance(0.5))
    legs.push([
      variables(`${callId}-b`, { originator: callId, record_name: '' }),
      { ...profile, destination_number: '8021' },
    ]);
  if (random.chance(0.4)) legs.reverse();
  for (const [nth, leg] of legs.entries()) {
    const [type, body] = formOf(random.weighted({ json: 3, xml: 3, form: 2, base64: 1, socket: 2 }), ...leg);
    push(day, 'mayor-phone', endedAt + nth * MINUTE, body, type, [call], `a leg as ${type}`);
  }
}

const tags = (record: object): string =>
  Object.entries(record)
    .map(([name, value]) => `<${name}>${value}</${name}>`)
    .join('');

function formOf(
  form: string,
  variables: Record<string, string>,
  profile: Record<string, string>,
): [type: string, body: string] {
  const xml = `<?xml version="1.0"?>\n<cdr core-uuid="x"><variables>${tags(variables)}</variables><callflow dialplan="XML"><caller_profile>${tags(profile)}</caller_profile></callflow></cdr>\n`;
  switch (form) {
    case 'xml':
      return ['text/xml', xml];
    case 'form':
      return ['application/x-www-form-urlencoded', `cdr=${encodeURIComponent(xml)}`];
    case 'base64':
      return ['application/x-www-form-base64-encoded', `cdr=${Buffer.from(xml).toString('base64')}`];
    case 'socket':
      return [
        'text/event-plain',
        [
          'Event-Name: CHANNEL_HANGUP_COMPLETE',
          `Unique-ID: ${variables.uuid}`,
          'Call-Direction: inbound',
          `Caller-Caller-ID-Number: ${profile.caller_id_number}`,
          `Caller-Destination-Number: ${profile.destination_number}`,
          ...Object.entries(variables).map(([name, value]) => `variable_${name}: ${value}`),
        ].join('\n'),
      ];
    default:
      return ['application/json', JSON.stringify({ variables, callflow: [{ caller_profile: profile }] })];
  }
}

/** Lines of cdr_csv, as they lie in its file; or the manager's event at once. */
function planAsterisk(day: Day, call: Call, lines: Map<number, { line: string; call: CallEntry }[]>): void {
  const { callId, caller, line, startedAt, answeredAt, endedAt } = call;
  const stamp = (time: number | undefined): string =>
    time === undefined ? '' : instantOf(time).slice(0, 19).replace('T', ' ');
  const disposition = answeredAt === undefined ? 'NO ANSWER' : 'ANSWERED';
  const agent = answeredAt === undefined ? '' : 'SIP/8002-0000001a';
  const seconds = [(endedAt - startedAt) / 1000, answeredAt === undefined ? 0 : (endedAt - answeredAt) / 1000];
  if (day.random.chance(0.5)) {
    const event = {
      Event: 'Cdr',
      Source: caller,
      Destination: line,
      StartTime: stamp(startedAt),
      AnswerTime: stamp(answeredAt),
      EndTime: stamp(endedAt),
      Duration: String(seconds[0]),
      BillableSeconds: String(seconds[1]),
      Disposition: disposition,
      UniqueID: callId,
      DestinationChannel: agent,
    };
    push(day, '12369', endedAt, JSON.stringify(event), 'application/json', [call], 'a manager’s event');
    return;
  }
  const at = quarterAfter(day, endedAt);
  const fields = ['', caller, line, 'in', `""${caller}"" <${caller}>`, 'SIP/trunk-1', agent, 'Queue', 'q'];
  const text = `${fields.map((field) => `"${field}"`).join(',')},"${stamp(startedAt)}","${stamp(answeredAt)}","${stamp(endedAt)}",${seconds.join(',')},"${disposition}","DOCUMENTATION","${callId}",""`;
  lines.set(at, [...(lines.get(at) ?? []), { line: text, call }]);
}

const quarterAfter = ({ begin }: Day, time: number): number =>
  begin + Math.ceil((time - begin + 1) / (15 * MINUTE)) * 15 * MINUTE;
