/**
 * The appeal's life as one table. Validation, the 409 answers with the allowed actions, the enums of the API, the diagram
 * in docs/states.md and the tests are all derived from it; nothing else decides what may happen next.
 */

export const appealStatuses = [
  'registered',
  'triage',
  'assigned',
  'signed',
  'submitted',
  'answered',
  'declined',
  'diverted',
  'linked',
  'archived',
] as const;
export type AppealStatus = (typeof appealStatuses)[number];

export const appealActions = [
  'attach',
  'triage',
  'assign',
  'sign',
  'return',
  'submit',
  'answer',
  'decline',
  'divert',
  'link',
  'reclassify',
  'unlink',
  'reopen',
  'represent',
] as const;
export type AppealAction = (typeof appealActions)[number];

/** Who may act: a part of the system, the dispatcher at the desk, or the department that holds the assignment. */
export type AppealRole = 'system' | 'dispatcher' | 'department';

export interface Transition {
  from: AppealStatus;
  action: AppealAction;
  to: AppealStatus;
  roles: readonly AppealRole[];
  /** Fields the action needs. */
  needs: readonly string[];
  /** Deadlines that begin, and that end as met or missed, with the action. */
  starts: readonly string[];
  ends: readonly string[];
}

const rule = (
  from: AppealStatus,
  action: AppealAction,
  to: AppealStatus,
  roles: readonly AppealRole[],
  more: Partial<Pick<Transition, 'needs' | 'starts' | 'ends'>> = {},
): Transition => ({ from, action, to, roles, needs: [], starts: [], ends: [], ...more });

const dispatch = { needs: ['department'], starts: ['sign', 'resolve'], ends: ['forward'] };
/** Pulled back from a department that it does not belong to (改派); resolving goes on from the first dispatch. */
const reassign = { needs: ['department'], starts: ['sign'] };
const closing = { ends: ['forward', 'resolve'] };
/** Worked on under another case from now on: its department gives it up. Forwarding ended with the dispatch. */
const linkAway = { needs: ['target'], ends: ['resolve'] };

/** While a case is worked on the desk may judge anew what it is; its running deadlines are reckoned again. */
const reclassify = (from: AppealStatus): Transition =>
  rule(from, 'reclassify', from, ['dispatcher'], { needs: ['nature, category, urgency or complexity'] });

/** Answering, declining and diverting are the dispatcher's, from a case that has no department. */
const withoutDepartment = (from: AppealStatus): Transition[] => [
  rule(from, 'attach', from, ['system']),
  rule(from, 'assign', 'assigned', ['system', 'dispatcher'], dispatch),
  rule(from, 'answer', 'answered', ['dispatcher'], { needs: ['text'], ...closing }),
  rule(from, 'decline', 'declined', ['dispatcher'], { needs: ['text'], ...closing }),
  rule(from, 'divert', 'diverted', ['dispatcher'], { needs: ['text'], ...closing }),
  rule(from, 'link', 'linked', ['dispatcher'], { needs: ['target'], ...closing }),
  reclassify(from),
];

/** Who speaks for a group is the desk's to record while the case is worked on; it moves nothing. */
const represent = (from: AppealStatus): Transition =>
  rule(from, 'represent', from, ['dispatcher'], { needs: ['appellants'] });

export const transitions: readonly Transition[] = [
  ...withoutDepartment('registered'),
  rule('registered', 'triage', 'triage', ['system']),
  ...withoutDepartment('triage'),
  rule('assigned', 'attach', 'assigned', ['system']),
  rule('assigned', 'assign', 'assigned', ['dispatcher'], reassign),
  rule('assigned', 'link', 'linked', ['dispatcher'], linkAway),
  rule('assigned', 'sign', 'signed', ['department'], { ends: ['sign'] }),
  // A return puts the case back to the desk: forwarding it again is a new obligation, resolving it stays the old one.
  rule('assigned', 'return', 'triage', ['department'], { needs: ['reason'], starts: ['forward'], ends: ['sign'] }),
  reclassify('assigned'),
  rule('signed', 'attach', 'signed', ['system']),
  rule('signed', 'assign', 'assigned', ['dispatcher'], reassign),
  rule('signed', 'link', 'linked', ['dispatcher'], linkAway),
  // What is submitted waits for its sign-off and takes no more: a message on the matter then is a new appeal, which knows it.
  rule('signed', 'submit', 'submitted', ['department'], { needs: ['result'], ends: ['resolve'] }),
  reclassify('signed'),
  ...(['registered', 'triage', 'assigned', 'signed'] as const).map(represent),
  // A link that was a mistake: the case is the desk's again, and the deadlines that the link ended go on as they were.
  // Taken from a department, forwarding it again is a new obligation, as after a return.
  rule('linked', 'unlink', 'triage', ['dispatcher'], { starts: ['forward', 'resolve'] }),
  // Answered, and the citizen comes back on the matter: the desk looks again. Forwarding it is a new obligation.
  rule('answered', 'reopen', 'triage', ['system', 'dispatcher'], { starts: ['forward'] }),
];

const byStatus = new Map<AppealStatus, Map<AppealAction, Transition>>();
for (const transition of transitions) {
  const actions = byStatus.get(transition.from) ?? new Map<AppealAction, Transition>();
  actions.set(transition.action, transition);
  byStatus.set(transition.from, actions);
}

export function findTransition(from: AppealStatus, action: AppealAction): Transition | undefined {
  return byStatus.get(from)?.get(action);
}

/** Actions a role (or anyone) may take in a status. */
export function allowedActions(from: AppealStatus, role?: AppealRole): AppealAction[] {
  return [...(byStatus.get(from)?.values() ?? [])]
    .filter((transition) => !role || transition.roles.includes(role))
    .map((transition) => transition.action);
}

/** Statuses in which a new message on the matter may join. */
export const openStatuses: readonly AppealStatus[] = appealStatuses.filter((status) =>
  findTransition(status, 'attach'),
);

export const isOpen = (status: AppealStatus): boolean => openStatuses.includes(status);

/** The lead assignment's status, which follows the appeal's. */
export const assignmentStatusOf: Partial<Record<AppealStatus, 'pending' | 'signed' | 'submitted'>> = {
  assigned: 'pending',
  signed: 'signed',
  submitted: 'submitted',
};
