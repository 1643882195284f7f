import { numbersOf } from '../appeals/lookup.service.ts';
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

const nothing = { appealNumber: null, reopens: false, repeatOf: null, department: null, words: [], refusal: null };

/** The intake's own look at messages without its writing: replays, same matter, and the catalogue. */
export async function foresee(
  { book, keyRing, clock }: IntakeDeps,
  messages: readonly (PreparedMessage | ProblemError)[],
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
    return messages.map((message) => foreseen.get(message) ?? { ...nothing, disposition: 'refused' });
  });
}

function refused({ errors, detail }: ProblemError): Foreseen {
  const first = errors?.[0];
  const refusal = { pointer: first?.pointer ?? '', detail: first?.detail ?? detail };
  return { ...nothing, disposition: 'refused', refusal };
}
