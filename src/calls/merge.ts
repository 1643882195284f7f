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

/** An event as it is kept: several of them may speak of one leg. */
export interface Word {
  event: CallEvent;
  arrivedAt: Date;
}

type Field = Exclude<keyof CallEvent, 'legs' | 'raw' | 'answeredBySwitch' | 'row'>;

/**
 * One call from all that was told of it, in the order in which it came. Of the call its main leg speaks first, of one leg
 * the last word (`latestWord`). In any case `startedAt` ≤ `answeredAt` ≤ `endedAt` and `talkSeconds` ≤ `durationSeconds`.
 * @param isOver the call has ended whether its end was told or not.
 */
export function mergeEvents(told: readonly Word[], isOver = false): MergedCall {
  const legs = legsOf(told);
  const [main] = legs;
  if (!main) throw new Error('A call has at least one event.');
  const own = legs.filter(({ callId }) => callId === main.callId);
  const others = legs.filter(({ callId }) => callId !== main.callId);
  const lined = legs.find((leg) => leg.lineSource !== undefined);
  const first = <F extends Field>(field: F): NonNullable<CallEvent[F]> | null =>
    legs.map((leg) => leg[field]).find((value) => value !== undefined && value !== '') ?? null;
  const taken = main.answeredBySwitch && others.length > 0 ? others : legs;
  const startedAt = earliest(legs.flatMap((leg) => [leg.startedAt, leg.queuedAt, leg.answeredAt, leg.endedAt]));
  const answeredAt = earliest(taken.map((leg) => leg.answeredAt));
  const hasEnded = own.every((leg) => leg.endedAt !== undefined);
  const endedAt = hasEnded ? latest([...own.map((leg) => leg.endedAt), answeredAt?.toISOString()]) : null;
  const durationSeconds = (own.length === 1 ? main.durationSeconds : undefined) ?? secondsBetween(startedAt, endedAt);
  const toldTalk = own.length === 1 && taken.includes(main) ? main.talkSeconds : undefined;
  const talkSeconds = answeredAt ? (toldTalk ?? talkOf(taken, endedAt)) : null;
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
    agent: agentOf(legs, direction, answeredAt),
    seat: first('seat'),
    shift: first('shift'),
    startedAt,
    queuedAt: earliest(legs.map((leg) => leg.queuedAt)),
    answeredAt,
    endedAt,
    durationSeconds,
    talkSeconds: talkSeconds === null ? null : Math.min(talkSeconds, durationSeconds ?? talkSeconds),
    hangupParty: first('hangupParty'),
    parties: partiesOf(own, others),
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

const millisecondsOf = (times: readonly (string | undefined)[]): number[] =>
  times.flatMap((time) => (time ? [toDate(time).getTime()] : []));

function earliest(times: readonly (string | undefined)[]): Date | null {
  const known = millisecondsOf(times);
  return known.length > 0 ? new Date(Math.min(...known)) : null;
}

const latest = (times: readonly (string | undefined)[]): Date => new Date(Math.max(...millisecondsOf(times)));

const secondsBetween = (from: Date | null, to: Date | null): number | null =>
  from && to ? Math.round((to.getTime() - from.getTime()) / 1000) : null;

/**
 * The legs of a call, the main one first. A word that names no row, of an id that has rows, is of the row that began when
 * it says (it was kept before rows were told apart), else of the first.
 */
function legsOf(told: readonly Word[]): CallEvent[] {
  const rows = told.flatMap(({ event }) => (event.row === undefined ? [] : [event])).sort(mainFirst);
  const byLeg = new Map<string, Word[]>();
  for (const word of told) {
    const { callId, row, startedAt } = word.event;
    const its = row === undefined ? rows.filter((each) => each.callId === callId) : [];
    const key = JSON.stringify([callId, row ?? (its.find((each) => each.startedAt === startedAt) ?? its[0])?.row]);
    byLeg.set(key, [...(byLeg.get(key) ?? []), word]);
  }
  return [...byLeg.values()].map(latestWord).sort(mainFirst);
}

const stages = ['startedAt', 'queuedAt', 'answeredAt', 'endedAt'] as const;

/** How far a call has come by this event: an index of `stages`, −1 when it tells no time. */
const stageOf = (event: CallEvent): number => stages.findLastIndex((name) => event[name] !== undefined);

/**
 * What is known of a leg, field by field as the last word says. A word is said at its `sentAt`, or without one when it
 * came. One without `sentAt` that tells of an earlier stage than words before it is progress that was delivered late: it
 * counts as said before any word of a later stage.
 */
function latestWord(words: readonly Word[]): CallEvent {
  let furthest = -1;
  const said = words
    .map(({ event, arrivedAt }) => ({ event, saidAt: event.sentAt ? toDate(event.sentAt) : arrivedAt }))
    .sort((a, b) => a.saidAt.getTime() - b.saidAt.getTime())
    .map(({ event }) => {
      const stage = stageOf(event);
      const isProgress = event.sentAt === undefined && stage >= 0;
      const rank = isProgress ? stage : Math.max(furthest, stage);
      furthest = Math.max(furthest, rank);
      return { event, rank };
    })
    .sort((a, b) => a.rank - b.rank);
  return Object.assign({}, ...said.map(({ event }) => compact(event))) as CallEvent;
}

const compact = <T extends object>(value: T): Partial<T> =>
  Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined && inner !== '')) as Partial<T>;

/** The main leg is the caller's: it names no other leg, or it began first. */
function mainFirst(a: CallEvent, b: CallEvent): number {
  const isMain = (leg: CallEvent): number => {
    if (leg.party !== undefined) return leg.party === 'caller' ? 0 : 2;
    return leg.linkedId === undefined || leg.linkedId === leg.callId ? 0 : 1;
  };
  return isMain(a) - isMain(b) || momentOfStart(a) - momentOfStart(b) || compareText(a.callId, b.callId) || byRow(a, b);
}

const compareText = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
const byRow = (a: CallEvent, b: CallEvent): number =>
  Number(a.row ?? Number.NaN) - Number(b.row ?? Number.NaN) || compareText(a.row ?? '', b.row ?? '');

const momentOfStart = ({ startedAt, queuedAt, answeredAt, endedAt }: CallEvent): number =>
  toDate(startedAt ?? queuedAt ?? answeredAt ?? endedAt ?? '9999-12-31T00:00:00Z').getTime();

/**
 * Seconds in which anybody who took the call was in it: as long as legs of two overlap they count once. Null: somebody
 * still is.
 */
function talkOf(taken: readonly CallEvent[], endedAt: Date | null): number | null {
  const spells = taken
    .flatMap((leg): { from: number; to: number | undefined }[] => {
      if (!leg.answeredAt) return [];
      const from = toDate(leg.answeredAt).getTime();
      const left = leg.endedAt ? toDate(leg.endedAt).getTime() : endedAt?.getTime();
      return [{ from, to: leg.talkSeconds === undefined ? left : from + leg.talkSeconds * 1000 }];
    })
    .sort((a, b) => a.from - b.from);
  let talked = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const { from, to } of spells) {
    if (to === undefined) return null;
    const end = Math.min(to, endedAt?.getTime() ?? to);
    talked += Math.max(0, end - Math.max(from, until));
    until = Math.max(until, end);
  }
  return Math.round(talked / 1000);
}

/** Who made a call of ours; of any other the call-taker who took it first, or, as long as nobody did, whom it rang. */
function agentOf(legs: readonly CallEvent[], direction: Direction, answeredAt: Date | null): string | null {
  const named = legs.filter((leg) => leg.agent);
  if (direction === 'outbound' || !answeredAt) return named[0]?.agent ?? null;
  const takers = named.flatMap(({ agent, answeredAt: at }) => (at ? [{ agent, at: toDate(at).getTime() }] : []));
  return takers.sort((a, b) => a.at - b.at)[0]?.agent ?? null;
}

/** @param own of the main leg: more than one are the caller's with one call-taker after the other. */
function partiesOf(own: readonly CallEvent[], others: readonly CallEvent[]): CallParty[] {
  const [main] = own;
  if (own.length > 1)
    return [
      { ...NOBODY, party: 'caller', number: main?.caller || null },
      ...own.map((leg) => ({ ...partyOf({ ...leg, party: leg.agent ? 'agent' : 'other' }), number: null })),
      ...others.map(partyOf),
    ];
  if (others.length > 0) return [...own, ...others].map((leg, at) => partyOf(at === 0 ? asCaller(leg) : leg));
  return (main?.legs ?? []).map((leg) => ({ ...NOBODY, ...compact(leg) }));
}

const asCaller = (leg: CallEvent): CallEvent => ({ party: 'caller', ...leg });

function partyOf(leg: CallEvent): CallParty {
  const party = leg.party ?? (leg.agent ? 'agent' : 'other');
  return {
    party,
    number: (party === 'caller' ? leg.caller : leg.called) || null,
    agent: leg.agent || null,
    startedAt: leg.startedAt ?? null,
    answeredAt: leg.answeredAt ?? null,
    endedAt: leg.endedAt ?? null,
  };
}
