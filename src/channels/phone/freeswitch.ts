import type { CallEvent, Party } from '../../calls/call-event.ts';
import { fieldProblem } from '../../platform/problem.ts';
import {
  agentName,
  cut,
  directionOf,
  type Field,
  fieldsOf,
  isExtension,
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
  // mod_callcenter rings its agents itself: it names the member of the queue whom it does so for.
  const member = field('cc_member_session_uuid');
  const ringsFor = member === callId ? undefined : member;
  const originator = field('originator') ?? ringsFor;
  const isOtherLeg = originator !== undefined;
  const direction =
    !isOtherLeg && field('direction') === 'outbound' ? 'outbound' : directionOf(reading, caller, called);
  const isOutbound = direction === 'outbound' && ringsFor === undefined;
  const party = isOtherLeg ? (isOutbound ? 'other' : 'agent') : undefined;
  const placedBy = field('user_name') ?? (isExtension(caller) ? caller : undefined);
  const telephone = party === 'agent' ? called : isOutbound && !isOtherLeg ? placedBy : undefined;
  const endedAt = at('end');
  // The switch answers who comes to a queue at once; the queue says when an agent did, and until when.
  const queuedAt = isOtherLeg ? undefined : readEpoch(field, 'cc_queue_joined_epoch', 1);
  const answeredAt = queuedAt === undefined ? at('answer') : readEpoch(field, 'cc_queue_answered_epoch', 1);
  const agentLeft = readEpoch(field, 'cc_queue_terminated_epoch', 1) ?? endedAt;
  const { recordingVariable } = reading.settings;
  return stated<CallEvent>({
    callId: callId.slice(0, 128),
    linkedId: cut(originator ?? field('signal_bond') ?? field('bleg_uuid'), 128),
    direction: isOtherLeg ? undefined : direction,
    party,
    caller: cut(caller, 64),
    called: cut(called, 64),
    line: cut(field('line'), 64),
    agent: cut(field('cc_agent') ?? field('agent'), 64) ?? agentName(telephone),
    seat: cut(field('seat'), 64),
    shift: cut(field('shift'), 64),
    startedAt: at('start'),
    queuedAt,
    answeredAt,
    endedAt,
    durationSeconds: readSeconds(field, 'duration'),
    talkSeconds: queuedAt === undefined ? readSeconds(field, 'billsec') : secondsBetween(answeredAt, agentLeft),
    hangupParty: hangupParty(field),
    recordingUrl: recordingUrl(reading, field(recordingVariable ?? 'recording_url')),
    answeredBySwitch: isOtherLeg || queuedAt !== undefined ? undefined : true,
    raw: record,
  });
}

/** Undefined when it is not known, as when the second is of an earlier agent of the queue. */
function secondsBetween(from: string | undefined, to: string | undefined): number | undefined {
  const seconds = from && to ? Math.round((Date.parse(to) - Date.parse(from)) / 1000) : -1;
  return seconds >= 0 ? seconds : undefined;
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
