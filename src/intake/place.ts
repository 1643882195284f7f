import { v7 as uuid } from 'uuid';
import { type AppealRow, lockAppeals } from '../appeals/appeals.service.ts';
import { followLinks } from '../appeals/lookup.service.ts';
import { mayShareCase } from '../appeals/nature.ts';
import { type AppealStatus, findTransition } from '../appeals/states.ts';
import { fillText } from '../deadlines/policy-texts.ts';
import type { RulesInForce } from '../deadlines/rule-book.service.ts';
import type { RuleSubject } from '../deadlines/subject.ts';
import type { TimeRules } from '../deadlines/time-rules.service.ts';
import type { Transaction } from '../platform/database/database.ts';
import type { Placed } from './placed.ts';
import type { PreparedMessage } from './prepare.ts';
import { type Belonging, openSameMatter } from './same-matter.ts';
import { isLateByAdapter } from './times.ts';

/** What the rules of one appeal are, and what they go by. */
interface Ground {
  rules: TimeRules;
  subject: RuleSubject;
}

/**
 * Finds the appeal each message belongs to: the one its channel knows it continues, else an open one on the same matter, an
 * answered one that it opens again, or a new one under the policy chosen for it, which knows the declined, diverted or
 * handed in one that it repeats.
 * A message that joins is promised what its appeal's own policy version promises.
 */
export async function place(
  tx: Transaction,
  rules: RulesInForce,
  messages: readonly PreparedMessage[],
  now: Date,
): Promise<Placed[]> {
  const sameMatter = await openSameMatter(tx, messages, (message) => rules.choose(message).policy.code, now);
  const continued = await followLinks(
    tx,
    messages.flatMap(({ belongsTo }) => belongsTo ?? []),
  );
  const found = messages.map((message) => {
    const followed = continued.get(message.belongsTo ?? '');
    const known: Belonging | undefined =
      followed === undefined
        ? sameMatter.find(message)
        : { appealId: followed, as: 'joins', through: throughOf(message, followed), nothingNew: false };
    const target = known?.as === 'repeats' ? undefined : known;
    const appealId = target?.appealId ?? uuid();
    if (!target) sameMatter.add(message, appealId);
    return { message, appealId, known, isNew: target === undefined };
  });
  const own = new Set(found.filter(({ isNew }) => isNew).map(({ appealId }) => appealId));
  // Targets are locked only now: one that was closed since it was looked at takes no more.
  const locked = await lockAppeals(
    tx,
    found.flatMap(({ known }) =>
      known && !own.has(known.appealId) ? [known.appealId, ...(known.through ? [known.through] : [])] : [],
    ),
  );
  /** Taken out of the other one since it was looked at: the message goes where it was meant to go. */
  const isAlone = (through: string | undefined): boolean => locked.get(through ?? '')?.linkedTo === null;
  const grounds = new Map<string, Ground>();
  return found.map(({ message, known, isNew: isOwn, ...target }): Placed => {
    const alone = known !== undefined && isAlone(known.through);
    const wanted = alone ? known.through : known?.appealId;
    const through = alone ? undefined : locked.get(known?.through ?? '');
    const meant = locked.get(wanted ?? '');
    const before = meant && passes(message, through, meant) ? meant : undefined;
    const takes = before && !isOwn && takesMessages(before) ? before : undefined;
    const ground = takes ? { rules: rules.of(takes), subject: takes } : grounds.get(target.appealId);
    const isNew = ground === undefined;
    const appealId = isNew && !isOwn ? uuid() : (takes?.id ?? target.appealId);
    const settled = ground ?? { rules: rules.choose(message), subject: subjectOf(message) };
    if (isNew) grounds.set(appealId, settled);
    return {
      ...settle(message, settled, now),
      appealId,
      disposition: isNew ? 'registered' : 'attached',
      through: (!isNew && !alone && known?.through) || null,
      reopens: takes !== undefined && reopens(takes.status),
      nothingNew: !isNew && known?.nothingNew === true,
      repeats: isNew && known?.as === 'repeats' && before ? repeated(rules, before) : undefined,
    };
  });
}

/** The appeal that a message continues, where it is linked to another one. */
const throughOf = ({ belongsTo }: PreparedMessage, followed: string): string | undefined =>
  belongsTo === followed ? undefined : belongsTo;

/** Through a link a report reaches reports only, and nothing else reaches them: they are for other eyes. */
const passes = ({ nature }: PreparedMessage, through: AppealRow | undefined, to: AppealRow): boolean =>
  !through || mayShareCase(nature === 'report' ? nature : through.nature, to.nature);

/** Open, or answered: a message on the matter opens it again. */
const takesMessages = ({ status }: AppealRow): boolean =>
  findTransition(status, 'attach') !== undefined || reopens(status);
const reopens = (status: AppealStatus): boolean => findTransition(status, 'reopen') !== undefined;

const endings: Partial<Record<AppealStatus, 'answered' | 'declined' | 'diverted'>> = {
  answered: 'answered',
  declined: 'declined',
  diverted: 'diverted',
};

/** An ended appeal with what its citizens were told of its end, or one that was handed in; undefined when it is open again. */
function repeated(rules: RulesInForce, row: AppealRow): Placed['repeats'] {
  if (row.status === 'submitted') return { id: row.id, number: row.number, told: null };
  const ending = endings[row.status];
  if (!ending) return undefined;
  const told = fillText(rules.of(row).policy.texts[ending], { text: row.outcome ?? '' });
  return { id: row.id, number: row.number, told };
}

/** Of a new appeal: how hard it is nobody has judged yet. */
function subjectOf({ source, nature, category, urgency }: PreparedMessage): RuleSubject {
  return { source, nature, category, urgency, complexity: null };
}

function settle(
  message: PreparedMessage,
  { rules, subject }: Ground,
  now: Date,
): Omit<Placed, 'appealId' | 'disposition' | 'through' | 'reopens' | 'nothingNew' | 'repeats'> {
  const receivedAt = message.receivedAt ?? now;
  const receipt = message.noReceiptReason === null ? rules.dueOf('receipt', receivedAt, subject) : undefined;
  return {
    message,
    receivedAt,
    rules,
    subject,
    late: !message.historic && isLateByAdapter(rules, receivedAt, now),
    receipt,
    noReceiptReason: message.noReceiptReason ?? (receipt ? null : 'not-in-policy'),
  };
}
