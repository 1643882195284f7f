import { drizzle } from 'drizzle-orm/node-postgres';
import { type Database, sqlState, type Transaction } from './database.ts';

/** Deadlock and serialisation failure: the server ended one of two so that the other could go on. */
const WORTH_ANOTHER_TRY = /^(40P01|40001)$/;
const MOST_TRIES = 3;

/**
 * Runs `work` in one transaction; COMMIT has happened when this resolves. After a deadlock the work is done again from
 * the start, so it must do nothing but use `tx`. Ours instead of drizzle's, which keeps a connection for ever when BEGIN
 * fails and cannot try again.
 */
export async function withTransaction<T>(db: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(db, work);
    } catch (error) {
      if (attempt === MOST_TRIES || !WORTH_ANOTHER_TRY.test(sqlState(error) ?? '')) throw error;
    }
  }
}

async function once<T>(db: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const client = await db.$client.connect();
  // A connection that cannot even roll back is thrown away; one whose work was refused goes back to the pool.
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await work(drizzle(client) as unknown as Transaction);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}
