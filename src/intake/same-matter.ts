import { sql } from 'drizzle-orm';
import { openAppealsOf } from '../appeals/lookup.service.ts';
import { natureClass, type Urgency, urgencies } from '../appeals/nature.ts';
import type { Transaction } from '../platform/database/database.ts';
import { arrayOf } from '../platform/database/rows.ts';
import type { PreparedMessage } from './prepare.ts';
import { bigrams, SAME_MATTER_THRESHOLD, similarityOf } from './similarity.ts';

/** What comes after this many characters decides nothing and would cost the other callers time. */
const COMPARED_LENGTH = 2_000;

type Bigrams = ReturnType<typeof bigrams>;

interface Candidate {
  appealId: string;
  source: string;
  /** Not routed yet: the next line of a conversation belongs here, whatever it says. */
  unrouted: boolean;
  policy: string;
  natureClass: string;
  urgency: Urgency;
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

/**
 * Same matter (同一事项): a message joins an appeal by itself only when the same verified person raised it, it is open,
 * under the same policy and class of nature, and its text is alike (threshold: docs/same-matter.md). A message that is
 * more urgent than the appeal never joins: it must not wait behind it. Anything less certain is for a dispatcher to link.
 */
export interface SameMatter {
  /** The appeal the message belongs to, the likest first; undefined: a new matter. */
  find(message: PreparedMessage): string | undefined;
  /** A new appeal of this batch, so that the next message in it can join. */
  add(message: PreparedMessage, appealId: string): void;
}

/**
 * Locks the persons of a batch (sorted, so that two intakes cannot wait for each other in a circle) and reads their open
 * appeals. The locks last to the end of the transaction: a second message of a person, however close, sees the first.
 */
export async function openSameMatter(
  tx: Transaction,
  batch: readonly PreparedMessage[],
  policyOf: (message: PreparedMessage) => string,
): Promise<SameMatter> {
  const byPerson = new Map<string, Candidate[]>();
  const persons = [...new Set(batch.filter((message) => !message.historic).flatMap((message) => message.verified))];
  if (persons.length > 0) {
    const locks = persons
      .map((person) => Buffer.from(person, 'base64').readBigInt64BE(0))
      .sort((a, b) => (a < b ? -1 : 1));
    await tx.execute(sql`select pg_advisory_xact_lock(k) from unnest(${arrayOf(locks.map(String), 'bigint')}) k`);
    for (const appeal of await openAppealsOf(
      tx,
      persons.map((person) => Buffer.from(person, 'base64')),
    )) {
      const candidate = {
        appealId: appeal.id,
        source: appeal.source,
        unrouted: appeal.status === 'registered',
        policy: appeal.policy,
        natureClass: natureClass(appeal.nature),
        urgency: appeal.urgency,
        bigrams: bigramsOf(appeal),
      };
      for (const person of appeal.persons) remember(person.toString('base64'), candidate);
    }
  }

  function remember(person: string, candidate: Candidate): void {
    byPerson.set(person, [...(byPerson.get(person) ?? []), candidate]);
  }

  function find(message: PreparedMessage): string | undefined {
    const known = message.verified.flatMap((person) => byPerson.get(person) ?? []);
    if (known.length === 0 || message.historic) return undefined;
    const begun = known.find((candidate) => candidate.unrouted && candidate.source === message.source);
    if (message.conversation && begun) return begun.appealId;
    const own = bigramsOf(message)();
    const policy = policyOf(message);
    let best: { appealId: string; alike: number } | undefined;
    for (const candidate of known) {
      if (candidate.policy !== policy || candidate.natureClass !== natureClass(message.nature)) continue;
      if (urgencies.indexOf(message.urgency) > urgencies.indexOf(candidate.urgency)) continue;
      const alike = similarityOf(own, candidate.bigrams());
      if (alike >= SAME_MATTER_THRESHOLD && alike > (best?.alike ?? 0)) best = { appealId: candidate.appealId, alike };
    }
    return best?.appealId;
  }

  function add(message: PreparedMessage, appealId: string): void {
    if (message.historic || message.answered !== null) return;
    const candidate = {
      appealId,
      source: message.source,
      unrouted: true,
      policy: policyOf(message),
      natureClass: natureClass(message.nature),
      urgency: message.urgency,
      bigrams: bigramsOf(message),
    };
    for (const person of message.verified) remember(person, candidate);
  }

  return { find, add };
}
