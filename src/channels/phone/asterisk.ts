import { createHash } from 'node:crypto';
import { parse } from 'csv-parse/sync';
import type { CallEvent } from '../../calls/call-event.ts';
import { fieldProblem } from '../../platform/problem.ts';
import {
  agentName,
  cut,
  directionOf,
  type Field,
  fieldsOf,
  type Reading,
  readSeconds,
  readStamp,
  recordingUrl,
  stated,
} from './native.ts';

type Document = Readonly<Record<string, unknown>>;

/** Columns of cdr_csv (Master.csv), in order; the last ones depend on its settings. */
const COLUMNS = [
  'accountcode',
  'src',
  'dst',
  'dcontext',
  'clid',
  'channel',
  'dstchannel',
  'lastapp',
  'lastdata',
  'start',
  'answer',
  'end',
  'duration',
  'billsec',
  'disposition',
  'amaflags',
  'uniqueid',
  'userfield',
  'linkedid',
  'peeraccount',
  'sequence',
] as const;
/** cdr_csv writes unique id and user field only when told to. */
const FEWEST = 16;

/** The manager's `Cdr` event names the same things otherwise. */
const MANAGER: Readonly<Record<string, string>> = {
  src: 'Source',
  dst: 'Destination',
  clid: 'CallerID',
  dstchannel: 'DestinationChannel',
  lastapp: 'LastApplication',
  start: 'StartTime',
  answer: 'AnswerTime',
  end: 'EndTime',
  duration: 'Duration',
  billsec: 'BillableSeconds',
  disposition: 'Disposition',
  uniqueid: 'UniqueID',
  userfield: 'UserField',
  linkedid: 'LinkedID',
  channel: 'Channel',
  sequence: 'Sequence',
};

/** A row of the call detail records, by column names or as the manager's event. */
export const isAsterisk = (record: Document): boolean => 'disposition' in record || 'Disposition' in record;

/** Applications that hold a caller without anybody listening. */
const WAITING = /^(queue|voicemail|playback|background|musiconhold|hangup|busy|congestion)$/i;

/** Lines of cdr_csv. @throws ProblemError 400 naming the line that is none. */
export function readLines(text: string): Document[] {
  let lines: string[][];
  try {
    lines = parse(text, { relax_column_count: true, skip_empty_lines: true, max_record_size: 16_384, bom: true });
  } catch {
    throw fieldProblem('', 'is not a file of call detail records', '不是话单文件');
  }
  return lines.map((fields, at) => {
    if (fields.length < FEWEST || fields.length > COLUMNS.length)
      throw fieldProblem(`/${at}`, 'has not 16 to 21 fields', '字段数不是 16 至 21 个');
    return Object.fromEntries(fields.map((value, column) => [COLUMNS[column], value]));
  });
}

/** @throws ProblemError 400 naming the field that cannot be read. */
export function fromAsterisk(reading: Reading, record: Document): CallEvent {
  const fields = fieldsOf(record);
  const field: Field = (name) => fields(name) ?? (MANAGER[name] ? fields(MANAGER[name]) : undefined);
  const startedAt = readStamp(reading, field, 'start') ?? readStamp(reading, field, 'calldate');
  if (startedAt === undefined) throw fieldProblem('/start', 'is required', '为必填项');
  const caller = field('src') ?? /<([^<>]*)>/.exec(field('clid') ?? '')?.[1];
  const called = field('dst');
  const taken = field('dstchannel') !== undefined || !WAITING.test(field('lastapp') ?? '');
  const answered = /^answered$/i.test(field('disposition') ?? '') && taken;
  const linked = field('linkedid');
  const callId = field('uniqueid') ?? idOf(record);
  const direction = directionOf(reading, caller, called);
  return stated<CallEvent>({
    callId: callId.slice(0, 128),
    linkedId: linked === callId ? undefined : cut(linked, 128),
    row: cut(field('sequence') ?? `${startedAt} ${field('dstchannel') ?? ''}`, 128),
    direction,
    caller: cut(caller, 64),
    called: cut(called, 64),
    agent: agentName(peerOf(field(direction === 'outbound' ? 'channel' : 'dstchannel'))),
    startedAt,
    answeredAt: answered ? readStamp(reading, field, 'answer') : undefined,
    endedAt: readStamp(reading, field, 'end'),
    durationSeconds: readSeconds(field, 'duration'),
    talkSeconds: answered ? readSeconds(field, 'billsec') : undefined,
    recordingUrl: recordingUrl(reading, field(reading.settings.recordingVariable ?? 'recordingfile')),
    raw: record,
  });
}

/** Whose telephone a channel is (`PJSIP/8001-0000001a`); the other one may be the trunk. */
const peerOf = (channel = ''): string | undefined =>
  /^[A-Za-z0-9]+\/([^@/]+?)(?:-[0-9a-f]+)?(?:@|$)/.exec(channel)?.[1];

/** Of a line that has no unique id: its own content, so that the same line is the same call again. */
const idOf = (record: Document): string =>
  `cdr-${createHash('sha256').update(JSON.stringify(record)).digest('hex').slice(0, 32)}`;
