import type { Zone } from '../deadlines/zone.ts';
import type { KeyRing } from '../platform/access/key-ring.ts';
import { maskPhone } from '../platform/access/masking.ts';
import type { CallBackRow, CallRow } from './call-backs.service.ts';
import type { ShownCall } from './calls.repo.ts';
import type { Call, CallBack } from './calls.schema.ts';
import { openCall } from './calls.service.ts';

interface ViewDeps {
  zone: Zone;
  keyRing: KeyRing;
}

const masked = (number: string | null): string | null => (number ? maskPhone(number) : null);

export function viewCall(
  { zone, keyRing }: ViewDeps,
  { call, callBack }: ShownCall,
  more: Pick<Call, 'appeals' | 'recordings'>,
): Call {
  const at = (date: Date | null): string | null => (date ? zone.formatInstant(date) : null);
  const told = (text: string | null): string | null => (text === null ? null : at(new Date(text)));
  const { caller, called, parties } = openCall(keyRing, call);
  return {
    id: call.id,
    provider: call.provider,
    callId: call.callId,
    status: call.status,
    direction: call.direction,
    source: call.source,
    line: call.line,
    caller: masked(caller),
    called: called !== null && called === call.line ? called : masked(called),
    agent: call.agent,
    seat: call.seat,
    shift: call.shift,
    startedAt: zone.formatInstant(call.startedAt),
    queuedAt: at(call.queuedAt),
    answeredAt: at(call.answeredAt),
    endedAt: at(call.endedAt),
    durationSeconds: call.durationSeconds,
    talkSeconds: call.talkSeconds,
    hangupParty: call.hangupParty,
    parties: parties.map((party) => ({
      party: party.party,
      number: masked(party.number),
      agent: party.agent,
      startedAt: told(party.startedAt),
      answeredAt: told(party.answeredAt),
      endedAt: told(party.endedAt),
    })),
    callBack,
    ...more,
  };
}

export function viewCallBack({ zone, keyRing }: ViewDeps, task: CallBackRow, last: CallRow | undefined): CallBack {
  const at = (date: Date | null): string | null => (date ? zone.formatInstant(date) : null);
  return {
    id: task.id,
    status: task.status,
    caller: last ? masked(openCall(keyRing, last).caller) : null,
    callId: last?.callId ?? null,
    call: last?.id ?? null,
    source: last?.source ?? null,
    missedCalls: task.missedCalls,
    firstMissedAt: zone.formatInstant(task.firstMissedAt),
    lastMissedAt: zone.formatInstant(task.lastMissedAt),
    attempts: task.attempts,
    lastAttemptAt: at(task.lastAttemptAt),
    note: task.note,
    closedAt: at(task.closedAt),
    closedBy: task.closedBy,
  };
}
