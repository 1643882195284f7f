import { type Static, Type } from 'typebox';
import { Choice, Instant, Nullable } from '../platform/openapi.ts';
import { callBackOutcomes } from './call-backs.service.ts';
import { callBackStatuses, callStatuses, directions, parties } from './call-event.ts';

const Text = (description: string) => Type.String({ description });

export const CallSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    provider: Text('Whose call id it is'),
    callId: Text('Id at the call centre'),
    status: Choice(callStatuses, { description: 'Status (通话状态)' }),
    direction: Choice(directions),
    source: Text('Source of the dialled line (来源)'),
    line: Nullable(Text('Dialled line (热线号码)')),
    caller: Nullable(Text("Caller's number, masked (主叫)")),
    called: Nullable(Text('Called number, masked unless it is a line of ours (被叫)')),
    agent: Nullable(Text('Call-taker (话务员)')),
    seat: Nullable(Text('坐席')),
    shift: Nullable(Text('班次')),
    startedAt: Instant('Start'),
    queuedAt: Nullable(Instant('排队')),
    answeredAt: Nullable(Instant('接通')),
    endedAt: Nullable(Instant('挂断')),
    durationSeconds: Nullable(Type.Integer({ description: '通话全程（秒）' })),
    talkSeconds: Nullable(Type.Integer({ description: '通话时长（秒）' })),
    hangupParty: Nullable(Choice(parties, { description: '挂断方' })),
    parties: Type.Array(
      Type.Object({
        party: Choice(parties),
        number: Nullable(Text('Masked')),
        agent: Nullable(Type.String()),
        startedAt: Nullable(Instant('Joined')),
        answeredAt: Nullable(Instant('Answered')),
        endedAt: Nullable(Instant('Left')),
      }),
      { description: 'Who was in it (三方通话)' },
    ),
    callBack: Nullable(
      Type.Object(
        { id: Type.String({ format: 'uuid' }), status: Choice(callBackStatuses) },
        { description: '回拨任务' },
      ),
    ),
    appeals: Type.Array(
      Type.Object({ messageId: Type.String({ format: 'uuid' }), appealId: Type.String({ format: 'uuid' }) }),
      { description: 'Messages that were told in it' },
    ),
    recordings: Type.Array(Type.String({ format: 'uuid' }), { description: 'Ids of its recordings (录音)' }),
  },
  { $id: 'Call', additionalProperties: false, description: 'One call (通话)' },
);
export type Call = Static<typeof CallSchema>;

export const CallBackSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    status: Choice(callBackStatuses, { description: 'Status (回拨状态)' }),
    caller: Nullable(Text('Number to call, masked: the call centre has it under the call')),
    callId: Nullable(Text('Id of the last missed call at the call centre')),
    call: Nullable(Type.String({ format: 'uuid', description: 'The last missed call' })),
    source: Nullable(Text('Source of the line dialled last')),
    missedCalls: Type.Integer({ description: '未接次数' }),
    firstMissedAt: Instant('首次未接'),
    lastMissedAt: Instant('最近未接'),
    attempts: Type.Integer({ description: 'Attempts to call back' }),
    lastAttemptAt: Nullable(Instant('Last attempt')),
    note: Nullable(Text('备注')),
    closedAt: Nullable(Instant('Closed')),
    closedBy: Nullable(Text('Who closed it')),
  },
  { $id: 'CallBack', additionalProperties: false, description: 'A caller to be called back (回拨任务)' },
);
export type CallBack = Static<typeof CallBackSchema>;

export const OutcomeSchema = Type.Object(
  {
    outcome: Choice(callBackOutcomes, { description: '`no-answer` leaves the task open' }),
    note: Type.Optional(Type.String({ maxLength: 500, description: '备注; numbers of persons are masked' })),
  },
  { additionalProperties: false },
);

export const RecordingSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    state: Choice(['pending', 'stored', 'failed']),
    mediaType: Nullable(Type.String()),
    size: Nullable(Type.Integer({ description: 'Bytes' })),
    sha256: Nullable(Text('SHA-256 of the content, hexadecimal')),
    storedAt: Nullable(Instant('Kept since')),
    expiresAt: Nullable(Instant('Deleted at the call centre')),
    failure: Nullable(Type.String()),
  },
  { $id: 'Recording', additionalProperties: false, description: 'Recording of a call (录音)' },
);
