import { and, asc, desc, eq, gt, lt, type SQL, sql } from 'drizzle-orm';
import type { Executor } from '../platform/database/database.ts';
import { arrayOf } from '../platform/database/rows.ts';
import type { AppealRow } from './appeals.service.ts';
import { appealEvents, appeals, appellants, messages } from './appeals.table.ts';

/** What a list of appeals can be narrowed by; each is the field's own name. */
export interface AppealFilter {
  status?: AppealRow['status'];
  source?: string;
  channel?: string;
  nature?: string;
  category?: string;
  urgency?: string;
  urgencyConfirmed?: boolean;
  department?: string;
  linkedTo?: string;
  repeatOf?: string;
}

/** A message's id at its source. */
interface External {
  source?: string;
  externalId?: string;
}

/** Newest first: ids are UUIDv7, so the id is the order of registration. */
export async function listAppeals(
  db: Executor,
  { externalId, ...filter }: AppealFilter & External,
  after: string | undefined,
  limit: number,
): Promise<AppealRow[]> {
  const conditions: SQL[] = [];
  const { source, ...others } = filter;
  if (externalId !== undefined)
    conditions.push(
      sql`${appeals.id} in (select appeal_id from messages where source = ${source} and external_id = ${externalId})`,
    );
  for (const [name, value] of Object.entries(externalId === undefined ? filter : others))
    if (value !== undefined) conditions.push(eq(appeals[name as keyof AppealFilter], value));
  if (after !== undefined) conditions.push(lt(appeals.id, after));
  return db
    .select()
    .from(appeals)
    .where(and(...conditions))
    .orderBy(desc(appeals.id))
    .limit(limit);
}

export async function listEvents(
  db: Executor,
  appealId: string,
  after: number,
  limit: number,
): Promise<(typeof appealEvents.$inferSelect)[]> {
  return db
    .select()
    .from(appealEvents)
    .where(and(eq(appealEvents.appealId, appealId), gt(appealEvents.seq, after)))
    .orderBy(asc(appealEvents.seq))
    .limit(limit);
}

/** Steps of these types after `after`: the newest, in order. */
export async function listSteps(
  db: Executor,
  appealId: string,
  types: readonly string[],
  after: number,
  limit: number,
): Promise<{ type: string; at: Date }[]> {
  const rows = await db
    .select({ type: appealEvents.type, at: appealEvents.at })
    .from(appealEvents)
    .where(
      and(
        eq(appealEvents.appealId, appealId),
        gt(appealEvents.seq, after),
        sql`${appealEvents.type} = any(${arrayOf(types, 'text')})`,
      ),
    )
    .orderBy(desc(appealEvents.seq))
    .limit(limit);
  return rows.reverse();
}

/** Number of the event by which the other appeal was last linked to this one; 0: it never was. */
export async function linkedAt(db: Executor, appealId: string, linked: string): Promise<number> {
  const [row] = await db
    .select({ seq: appealEvents.seq })
    .from(appealEvents)
    .where(
      and(
        eq(appealEvents.appealId, appealId),
        eq(appealEvents.type, 'attach'),
        sql`${appealEvents.data} ->> 'linked' = ${linked}`,
      ),
    )
    .orderBy(desc(appealEvents.seq))
    .limit(1);
  return row?.seq ?? 0;
}

/** Messages of these appeals together, in the order they came. */
export async function listMessages(
  db: Executor,
  appealIds: readonly string[],
  after: string | undefined,
  limit: number,
) {
  // Of each appeal its own first ones, by their index: of a large group the whole table would be walked otherwise.
  const page = sql`array(
    select m.id from unnest(${arrayOf(appealIds, 'uuid')}) as one(id) cross join lateral (
      select id from messages where appeal_id = one.id ${after === undefined ? sql.empty() : sql`and id > ${after}`}
      order by id limit ${limit}) m
    order by m.id limit ${limit})`;
  return db
    .select({ message: messages, appellant: appellants })
    .from(messages)
    .innerJoin(appellants, eq(appellants.id, messages.appellantId))
    .where(sql`${messages.id} = any(${page})`)
    .orderBy(asc(messages.id));
}
