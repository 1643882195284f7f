import { desc, eq } from 'drizzle-orm';
import type { KeyRing } from '../platform/access/key-ring.ts';
import type { Transaction } from '../platform/database/database.ts';
import { notFound, ProblemError } from '../platform/problem.ts';
import { openCall } from './calls.service.ts';
import { callBacks, calls } from './calls.table.ts';

/** The number of the caller who waits to be called back, in clear. @throws ProblemError 404, or 409: nobody waits any more. */
export async function numberToCall(tx: Transaction, keyRing: KeyRing, taskId: string): Promise<string | null> {
  const [found] = await tx
    .select({ status: callBacks.status, call: calls })
    .from(callBacks)
    .innerJoin(calls, eq(calls.callBack, callBacks.id))
    .where(eq(callBacks.id, taskId))
    .orderBy(desc(calls.startedAt), desc(calls.id))
    .limit(1);
  if (!found) throw notFound({ en: 'The call-back task', zh: '该回拨任务' });
  if (found.status === 'open') return openCall(keyRing, found.call).caller;
  throw new ProblemError('conflict', {
    en: `The call-back task is closed already (${found.status}).`,
    zh: '该回拨任务已办结。',
  });
}
