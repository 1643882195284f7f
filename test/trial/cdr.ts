import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Call } from '../../src/calls/calls.schema.ts';
import { callCentre, connect, type Taken } from '../calls/support.ts';
import type { City, Reply as HttpReply } from '../support/city.ts';
import { withCity } from './city.ts';
import type { Outcome, Trial } from './trial.ts';

interface AsteriskSample {
  id: string;
  line: string;
  field_count: number;
  expected: Record<string, string | number | null>;
}
type Row = Record<string, string | number>;

function linesOf<T>(folder: string, file: string): T[] {
  return readFileSync(path.join(folder, file), 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as T);
}

/** What the record of a pushed event holds: the call as it is read, and the columns kept sealed with it. */
async function kept(city: City, call: Call): Promise<{ call: Call; raw: Record<string, unknown> }> {
  const [event] = await city.rows<{ id: string; sealed: Buffer }>(
    'select id, sealed from call_events where call = $1',
    [call.id],
  );
  const opened = city.instance.keyRing.open<{ raw?: Record<string, unknown> }>(
    `call-event:${event?.id}`,
    event?.sealed ?? Buffer.alloc(0),
  );
  return { call, raw: opened.raw ?? {} };
}

/** Asterisk lines as CSV, rows of FreeSWITCH's database as JSON; every record must be one call with what it says. */
export const trial: Trial = (folder) =>
  withCity({ at: '2026-11-24T10:00:00+08:00' }, async (city) => {
    await connect(city);
    const { push } = callCentre(city);
    const outcomes: Outcome[] = [];
    for (const sample of linesOf<AsteriskSample>(folder, 'asterisk-csv.jsonl')) {
      const reply = await push(sample.line, { 'content-type': 'text/csv' });
      outcomes.push({ sample: sample.id, ...(await compareAsterisk(city, sample, reply)) });
    }
    for (const row of linesOf<Row>(folder, 'freeswitch-cdr.jsonl')) {
      const reply = await push(row);
      outcomes.push({ sample: `freeswitch ${row.rowid}`, ...(await compareFreeSwitch(city, row, reply)) });
    }
    return outcomes;
  });

type Reply = HttpReply<Taken>;
type Compared = Omit<Outcome, 'sample'>;

const refused = (expected: object, reply: Reply): Compared => ({
  expected: JSON.stringify(expected),
  got: `${reply.status} ${JSON.stringify(reply.body)}`,
  ok: false,
});

async function callOf(city: City, reply: Reply) {
  return kept(city, await city.get<Call>(`/v1/calls/${reply.body.calls[0]?.id}`));
}

async function compareAsterisk(city: City, { expected }: AsteriskSample, reply: Reply): Promise<Compared> {
  if (reply.status !== 200) return refused(expected, reply);
  const { call, raw } = await callOf(city, reply);
  const got: Record<string, unknown> = {
    ...raw,
    duration: call.durationSeconds,
    billsec: call.talkSeconds ?? Number(raw.billsec),
    uniqueid: raw.uniqueid === undefined ? undefined : call.callId,
  };
  const named = Object.fromEntries(Object.keys(expected).map((name) => [name, got[name] ?? null]));
  const same = Object.entries(expected).every(([name, value]) => String(named[name] ?? '') === String(value ?? ''));
  const status =
    expected.disposition === undefined || (call.status === 'answered') === (expected.disposition === 'ANSWERED');
  return {
    expected: JSON.stringify(expected),
    got: JSON.stringify({ ...named, status: call.status }),
    ok: same && status,
  };
}

async function compareFreeSwitch(city: City, row: Row, reply: Reply): Promise<Compared> {
  const expected = {
    callId: row.uuid,
    status: row.answer_stamp ? 'answered' : 'missed',
    durationSeconds: row.duration,
    talkSeconds: row.answer_stamp ? row.billsec : null,
    startedAt: String(row.start_stamp).slice(0, 19).replace(' ', 'T'),
  };
  if (reply.status !== 200) return refused(expected, reply);
  const { call } = await callOf(city, reply);
  const got = {
    callId: call.callId,
    status: call.status,
    durationSeconds: call.durationSeconds,
    talkSeconds: call.talkSeconds,
    startedAt: call.startedAt.slice(0, 19),
  };
  return {
    expected: JSON.stringify(expected),
    got: JSON.stringify(got),
    ok: JSON.stringify(got) === JSON.stringify(expected),
  };
}
