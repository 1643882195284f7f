import type { CallEvent, CallStatus, Direction, Party } from './call-event.ts';

/** Somebody who was in a call. */
export interface CallParty {
  party: Party;
  number: string | null;
  agent: string | null;
  startedAt: string | null;
  answeredAt: string | null;
  endedAt: string | null;
}

/** A call as all of its events together tell it. */
export interface MergedCall {
  callId: string;
  direction: Direction;
  status: CallStatus;
  caller: string | null;
  called: string | null;
  line: string | null;
  lineSource: string | null;
  agent: string | null;
  seat: string | null;
  shift: string | null;
  startedAt: Date | null;
  queuedAt: Date | null;
  answeredAt: Date | null;
  endedAt: Date | null;
  durationSeconds: number | null;
  talkSeconds: number | null;
  hangupParty: Party | null;
  parties: CallParty[];
}

type Field = Exclude<keyof CallEvent, 'legs' | 'raw' | 'answeredBySwitch'>;

/**
 * One call from its events, in whatever order and however often they came: the same events always make the same call.
 * Of one leg the latest word counts, field by field; of the call its main leg speaks first.
 * @param isOver the call has ended whether its end was told or not.
 */
export function mergeEvents(events: readonly CallEvent[], isOver = false): MergedCall {
  const byLeg = new Map<string, CallEvent[]>();
  for (const event of [...events].sort(byTime)) byLeg.set(event.callId, [...(byLeg.get(event.callId) ?? []), event]);
  const legs = [...byLeg.values()].map(latestWord).sort(mainFirst);
  const [main] = legs;
  if (!main) throw new Error('A call has at least one event.');
  const others = legs.slice(1);
  const lined = legs.find((leg) => leg.lineSource !== undefined);
  const first = <F extends Field>(field: F): NonNullable<CallEvent[F]> | null =>
    legs.map((leg) => leg[field]).find((value) => value !== undefined && value !== '') ?? null;
  const taken = main.answeredBySwitch && others.length > 0 ? others : legs;
  const answeredAt = earliest(taken.map((leg) => leg.answeredAt));
  const endedAt = main.endedAt ? toDate(main.endedAt) : null;
  const direction = main.direction ?? 'inbound';
  return {
    callId: main.callId,
    direction,
    status: answeredAt
      ? 'answered'
      : endedAt || isOver
        ? direction === 'inbound'
          ? 'missed'
          : 'unanswered'
        : 'under-way',
    caller: first('caller'),
    called: main.called || first('called'),
    line: lined?.line ?? first('line'),
    lineSource: lined?.lineSource ?? null,
    agent: agentOf(legs),
    seat: first('seat'),
    shift: first('shift'),
    startedAt: earliest(legs.map((leg) => leg.startedAt ?? leg.queuedAt ?? leg.answeredAt ?? leg.endedAt)),
    queuedAt: earliest(legs.map((leg) => leg.queuedAt)),
    answeredAt,
    endedAt,
    durationSeconds: main.durationSeconds ?? null,
    talkSeconds: answeredAt ? (main.talkSeconds ?? null) : null,
    hangupParty: first('hangupParty'),
    parties: legs.length > 1 ? legs.map(partyOf) : (main.legs ?? []).map((leg) => ({ ...NOBODY, ...compact(leg) })),
  };
}

/** Every address of a recording that the events name, with the time it is deleted there. */
export function recordingsOf(events: readonly CallEvent[]): { url: string; expiresAt: Date | null }[] {
  const byUrl = new Map<string, Date | null>();
  for (const { recordingUrl, recordingExpiresAt } of events)
    if (recordingUrl !== undefined)
      byUrl.set(recordingUrl, byUrl.get(recordingUrl) ?? (recordingExpiresAt ? toDate(recordingExpiresAt) : null));
  return [...byUrl].map(([url, expiresAt]) => ({ url, expiresAt }));
}

const NOBODY: CallParty = {
  party: 'other',
  number: null,
  agent: null,
  startedAt: null,
  answeredAt: null,
  endedAt: null,
};

const toDate = (text: string): Date => new Date(text);

function earliest(times: readonly (string | undefined)[]): Date | null {
  const known = times.flatMap((time) => (time ? [toDate(time).getTime()] : []));
  return known.length > 0 ? new Date(Math.min(...known)) : null;
}

/** The moment an event speaks of: an end is later than what it ended. */
const momentOf = ({ endedAt, answeredAt, queuedAt, startedAt }: CallEvent): number =>
  toDate(endedAt ?? answeredAt ?? queuedAt ?? startedAt ?? new Date(0).toISOString()).getTime();

/** By the moment they speak of; of two at one moment the fuller is the later word, and then their text decides. */
function byTime(a: CallEvent, b: CallEvent): number {
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
  return momentOf(a) - momentOf(b) || left.length - right.length || (left < right ? -1 : Number(left > right));
}

const latestWord = (events: readonly CallEvent[]): CallEvent => Object.assign({}, ...events.map(compact)) as CallEvent;

const compact = <T extends object>(value: T): Partial<T> =>
  Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined && inner !== '')) as Partial<T>;

/** The main leg is the caller's: it names no other leg, or it began first. */
function mainFirst(a: CallEvent, b: CallEvent): number {
  const isMain = (leg: CallEvent): number => {
    if (leg.party !== undefined) return leg.party === 'caller' ? 0 : 2;
    return leg.linkedId === undefined || leg.linkedId === leg.callId ? 0 : 1;
  };
  return isMain(a) - isMain(b) || momentOfStart(a) - momentOfStart(b) || (a.callId < b.callId ? -1 : 1);
}

const momentOfStart = ({ startedAt, queuedAt, answeredAt, endedAt }: CallEvent): number =>
  toDate(startedAt ?? queuedAt ?? answeredAt ?? endedAt ?? '9999-12-31T00:00:00Z').getTime();

/** The call-taker who took it first. */
function agentOf(legs: readonly CallEvent[]): string | null {
  const named = legs.filter((leg) => leg.agent);
  const answered = named
    .filter((leg) => leg.answeredAt)
    .sort((a, b) => toDate(a.answeredAt ?? '').getTime() - toDate(b.answeredAt ?? '').getTime());
  return (answered[0] ?? named[0])?.agent ?? null;
}

function partyOf(leg: CallEvent, at: number): CallParty {
  const party = leg.party ?? (at === 0 ? 'caller' : leg.agent ? 'agent' : 'other');
  return {
    party,
    number: (party === 'caller' ? leg.caller : leg.called) || null,
    agent: leg.agent || null,
    startedAt: leg.startedAt ?? null,
    answeredAt: leg.answeredAt ?? null,
    endedAt: leg.endedAt ?? null,
  };
}
