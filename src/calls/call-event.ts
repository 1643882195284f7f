import { type Static, Type } from 'typebox';
import { Choice } from '../platform/openapi.ts';

export const directions = ['inbound', 'outbound', 'internal'] as const;
export type Direction = (typeof directions)[number];

/**
 * `missed`: nobody took an inbound call before it ended; `unanswered`: the same of a call of ours. What a switch or a
 * queue answers by itself is not answered. A call whose end is not told for two hours has ended; `answered` is the last
 * word of one in any case.
 */
export const callStatuses = ['under-way', 'answered', 'missed', 'unanswered'] as const;
export type CallStatus = (typeof callStatuses)[number];

/** `answered`: a later call of the same number was answered; `withdrawn`: none of its calls was missed after all. */
export const callBackStatuses = ['open', 'reached', 'answered', 'given-up', 'withdrawn'] as const;
export type CallBackStatus = (typeof callBackStatuses)[number];

export const parties = ['caller', 'agent', 'expert', 'department', 'other', 'system'] as const;
export type Party = (typeof parties)[number];

const Id = (description: string) => Type.String({ minLength: 1, maxLength: 128, pattern: '\\S', description });
const Word = (description: string) => Type.Optional(Type.String({ maxLength: 64, description }));
const Digits = (description: string) => Type.Optional(Type.String({ maxLength: 64, description }));
const At = (description: string) => Type.Optional(Type.String({ format: 'date-time', description }));
/** A call that lasts longer than a week is a mistake of units. */
const Seconds = (description: string) => Type.Optional(Type.Integer({ minimum: 0, maximum: 604_800, description }));

const LegSchema = Type.Object(
  {
    legId: Type.Optional(Id('Id of the leg')),
    party: Type.Optional(Choice(parties, { description: 'Who is on the leg' })),
    number: Digits('Number of the party'),
    agent: Word('Call-taker (话务员)'),
    startedAt: At('Joined'),
    answeredAt: At('Answered'),
    endedAt: At('Left'),
  },
  { additionalProperties: false },
);

/** One call, or what is known of it by now, in the neutral form every call centre's own is mapped to. */
export const CallEventSchema = Type.Object(
  {
    callId: Id('Id of the call, or of this leg of it, at the call centre'),
    linkedId: Type.Optional(
      Id('Id of another leg of the same call (三方通话, transfer); all legs so joined are one call'),
    ),
    provider: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9._-]{1,40}$',
        description: 'Whose id it is; default: as set, else the source. Not one that another source is set to',
      }),
    ),
    direction: Type.Optional(
      Choice(directions, { description: 'Default inbound; outbound when a line of ours calls' }),
    ),
    party: Type.Optional(Choice(parties, { description: 'Who is on this leg, when it is not the whole call' })),
    caller: Digits("Caller's number (主叫)"),
    called: Digits('Dialled number (被叫)'),
    line: Digits('Dialled line (12369, 市长电话), when `called` is not it'),
    agent: Word('Call-taker (话务员)'),
    seat: Word('Seat (坐席)'),
    shift: Word('Shift (班次)'),
    startedAt: At('Start of the call'),
    queuedAt: At('Began to wait in the queue'),
    answeredAt: At('Taken by a person; absent: not yet, or never'),
    endedAt: At('End of the call; absent: under way'),
    sentAt: At(
      'When this was said: of one leg the word said last counts; default: when it came. See docs/channels/phone.md',
    ),
    durationSeconds: Seconds('Length of the whole call'),
    talkSeconds: Seconds('Length of the talk'),
    hangupParty: Type.Optional(Choice(parties, { description: 'Who hung up' })),
    recordingUrl: Type.Optional(
      Type.String({ minLength: 1, maxLength: 1000, description: 'Where the recording (录音) is' }),
    ),
    recordingExpiresAt: At('When it is deleted there; default: seven days after the call'),
    legs: Type.Optional(Type.Array(LegSchema, { maxItems: 20, description: 'Everybody who was in it' })),
  },
  { $id: 'CallEvent', additionalProperties: false, description: 'Call event (通话事件)' },
);

export type CallEvent = Static<typeof CallEventSchema> & {
  /** The switch itself may have answered: as long as other legs are known, only their answering counts. */
  answeredBySwitch?: boolean;
  /** Which record of this id it is, where a switch writes several (Asterisk): each is a leg of its own. */
  row?: string;
  /** Source of the dialled line, and then `line` is its number. */
  lineSource?: string;
  /** The record as the switch wrote it, kept sealed with the event. */
  raw?: unknown;
};
