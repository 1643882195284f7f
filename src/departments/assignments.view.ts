import type { Zone } from '../deadlines/zone.ts';
import type { Listed } from './assignments.repo.ts';
import type { Assignment } from './departments.schema.ts';

/** An assignment as the department sees it: the matter, and nothing of who raised it. */
export function viewAssignment(zone: Zone, { assignment, appeal }: Listed, now: Date): Assignment {
  const format = zone.formatInstant;
  const at = (date: Date | null): string | null => (date ? format(date) : null);
  return {
    id: assignment.id,
    appealId: assignment.appealId,
    appealNumber: appeal.number,
    source: appeal.source,
    externalId: appeal.externalId,
    department: assignment.department,
    role: assignment.role,
    status: assignment.status,
    title: appeal.title,
    body: appeal.body,
    address: appeal.address,
    nature: appeal.nature,
    category: appeal.category,
    urgency: appeal.urgency,
    complexity: appeal.complexity,
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
