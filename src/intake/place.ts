import { v7 as uuid } from 'uuid';
import type { AppealRow } from '../appeals/appeals.service.ts';
import { type LockedWays, lockWays } from '../appeals/links.service.ts';
import { isReport, mayShareCase } from '../appeals/nature.ts';
import { fillText } from '../deadlines/policy-texts.ts';
import type { RulesInForce } from '../deadlines/rule-book.service.ts';
import type { RuleSubject } from '../deadlines/subject.ts';
import type { TimeRules } from '../deadlines/time-rules.service.ts';
import type { Transaction } from '../platform/database/database.ts';
import { endingOf } from './ending.ts';
import type { Placed } from './placed.ts';
import type { PreparedMessage } from './prepare.ts';
import { type Belonging, openSameMatter } from './same-matter.ts';
import { isLateByAdapter } from './times.ts';
import { type Way, wayTo } from './way.ts';

/** What the rules of one appeal are, and what they go by. */
interface Ground {
  rules: TimeRules;
  subject: RuleSubject;
}

/** What was found for a message before anything was locked. */
interface Found {
  message: PreparedMessage;
  belonging: Belonging | undefined;
  /** Id of the appeal it becomes, if it becomes one. */
  ownId: string;
}

/** A known matter as it is under its lock. */
interface Matter {
  way: Way;
  meant: AppealRow;
  to: AppealRow;
}

/**
 * Finds the appeal each message belongs to: the one its channel knows it continues, else the likest one of the same
 * person. Then `wayTo` decides, as for every channel: it joins that appeal, opens it again, or becomes a new one under the
 * policy chosen for it, which may know the one it repeats.
 * A message that joins is promised what its appeal's own policy version promises.
 */
export async function place(
  tx: Transaction,
  rules: RulesInForce,
  messages: readonly PreparedMessage[],
  now: Date,
): Promise<Placed[]> {
  const sameMatter = await openSameMatter(tx, messages, (message) => rules.choose(message).policy.code, now);
  const beginning = new Set<string>();
  const found = messages.map((message): Found => {
    const belonging = continued(message) ?? sameMatter.find(message);
    const ownId = uuid();
    if (belonging === undefined || belonging.way === 'repeats') {
      sameMatter.add(message, ownId);
      beginning.add(ownId);
    }
    return { message, belonging, ownId };
  });
  // Locked only now: what was closed, linked or taken apart since it was looked at is so for the message too.
  const ways = await lockWays(
    tx,
    found.flatMap(({ belonging }) => (belonging && !beginning.has(belonging.meant) ? [belonging.meant] : [])),
  );
  const begun = new Map<string, { ground: Ground; first: PreparedMessage }>();
  return found.map(({ message, belonging, ownId }): Placed => {
    const nothingNew = belonging?.nothingNew ?? false;
    const beside = belonging && begun.get(belonging.meant);
    if (beside && isReport(message) === isReport(beside.first))
      return joins(settle(message, beside.ground, now), belonging.meant, { nothingNew });
    const matter = belonging && matterOf(ways, message, belonging.meant);
    if (matter && !beginning.has(ownId) && (matter.way === 'joins' || matter.way === 'reopens')) {
      const { way, meant, to } = matter;
      const through = meant.id === to.id ? null : meant.id;
      const settled = settle(message, { rules: rules.of(to), subject: to }, now);
      return joins(settled, to.id, { through, reopens: way === 'reopens', nothingNew });
    }
    const ground = { rules: rules.choose(message), subject: subjectOf(message) };
    begun.set(ownId, { ground, first: message });
    const repeats = matter?.way === 'repeats' ? repeated(rules, matter.to) : undefined;
    return { ...settle(message, ground, now), ...newMatter, appealId: ownId, repeats };
  });
}

/** The appeal that its channel knows a message continues. */
const continued = ({ belongsTo }: PreparedMessage): Belonging | undefined =>
  belongsTo === undefined ? undefined : { meant: belongsTo, way: 'joins', nothingNew: false };

/** Undefined: there is none, or none that the message may reach. */
function matterOf({ locked, endOf }: LockedWays, message: PreparedMessage, id: string): Matter | undefined {
  const [meant, to] = [locked.get(id), endOf(id)];
  return meant && to && passes(message, meant, to) ? { way: wayTo(message, meant, to), meant, to } : undefined;
}

/** A report reaches reports only, and nothing else reaches them, by whatever way: they are for other eyes. */
const passes = (message: PreparedMessage, meant: AppealRow, to: AppealRow): boolean =>
  mayShareCase(isReport(message) ? 'report' : natureOf(meant), natureOf(to));

const natureOf = (row: AppealRow): string | null => (isReport(row) ? 'report' : row.nature);

type Settled = ReturnType<typeof settle>;

const newMatter = { disposition: 'registered', through: null, reopens: false, nothingNew: false } as const;

const joins = (
  settled: Settled,
  appealId: string,
  how: Pick<Placed, 'nothingNew'> & Partial<Pick<Placed, 'through' | 'reopens'>>,
): Placed => ({
  ...settled,
  appealId,
  disposition: 'attached',
  through: null,
  reopens: false,
  repeats: undefined,
  ...how,
});

/** An ended appeal with what its citizens were told of its end, or one that was handed in. */
function repeated(rules: RulesInForce, row: AppealRow): Placed['repeats'] {
  const ending = endingOf(row);
  const told = ending && fillText(rules.of(row).policy.texts[ending.about], { text: ending.text });
  return { id: row.id, number: row.number, told: told ?? null };
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
