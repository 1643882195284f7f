import { sql } from 'drizzle-orm';
import type { Transaction } from '../platform/database/database.ts';
import { arrayOf } from '../platform/database/rows.ts';

export interface Moved {
  messageId: string;
  from: string;
}

/**
 * Brings back to an appeal that was taken out of another one what joined the other one through it, or through an appeal
 * that is still linked to it (`followers`; theirs goes on being theirs). Call with all the appeals locked.
 * @returns the messages, oldest first, each with the appeal it was in.
 */
export async function bringBack(tx: Transaction, appealId: string, followers: readonly string[]): Promise<Moved[]> {
  const { rows } = await tx.execute<{ messageId: string; from: string }>(sql`
    with back as (
      select m.id as message_id, m.appeal_id as "from", p.id as appellant_id, p.through
      from appellants p join messages m on m.appeal_id = p.appeal_id and m.appellant_id = p.id
      where p.through = any(${arrayOf([appealId, ...followers], 'uuid')}) and p.appeal_id <> ${appealId}),
    persons as (
      update appellants p set appeal_id = ${appealId}, through = nullif(back.through, ${appealId})
      from back where p.id = back.appellant_id),
    moved as (
      update messages m set appeal_id = ${appealId} from back where m.id = back.message_id),
    noted as (
      insert into message_moves (from_appeal, message_id) select "from", message_id from back on conflict do nothing)
    select message_id as "messageId", "from" from back order by 1`);
  return rows;
}
