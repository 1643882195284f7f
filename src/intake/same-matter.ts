import { sql } from 'drizzle-orm';
import { appealsOf, type KnownAppeal, lastAppealsOf } from '../appeals/known-appeals.ts';
import { mayShareCase, natureClass, urgencies } from '../appeals/nature.ts';
import { isOpen } from '../appeals/states.ts';
import type { Transaction } from '../platform/database/database.ts';
import { arrayOf } from '../platform/database/rows.ts';
import { FOLLOW_UP_MS, isFollowUp, isSupplement } from './follow-up.ts';
import type { PreparedMessage } from './prepare.ts';
import { bigrams, SAME_MATTER_THRESHOLD, shared, similarityOf } from './similarity.ts';
import { type Way, wayTo } from './way.ts';

/** What comes after this many characters decides nothing and would cost the other callers time. */
export const COMPARED_LENGTH = 2_000;

/** Business days in which a message on an ended matter is taken as the same matter; later it is a new one. */
const REMEMBERED_MS = 30 * 86_400_000;

/** A message of which at most this share of bigrams is not in the appeal already says nothing new. */
const NOTHING_NEW = 0.1;

type Bigrams = ReturnType<typeof bigrams>;

interface Candidate extends Omit<KnownAppeal, 'persons' | 'title' | 'body' | 'toNature'> {
  /** Worked out only when a second message of the person comes. */
  bigrams: () => Bigrams;
}

function bigramsOf({ title, body }: { title: string; body: string }): () => Bigrams {
  let known: Bigrams | undefined;
  return () => {
    known ??= bigrams(`${title}\n${body.slice(0, COMPARED_LENGTH)}`);
    return known;
  };
}

/** Which appeal a message is meant for, though that may be linked to another one, and what it does as things stand. */
export interface Belonging {
  meant: string;
  way: Exclude<Way, undefined>;
  nothingNew: boolean;
}

/**
 * Same matter (同一事项): a message joins an appeal by itself only when the same verified person raised it, it is open,
 * under the same policy and class of nature, and its text is alike (threshold: docs/same-matter.md). A message that is
 * more urgent than the appeal never joins: it must not wait behind it. Anything less certain is for a dispatcher to link.
 */
export interface SameMatter {
  /** Where the message belongs, the likest first; undefined: a new matter. */
  find(message: PreparedMessage): Belonging | undefined;
  /** A new appeal of this batch, so that the next message in it can join. */
  add(message: PreparedMessage, appealId: string): void;
}

/**
 * Locks the persons of a batch (sorted, so that two intakes cannot wait for each other in a circle) and reads their
 * appeals. The locks last to the end of the transaction: a second message of a person, however close, sees the first.
 */
export async function openSameMatter(
  tx: Transaction,
  batch: readonly PreparedMessage[],
  policyOf: (message: PreparedMessage) => string,
  now: Date,
): Promise<SameMatter> {
  const byPerson = new Map<string, Candidate[]>();
  /** The appeal each person wrote to a moment ago, for what only goes on with it. */
  const justNow = new Map<string, string>();
  const persons = [...new Set(batch.filter((message) => !message.historic).flatMap((message) => message.verified))];
  if (persons.length > 0) {
    const locks = persons
      .map((person) => Buffer.from(person, 'base64').readBigInt64BE(0))
      .sort((a, b) => (a < b ? -1 : 1));
    await tx.execute(sql`select pg_advisory_xact_lock(k) from unnest(${arrayOf(locks.map(String), 'bigint')}) k`);
    const indexes = persons.map((person) => Buffer.from(person, 'base64'));
    for (const known of await appealsOf(tx, indexes, new Date(now.getTime() - REMEMBERED_MS))) {
      // One of the two was found to be a report after they were linked: nothing goes through the link any more.
      if (!mayShareCase(known.nature, known.toNature)) continue;
      const candidate = { ...known, bigrams: bigramsOf(known) };
      for (const person of known.persons) remember(person.toString('base64'), candidate);
    }
    const following = batch.filter((message) => message.conversation && isFollowUp(message));
    const since = new Date(now.getTime() - FOLLOW_UP_MS);
    for (const { person, appealId } of following.length === 0 ? [] : await lastAppealsOf(tx, indexes, since))
      justNow.set(person.toString('base64'), appealId);
  }

  function remember(person: string, candidate: Candidate): void {
    byPerson.set(person, [...(byPerson.get(person) ?? []), candidate]);
  }

  function find(message: PreparedMessage): Belonging | undefined {
    const known = message.verified.flatMap((person) => byPerson.get(person) ?? []);
    if (known.length === 0 || message.historic) return undefined;
    if (message.conversation) {
      const begun = known.find(({ status, source }) => status === 'registered' && source === message.source);
      if (begun) return joined(begun);
      // Open cases come first, the newest before all.
      const open = known.find(({ toStatus, source }) => isOpen(toStatus) && source === message.source);
      if (open && isSupplement(message)) return joined(open);
      if (isFollowUp(message)) return followed(message, known);
    }
    return likest(message, known);
  }

  function followed(message: PreparedMessage, known: readonly Candidate[]): Belonging | undefined {
    const last = message.verified.flatMap((person) => justNow.get(person) ?? [])[0];
    const going = known.find(
      ({ id, toId, toStatus }) => (id === last || toId === last) && (message.isCourtesy || isOpen(toStatus)),
    );
    return going && joined(going);
  }

  function likest(message: PreparedMessage, known: readonly Candidate[]): Belonging | undefined {
    const own = bigramsOf(message)();
    const policy = policyOf(message);
    let best: { belonging: Belonging; rank: number } | undefined;
    for (const candidate of known) {
      if (candidate.policy !== policy || natureClass(candidate.nature) !== natureClass(message.nature)) continue;
      if (urgencies.indexOf(message.urgency) > urgencies.indexOf(candidate.urgency)) continue;
      const way = wayTo(message, candidate, { id: candidate.toId, status: candidate.toStatus });
      if (way === undefined) continue;
      const text = candidate.bigrams();
      const alike = similarityOf(own, text);
      // What is open comes before what has ended, however alike.
      const rank = alike + (way === 'joins' ? 1 : 0);
      if (alike < SAME_MATTER_THRESHOLD || rank <= (best?.rank ?? 0)) continue;
      const nothingNew = own.length - shared(own, text) <= own.length * NOTHING_NEW;
      best = { belonging: { meant: candidate.id, way, nothingNew }, rank };
    }
    return best?.belonging;
  }

  function add(message: PreparedMessage, appealId: string): void {
    if (message.historic || message.answered !== null) return;
    const candidate: Candidate = {
      id: appealId,
      toId: appealId,
      source: message.source,
      status: 'registered',
      toStatus: 'registered',
      policy: policyOf(message),
      nature: message.nature,
      urgency: message.urgency,
      bigrams: bigramsOf(message),
    };
    for (const person of message.verified) remember(person, candidate);
  }

  return { find, add };
}

/** Goes on with a case, and says something new. */
const joined = ({ id }: Candidate): Belonging => ({ meant: id, way: 'joins', nothingNew: false });
