import type { Zone } from '../deadlines/zone.ts';
import { type Actor, hasScope } from '../platform/access/keys.ts';
import { maskText } from '../platform/access/masking.ts';
import type { Appeal } from './appeals.schema.ts';
import type { AppealRow } from './appeals.service.ts';
import type { Nature } from './nature.ts';
import { readers } from './readable.ts';
import { allowedActions, assignmentStatusOf } from './states.ts';

/** An appeal as the API shows it to a caller. @param linkedCount from `linkedCounts`. */
export function viewAppeal(zone: Zone, row: AppealRow, actor: Pick<Actor, 'scopes'>, linkedCount: number): Appeal {
  const format = zone.formatInstant;
  const assignmentStatus = assignmentStatusOf[row.status];
  return {
    id: row.id,
    number: row.number,
    status: row.status,
    allowedActions: [
      ...(hasScope(actor, 'dispatch') ? allowedActions(row.status, 'dispatcher') : []),
      ...(hasScope(actor, `department:${row.department}`) ? allowedActions(row.status, 'department') : []),
    ],
    source: row.source,
    externalId: hasScope(actor, ...readers) ? row.externalId : null,
    channel: row.channel as Appeal['channel'],
    title: row.title,
    body: row.body,
    address: row.address,
    region: row.region,
    nature: row.nature as Nature | null,
    category: row.category,
    urgency: row.urgency,
    urgencyConfirmed: row.urgencyConfirmed,
    complexity: row.complexity,
    assignment:
      row.assignmentId && row.department && assignmentStatus
        ? { id: row.assignmentId, department: row.department, status: assignmentStatus }
        : null,
    linkedTo: row.linkedTo,
    linkedCount,
    repeatOf: row.repeatOf,
    // What the citizen is told keeps the numbers of offices; among staff no number of a person is shown.
    outcome: row.outcome === null ? null : maskText(row.outcome),
    lateByAdapter: row.lateByAdapter,
    historic: row.historic,
    policy: { code: row.policy, version: row.policyVersion, calendarVersion: row.calendarVersion },
    receivedAt: format(row.receivedAt),
    recordedAt: format(row.recordedAt),
    updatedAt: format(row.updatedAt),
    version: row.version,
  };
}
