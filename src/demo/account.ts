import type { Static } from 'typebox';
import type { Appeal, CitizenView } from '../appeals/appeals.schema.ts';
import type { Assignment } from '../departments/departments.schema.ts';
import type { EscalationSchema } from '../escalation/escalation.routes.ts';
import type { ReceiptSchema } from '../receipts/receipts.schema.ts';
import type { Client } from './client.ts';
import type { Said } from './play.ts';

export type Receipt = Static<typeof ReceiptSchema>;
export type Escalation = Static<typeof EscalationSchema>;

/** One message with the appeal it became part of. */
export interface Item extends Said {
  /** Position in the account, from 1. */
  position: number;
  appeal: Appeal;
  /** The department it went to first. */
  assignment: Assignment | undefined;
}

/** One appeal, whoever raised it. */
export interface Case {
  /** Positions of its messages. */
  positions: number[];
  appeal: Appeal;
  assignments: Assignment[];
  receipts: Receipt[];
  escalations: Escalation[];
}

/** What became of the day, read back through the API. */
export interface Account {
  items: Item[];
  cases: Case[];
  /** Messages that were delivered twice and counted once. */
  replayed: number;
  citizen: CitizenView;
}

/** @param departments codes of the city's departments, whose keys the client holds. */
export async function giveAccount(
  client: Client,
  said: readonly Said[],
  departments: readonly string[],
  lookedUp: string,
): Promise<Account> {
  const assignments: Assignment[] = [];
  for (const code of departments) assignments.push(...(await client.all<Assignment>(`demo-${code}`, listOf(code))));
  assignments.sort((a, b) => (a.assignedAt < b.assignedAt ? -1 : 1));

  const first = said.filter(({ answer }) => answer.disposition !== 'replayed');
  const cases: Case[] = [];
  const items: Item[] = [];
  for (const [index, each] of first.entries()) {
    const position = index + 1;
    const known = cases.find(({ appeal }) => appeal.id === each.answer.appealId);
    const own = known ?? (await readCase(client, each.answer.appealId, assignments));
    own.positions.push(position);
    if (!known) cases.push(own);
    items.push({ ...each, position, appeal: own.appeal, assignment: own.assignments[0] });
  }
  const answer = first.find(({ says }) => says.externalId === lookedUp)?.answer;
  const citizen = await client.get<CitizenView>(
    'nobody',
    `/v1/citizen/appeals/${answer?.appealNumber}?code=${answer?.queryCode}`,
  );
  return { items, cases, replayed: said.length - first.length, citizen };
}

const listOf = (code: string): string => `/v1/departments/${code}/assignments?limit=100`;

async function readCase(client: Client, id: string, assignments: readonly Assignment[]): Promise<Case> {
  return {
    positions: [],
    appeal: await client.get<Appeal>('demo-dispatcher', `/v1/appeals/${id}`),
    assignments: assignments.filter(({ appealId }) => appealId === id),
    receipts: await client.all<Receipt>('demo-operations', `/v1/appeals/${id}/receipts`),
    escalations: await client.all<Escalation>('demo-operations', `/v1/escalations?appealId=${id}`),
  };
}

/** The figures of the closing sentence and of `--json`. */
export interface Figures {
  messages: number;
  channels: number;
  appeals: number;
  attached: number;
  replayed: number;
  /** Cases a department was given. */
  forwarded: number;
  departments: number;
  returned: number;
  answeredAtOnce: number;
  submitted: number;
  receipts: number;
  /** Receipts that left before the time they were promised by. */
  receiptsInTime: number;
  notices: number;
  escalations: number;
  /** Appeals on which somebody had to be reminded. */
  escalatedAppeals: number;
}

export function figuresOf({ items, cases, replayed }: Account): Figures {
  const receipts = cases.flatMap((each) => each.receipts).filter(({ status }) => status !== 'cancelled');
  const promised = receipts.filter(({ kind }) => kind === 'receipt');
  const assignments = cases.flatMap((each) => each.assignments);
  const inTime = ({ sentAt, dueAt }: Receipt): boolean => sentAt !== null && Date.parse(sentAt) <= Date.parse(dueAt);
  return {
    messages: items.length,
    channels: new Set(items.map(({ says }) => says.channel)).size,
    appeals: cases.length,
    attached: items.filter(({ answer }) => answer.disposition === 'attached').length,
    replayed,
    forwarded: cases.filter((each) => each.assignments.length > 0).length,
    departments: new Set(assignments.map(({ department }) => department)).size,
    returned: assignments.filter(({ status }) => status === 'returned').length,
    answeredAtOnce: cases.filter(({ appeal }) => appeal.status === 'answered').length,
    submitted: cases.filter(({ appeal }) => appeal.status === 'submitted').length,
    receipts: promised.length,
    receiptsInTime: promised.filter(inTime).length,
    notices: receipts.length - promised.length,
    escalations: cases.flatMap((each) => each.escalations).length,
    escalatedAppeals: cases.filter((each) => each.escalations.length > 0).length,
  };
}
