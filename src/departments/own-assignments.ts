import type { onRequestAsyncHookHandler } from 'fastify';
import type { Access } from '../platform/access/access.ts';
import type { KeyRing } from '../platform/access/key-ring.ts';
import { type Actor, hasScope } from '../platform/access/keys.ts';
import type { Database } from '../platform/database/database.ts';
import { notFound } from '../platform/problem.ts';
import { findAssignment, type Listed } from './assignments.repo.ts';

export const departmentScope = (code: string): string => `department:${code}`;

/** Lets any department's key pass; whose assignment it is, `ownAssignment` decides when it has been read. */
export function anyDepartment(access: Access): onRequestAsyncHookHandler {
  return access.requires(({ actor }) => [
    'dispatch',
    ...actor.scopes.filter((scope) => scope.startsWith('department:')),
  ]);
}

/** An assignment of the caller's own department. Another department's is a 404: it is not to know that it exists. */
export async function ownAssignment(
  { db, keyRing }: { db: Database; keyRing: KeyRing },
  actor: Actor,
  id: string,
  ...also: string[]
): Promise<Listed> {
  const found = await findAssignment(db, keyRing, id);
  if (!found || !hasScope(actor, departmentScope(found.assignment.department), ...also)) {
    throw notFound({ en: 'The assignment', zh: '该派单' });
  }
  return found;
}
