import type { Book, CallEntry, Deviation, Entry } from './book.ts';
import { keyOf } from './book.ts';
import type { Found, FoundCall, FoundFile, FoundMessage } from './found.ts';
import { MARKER } from './texts.ts';

/** Business milliseconds after its recording in which a receipt that was due before can still be on time. */
const LATE_ANYWAY_MS = 6 * 60_000;
const SENT = new Set(['sent', 'delivered']);

export interface Compared {
  deviations: Deviation[];
  /** Where each entry was found. */
  placed: Map<Entry, FoundMessage>;
  /** Entries found more than once, and entries that should be there and are not. */
  twice: Set<Entry>;
  missing: Set<Entry>;
}

/** Holds what the service says against the book. */
export function compare({ entries, calls }: Pick<Book, 'entries' | 'calls'>, found: Found, end: number): Compared {
  const deviations: Deviation[] = [];
  const deviates = (entry: Entry, what: string, facts: unknown = {}): void =>
    void deviations.push({ protocol: entry.protocol, key: keyOf(entry), what, facts: { entry, found: facts } });
  const failed = (key: string, what: string, facts: unknown): void =>
    void deviations.push({ protocol: 'service', key, what, facts });

  for (const entry of entries) for (const wrong of entry.wrong) deviates(entry, wrong);
  const { placed, twice, missing } = placeAll(entries, found, deviates, failed);
  compareMatters(placed, deviates);
  compareFiles(placed, found, deviates);
  compareReceipts(placed, found, end, deviates, failed);
  compareCourse(found, failed);
  compareCalls(calls, found, failed);
  return { deviations, placed, twice, missing };
}

type Deviates = (entry: Entry, what: string, facts?: unknown) => void;
type Failed = (key: string, what: string, facts: unknown) => void;

/** Each that was acknowledged once, none that was refused, and nothing that is not in the book. */
function placeAll(entries: readonly Entry[], found: Found, deviates: Deviates, failed: Failed) {
  const messages = found.appeals.flatMap((appeal) => appeal.messages);
  const byMarker = new Map<string, FoundMessage[]>();
  const byId = new Map<string, FoundMessage[]>();
  const add = (map: Map<string, FoundMessage[]>, key: string, message: FoundMessage): void =>
    void map.set(key, [...(map.get(key) ?? []), message]);
  for (const message of messages) {
    add(byId, `${message.source}\0${message.externalId}`, message);
    for (const [marker] of message.body.matchAll(MARKER)) add(byMarker, marker, message);
  }
  const placed = new Map<Entry, FoundMessage>();
  const [twice, missing] = [new Set<Entry>(), new Set<Entry>()];
  const known = new Set<FoundMessage>();
  for (const entry of entries) {
    const { marker, externalId, source, fate } = entry;
    const own = new Set([
      ...(marker === undefined ? [] : (byMarker.get(marker) ?? [])),
      ...(externalId === undefined ? [] : (byId.get(`${source}\0${externalId}`) ?? [])),
    ]);
    for (const message of own) known.add(message);
    const [message] = own;
    if (fate !== 'message') {
      if (message) deviates(entry, `${fate}, and yet a message`, [...own]);
      continue;
    }
    if (own.size > 1) {
      twice.add(entry);
      deviates(entry, `recorded ${own.size} times`, [...own]);
    }
    if (!message) {
      if (!entry.acknowledged) continue;
      missing.add(entry);
      deviates(entry, 'acknowledged, and nowhere');
      continue;
    }
    placed.set(entry, message);
    if (entry.number !== undefined && entry.number !== message.appeal.number)
      deviates(entry, `told ${entry.number}, recorded with ${message.appeal.number}`, message);
    if (entry.messageId !== undefined && entry.messageId !== message.id)
      deviates(entry, 'told another message id', message);
  }
  for (const message of messages)
    if (!known.has(message)) failed(message.id, 'a message that is not in the book', message);
  return { placed, twice, missing };
}

/** What belongs together is one appeal, and what does not is not. */
function compareMatters(placed: ReadonlyMap<Entry, FoundMessage>, deviates: Deviates): void {
  const [appealOf, matterOf] = [new Map<string, FoundMessage>(), new Map<string, Entry>()];
  for (const [entry, message] of placed) {
    const first = appealOf.get(entry.matter);
    if (first && first.appeal.id !== message.appeal.id)
      deviates(entry, `of one matter in two appeals: ${first.appeal.number} and ${message.appeal.number}`, {
        first,
        message,
      });
    appealOf.set(entry.matter, first ?? message);
    const other = matterOf.get(message.appeal.id);
    if (other && other.matter !== entry.matter)
      deviates(entry, `two matters in one appeal: with ${keyOf(other)} in ${message.appeal.number}`, {
        other,
        message,
      });
    matterOf.set(message.appeal.id, other ?? entry);
  }
}

/** Each file that was sent is kept once, with its message and its content. */
function compareFiles(placed: ReadonlyMap<Entry, FoundMessage>, found: Found, deviates: Deviates): void {
  const byMessage = new Map<string, FoundFile[]>();
  for (const file of found.appeals.flatMap(({ files }) => files))
    if (file.messageId) byMessage.set(file.messageId, [...(byMessage.get(file.messageId) ?? []), file]);
  const signed = ({ kind, sha256 }: { kind: string; sha256: string | null }): string => `${kind} ${sha256}`;
  for (const [entry, { id }] of placed) {
    const kept = byMessage.get(id) ?? [];
    const open = kept.filter(({ state }) => state !== 'stored');
    const [wanted, got] = [entry.files, kept].map((files) => files.map(signed).sort().join(', '));
    if (open.length > 0) deviates(entry, `files not fetched: ${open.map(({ failure }) => failure)}`, kept);
    else if (wanted !== got) deviates(entry, `other files: ${got || 'none'} instead of ${wanted || 'none'}`, kept);
  }
}

/** One receipt for each message that was promised one, sent once, before it was due. */
function compareReceipts(
  placed: ReadonlyMap<Entry, FoundMessage>,
  { receipts, outbox }: Found,
  end: number,
  deviates: Deviates,
  failed: Failed,
): void {
  const byMessage = new Map<string, typeof receipts>();
  for (const receipt of receipts)
    if (receipt.kind === 'receipt')
      byMessage.set(receipt.messageId, [...(byMessage.get(receipt.messageId) ?? []), receipt]);
  for (const [entry, message] of placed) {
    const own = byMessage.get(message.id) ?? [];
    if (own.length > 1) deviates(entry, `${own.length} receipts for one message`, own);
    const [receipt] = own;
    if (entry.receiptDueAt && !receipt) deviates(entry, 'promised a receipt, and there is none');
    if (!receipt) continue;
    if (entry.receiptDueAt === null) deviates(entry, 'a receipt that was not promised', receipt);
    const due = Date.parse(receipt.dueAt);
    if (due > end) continue;
    const inTime = Math.max(due, Date.parse(message.recordedAt) + LATE_ANYWAY_MS);
    if (!SENT.has(receipt.status)) deviates(entry, `a receipt that is due is ${receipt.status}`, receipt);
    else if (Date.parse(receipt.sentAt ?? '') > inTime) deviates(entry, 'a receipt was late', receipt);
  }
  const sends = new Map<string, number>();
  for (const { receiptId } of outbox) sends.set(receiptId, (sends.get(receiptId) ?? 0) + 1);
  for (const receipt of receipts) {
    const times = sends.get(receipt.id) ?? 0;
    if (times !== (SENT.has(receipt.status) ? 1 : 0)) failed(receipt.id, `an SMS left ${times} times`, receipt);
    sends.delete(receipt.id);
  }
  for (const [receiptId, times] of sends) failed(receiptId, `an SMS of no receipt left ${times} times`, {});
}

/** Each appeal is with a department, which was told so once, or in triage; forwarded in time; nothing is left undone. */
function compareCourse({ appeals, feeds, escalations, failedItems }: Found, failed: Failed): void {
  const assigned = new Map<string, number>();
  for (const [code, entries] of feeds) {
    if (new Set(entries.map(({ cursor }) => cursor)).size !== entries.length)
      failed(code, 'a feed repeats a cursor', entries.length);
    for (const { kind, assignmentId } of entries)
      if (kind === 'assigned')
        assigned.set(`${code} ${assignmentId}`, (assigned.get(`${code} ${assignmentId}`) ?? 0) + 1);
  }
  for (const { appeal, deadlines } of appeals) {
    const { number, status, assignment } = appeal;
    if (!['assigned', 'triage', 'answered'].includes(status)) failed(number, `an appeal is ${status}`, appeal);
    if (assignment) {
      const times = assigned.get(`${assignment.department} ${assignment.id}`) ?? 0;
      if (times !== 1) failed(number, `its department was told of it ${times} times`, appeal);
    }
    const forwards = deadlines.filter(({ name }) => name === 'forward');
    if (forwards.length > 1) failed(number, 'to be forwarded twice', deadlines);
    for (const { dueAt, metAt } of forwards) {
      // What was recorded when it was due already, or was received days ago, is late whatever is done.
      if (Date.parse(dueAt) <= Date.parse(appeal.recordedAt) + LATE_ANYWAY_MS || appeal.lateByAdapter) continue;
      if (metAt === null || Date.parse(metAt) > Date.parse(dueAt)) failed(number, 'not forwarded in time', deadlines);
    }
  }
  const steps = new Map<string, number>();
  for (const { appealId, deadline, dueAt, step, role } of escalations) {
    // Receipts of one appeal's messages may be due together: only what can be told apart is counted.
    if (deadline === 'receipt') continue;
    const key = `${appealId} ${deadline} ${dueAt} ${step} ${role}`;
    steps.set(key, (steps.get(key) ?? 0) + 1);
  }
  for (const [key, times] of steps) if (times > 1) failed(key, `a step of the ladder was taken ${times} times`, {});
  for (const item of failedItems) failed(item.kind, 'an item of the agenda failed for good', item);
}

/** Each call is one, as it went; who was missed is called back once; recordings are kept once. */
function compareCalls(calls: readonly CallEntry[], { calls: kept, callBacks }: Found, failed: Failed): void {
  const byId = new Map<string, FoundCall[]>();
  for (const each of kept) byId.set(each.call.callId, [...(byId.get(each.call.callId) ?? []), each]);
  const tasks = new Map(callBacks.map((task) => [task.id, task]));
  const byCaller = new Map<string, { entry: CallEntry; found: FoundCall }[]>();
  const known = new Set<string>();
  for (const entry of calls) {
    const own = byId.get(entry.callId) ?? [];
    known.add(entry.callId);
    const facts = { entry: { ...entry, message: undefined }, own };
    if (own.length === 0 && entry.pushes.every(({ acknowledged }) => !acknowledged)) continue;
    if (own.length !== 1) failed(entry.callId, `a call is there ${own.length} times`, facts);
    const [found] = own;
    if (!found) continue;
    byCaller.set(entry.caller, [...(byCaller.get(entry.caller) ?? []), { entry, found }]);
    const { call, recordings } = found;
    if (call.status !== entry.status)
      failed(entry.callId, `a call is ${call.status} instead of ${entry.status}`, facts);
    const wanted = entry.recording ? [entry.recording.sha256] : [];
    const got = recordings.map(({ state, sha256 }) => (state === 'stored' ? sha256 : state));
    if (JSON.stringify(got) !== JSON.stringify(wanted)) failed(entry.callId, 'other recordings', facts);
    if (entry.message?.acknowledged && call.appeals.length !== 1)
      failed(entry.callId, `${call.appeals.length} messages of a call`, facts);
  }
  for (const { call } of kept) if (!known.has(call.callId)) failed(call.callId, 'a call that is not in the book', call);
  for (const [caller, own] of byCaller) {
    const missed = own.filter(({ entry }) => entry.status === 'missed');
    const ids = new Set(missed.map(({ found }) => found.call.callBack?.id));
    const facts = { own, tasks: [...ids].map((id) => tasks.get(id ?? '')) };
    if (missed.length === 0) {
      if (own.some(({ found }) => found.call.callBack)) failed(caller, 'to be called back, and was not missed', facts);
      continue;
    }
    const task = tasks.get([...ids][0] ?? '');
    const status = missed[0]?.entry.spokenLater ? 'answered' : 'open';
    if (ids.size !== 1 || !task) failed(caller, `${ids.size} call-backs of one caller`, facts);
    else if (task.status !== status) failed(caller, `a call-back is ${task.status} instead of ${status}`, facts);
    else if (task.missedCalls !== missed.length)
      failed(caller, `${task.missedCalls} missed calls instead of ${missed.length}`, facts);
  }
}
