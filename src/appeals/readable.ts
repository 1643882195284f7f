import { type Actor, hasScope } from '../platform/access/keys.ts';
import type { Database } from '../platform/database/database.ts';
import { notFound } from '../platform/problem.ts';
import type { AppealRow } from './appeals.service.ts';
import { findAppeal } from './lookup.service.ts';

/** Scopes that read every appeal. */
export const readers = ['dispatch', 'operations'];

/** An appeal that this actor may read: a department's key only what is with it now; anything else is a 404. */
export async function readableAppeal(db: Database, actor: Actor, idOrNumber: string): Promise<AppealRow> {
  return mustBeReadable(actor, await findAppeal(db, idOrNumber));
}

/** The same of an appeal that has been read, as it is now. */
export function mustBeReadable(actor: Actor, appeal: AppealRow | undefined): AppealRow {
  const own = appeal?.department ? [`department:${appeal.department}`] : [];
  if (!appeal || !hasScope(actor, ...readers, ...own)) throw notFound({ en: 'The appeal', zh: '该诉求' });
  return appeal;
}
