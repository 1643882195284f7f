import type { CallEvent, Party } from '../../calls/call-event.ts';
import { fieldProblem } from '../../platform/problem.ts';
import {
  cut,
  directionOf,
  type Field,
  fieldsOf,
  type Reading,
  readEpoch,
  readSeconds,
  readStamp,
  recordingUrl,
  stated,
} from './native.ts';

type Document = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Document =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A call detail record of mod_json_cdr or mod_xml_cdr: variables, and the profile of who called whom. */
export const isCdr = (record: Document): boolean => isObject(record.variables);
/** An event of the event socket as flat headers (`Unique-ID`, `variable_…`). */
export const isSocketEvent = (record: Document): boolean => 'Unique-ID' in record;
/** A row of mod_cdr_sqlite, mod_odbc_cdr and the like. */
export const isRow = (record: Document): boolean => 'uuid' in record && 'start_stamp' in record;

/** @throws ProblemError 400 naming the field that cannot be read. */
export function fromFreeSwitch(reading: Reading, record: Document): CallEvent {
  const field = isCdr(record) ? cdrField(record) : isSocketEvent(record) ? socketField(record) : fieldsOf(record);
  const callId = field('uuid');
  if (callId === undefined) throw fieldProblem('/uuid', 'is required', '为必填项');
  const at = (name: string): string | undefined =>
    readEpoch(field, `${name}_uepoch`, 1_000_000) ??
    readEpoch(field, `${name}_epoch`, 1) ??
    readStamp(reading, field, `${name}_stamp`);
  const caller = field('caller_id_number');
  const called = field('destination_number');
  const originator = field('originator') ?? field('signal_bond') ?? field('bleg_uuid');
  const isOtherLeg = field('originator') !== undefined;
  // mod_callcenter: the switch answers at once, the queue says when an agent did.
  const queuedAt = readEpoch(field, 'cc_queue_joined_epoch', 1);
  const answeredAt = queuedAt === undefined ? at('answer') : readEpoch(field, 'cc_queue_answered_epoch', 1);
  const { recordingVariable } = reading.settings;
  return stated<CallEvent>({
    callId: callId.slice(0, 128),
    linkedId: cut(originator, 128),
    direction: isOtherLeg ? undefined : field('direction') === 'outbound' ? 'outbound' : directionOf(caller, called),
    party: isOtherLeg ? 'agent' : undefined,
    caller: cut(caller, 64),
    called: cut(called, 64),
    line: cut(field('line'), 64),
    agent: cut(field('cc_agent') ?? field('agent') ?? (isOtherLeg ? called : undefined), 64),
    seat: cut(field('seat'), 64),
    shift: cut(field('shift'), 64),
    startedAt: at('start'),
    queuedAt,
    answeredAt,
    endedAt: at('end'),
    durationSeconds: readSeconds(field, 'duration'),
    talkSeconds: readSeconds(field, 'billsec'),
    hangupParty: hangupParty(field),
    recordingUrl: recordingUrl(reading, field(recordingVariable ?? 'recording_url')),
    answeredBySwitch: isOtherLeg || queuedAt !== undefined ? undefined : true,
    raw: record,
  });
}

function hangupParty(field: Field): Party | undefined {
  const disposition = field('sip_hangup_disposition');
  if (disposition === 'recv_bye' || disposition === 'recv_cancel') return 'caller';
  return disposition?.startsWith('send_') ? 'agent' : undefined;
}

/** Variables travel URL-encoded; the profile, which knows the numbers, does not. */
function cdrField(record: Document): Field {
  const variables = fieldsOf(record.variables as Document);
  const flow = Array.isArray(record.callflow) ? record.callflow.at(-1) : record.callflow;
  const profile = isObject(flow) && isObject(flow.caller_profile) ? fieldsOf(flow.caller_profile) : () => undefined;
  return (name) => decoded(variables(name)) ?? profile(name);
}

const HEADERS: Readonly<Record<string, string>> = {
  uuid: 'Unique-ID',
  caller_id_number: 'Caller-Caller-ID-Number',
  destination_number: 'Caller-Destination-Number',
  start_uepoch: 'Caller-Channel-Created-Time',
  answer_uepoch: 'Caller-Channel-Answered-Time',
  end_uepoch: 'Caller-Channel-Hangup-Time',
  direction: 'Call-Direction',
  originator: 'variable_originator',
};

function socketField(record: Document): Field {
  const header = fieldsOf(record);
  return (name) => decoded(header(`variable_${name}`)) ?? (HEADERS[name] ? decoded(header(HEADERS[name])) : undefined);
}

function decoded(text: string | undefined): string | undefined {
  if (text === undefined || !/%[0-9A-Fa-f]{2}/.test(text)) return text;
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}
