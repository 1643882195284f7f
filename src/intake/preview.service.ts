import { numbersOf } from '../appeals/lookup.service.ts';
import type { Channel } from '../channels/channel.ts';
import { recordAudit } from '../platform/access/audit.ts';
import { ProblemError } from '../platform/problem.ts';
import type { CatalogueRule } from '../routing/catalogue.ts';
import { findRule } from '../routing/catalogue.ts';
import type { IntakeDeps } from './intake.service.ts';
import { place } from './place.ts';
import type { PreparedMessage } from './prepare.ts';
import { recognise } from './replay.ts';
import { checkReceivedAt } from './times.ts';

/** What would become of a message. */
export interface Foreseen {
  disposition: 'registered' | 'attached' | 'replayed' | 'refused';
  /** null: of an appeal that a message before it in the same request would make, or none. */
  appealNumber: string | null;
  reopens: boolean;
  /** Number of the ended or handed in appeal that it repeats. */
  repeatOf: string | null;
  /** Where the catalogue would send a new appeal, and the words it would go by; null: nowhere, or it ends here. */
  department: string | null;
  words: string[];
  refusal: { pointer: string; detail: string } | null;
}

interface Asked {
  channel: Channel;
  messages: readonly (PreparedMessage | ProblemError)[];
  actor: string;
}

const nothing = { appealNumber: null, reopens: false, repeatOf: null, department: null, words: [], refusal: null };

/**
 * The intake's own look at messages without its writing: replays, same matter, and the catalogue. Which appeals were named
 * to whom goes into the audit before it is told.
 */
export async function foresee(
  { book, keyRing, clock }: IntakeDeps,
  { channel, messages, actor }: Asked,
  catalogue: readonly CatalogueRule[],
): Promise<Foreseen[]> {
  const now = await clock.now();
  return book.transact(async (tx, rules) => {
    const foreseen = new Map<PreparedMessage | ProblemError, Foreseen>();
    const timely = messages.flatMap((message): PreparedMessage[] => {
      const problem = message instanceof ProblemError ? message : checkReceivedAt(message.receivedAt, now);
      if (problem) foreseen.set(message, refused(problem));
      return message instanceof ProblemError || problem ? [] : [message];
    });
    const { fresh, known, twins } = await recognise(tx, book.zone, keyRing, timely);
    for (const [message, outcome] of known)
      foreseen.set(
        message,
        'refusal' in outcome
          ? refused(outcome.refusal)
          : { ...nothing, disposition: 'replayed', appealNumber: outcome.answer.appealNumber },
      );
    const placed = await place(tx, rules, fresh, now);
    const numbers = await numbersOf(
      tx,
      placed.map(({ appealId }) => appealId),
    );
    for (const { message, appealId, disposition, reopens, repeats } of placed) {
      const before = { ...nothing, disposition, appealNumber: numbers.get(appealId) ?? null, reopens };
      const isRouted = disposition === 'registered' && !message.historic && message.answered === null && !repeats;
      const match = isRouted ? findRule(catalogue, { ...message, sources: [message.source] }) : undefined;
      foreseen.set(message, {
        ...before,
        repeatOf: repeats?.number ?? null,
        department: match?.rule.department ?? null,
        words: match?.words ?? [],
      });
    }
    for (const [twin] of twins) foreseen.set(twin, { ...nothing, disposition: 'replayed' });
    const answers = messages.map((message) => foreseen.get(message) ?? { ...nothing, disposition: 'refused' as const });
    const named = answers.flatMap(({ appealNumber, repeatOf }) => [appealNumber, repeatOf].filter((it) => it !== null));
    const data = { messages: messages.length, appeals: [...new Set(named)] };
    await recordAudit(tx, { at: now, actor, action: 'preview', subject: channel.name, data });
    return answers;
  });
}

function refused({ errors, detail }: ProblemError): Foreseen {
  const first = errors?.[0];
  const refusal = { pointer: first?.pointer ?? '', detail: first?.detail ?? detail };
  return { ...nothing, disposition: 'refused', refusal };
}
