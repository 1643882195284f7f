import type { Zone } from '../deadlines/zone.ts';
import type { Listed } from './assignments.repo.ts';
import type { Assignment } from './departments.schema.ts';
import type { AssignmentStatus } from './departments.table.ts';

const isOver = (status: AssignmentStatus): boolean => status === 'returned' || status === 'withdrawn';
const nothing = {
  externalId: null,
  title: null,
  body: null,
  address: null,
  nature: null,
  category: null,
  urgency: null,
  complexity: null,
  messages: null,
  latestMessageAt: null,
};

/**
 * An assignment as the department sees it: the matter, and nothing of who raised it. Of one that it has no longer, that
 * and when it had it: what is in the case is for the department that has it now.
 */
export function viewAssignment(zone: Zone, { assignment, appeal }: Listed, now: Date): Assignment {
  const format = zone.formatInstant;
  const at = (date: Date | null): string | null => (date ? format(date) : null);
  const content = isOver(assignment.status) ? nothing : appeal;
  return {
    id: assignment.id,
    appealId: assignment.appealId,
    appealNumber: appeal.number,
    source: appeal.source,
    externalId: content.externalId,
    department: assignment.department,
    role: assignment.role,
    status: assignment.status,
    title: content.title,
    body: content.body,
    address: content.address,
    nature: content.nature,
    category: content.category,
    urgency: content.urgency,
    complexity: content.complexity,
    messages: content.messages,
    latestMessageAt: at(content.latestMessageAt),
    reason: assignment.reason,
    final: assignment.final,
    assignedAt: format(assignment.assignedAt),
    dueAt: at(assignment.dueAt),
    overdue: assignment.dueAt !== null && assignment.dueAt < now,
    signedAt: at(assignment.signedAt),
    returnedAt: at(assignment.returnedAt),
    returnReason: assignment.returnReason,
    submittedAt: at(assignment.submittedAt),
    result: assignment.result,
    version: assignment.version,
  };
}
