import { sql } from 'drizzle-orm';
import type { Transaction } from '../platform/database/database.ts';
import { arrayOf } from '../platform/database/rows.ts';
import { followLinks } from './links.service.ts';
import { readAppeals } from './lookup.service.ts';
import type { Urgency } from './nature.ts';
import { type AppealStatus, openStatuses } from './states.ts';

/** Newest appeals of a person that are looked through: a bound for callers who call every day, not a rule. */
const MOST_CANDIDATES = 50;
/** Newest messages of a person whose appeals come into question at all. */
const MOST_MESSAGES = 200;

export interface KnownAppeal {
  id: string;
  source: string;
  status: AppealStatus;
  policy: string;
  nature: string | null;
  /** Of the appeal it is worked on under. */
  urgency: Urgency;
  title: string;
  body: string;
  /** The appeal it is worked on under: the one it was linked to, at the end of all links, or itself. */
  toId: string;
  toStatus: AppealStatus;
  toNature: string | null;
  /** Blind indexes of the verified persons who raised it. */
  persons: Buffer[];
}

const ended: readonly AppealStatus[] = ['answered', 'declined', 'diverted'];

/**
 * Appeals raised by any of these verified persons (blind indexes of numbers and accounts), open ones first: open, handed in,
 * linked to another, or ended since. Whoever is in an appeal only through a linked one raised that one. Appeals are read
 * behind `offset 0`: one look-up by id each, however many the planner expects, where it would rather read the whole table.
 */
export async function appealsOf(tx: Transaction, persons: readonly Buffer[], since: Date): Promise<KnownAppeal[]> {
  const indexes = arrayOf(persons, 'bytea');
  const { rows } = await tx.execute<Omit<KnownAppeal, 'persons'> & { person: Buffer }>(sql`
    select id, source, status, policy, nature, urgency, title, body, id as "toId", status as "toStatus", nature as "toNature", person
    from (
      select a.id, a.source, a.status, a.policy, a.nature, a.urgency, a.title, a.body, p.person,
        row_number() over (partition by p.person
          order by (a.status = any(${arrayOf(openStatuses, 'text')})) desc, a.id desc) as place
      from (
        select person, x.appeal_id from unnest(${indexes}) person cross join lateral (
          select appeal_id from appellants where phone_index = person and phone_verified and through is null
          order by id desc limit ${MOST_MESSAGES}) x
        union
        select person, x.appeal_id from unnest(${indexes}) person cross join lateral (
          select appeal_id from appellants where account_index = person and account_verified and through is null
          order by id desc limit ${MOST_MESSAGES}) x) p
      cross join lateral (select * from appeals where id = p.appeal_id offset 0) a
      where a.status = any(${arrayOf([...openStatuses, 'submitted', 'linked'], 'text')})
        or (a.status = any(${arrayOf(ended, 'text')}) and a.updated_at >= ${since.toISOString()})) x
    where place <= ${MOST_CANDIDATES} order by (status = any(${arrayOf(openStatuses, 'text')})) desc, id desc`);
  const byId = new Map<string, KnownAppeal>();
  for (const { person, ...row } of rows) {
    const known = byId.get(row.id);
    if (known) known.persons.push(person);
    else byId.set(row.id, { ...row, persons: [person] });
  }
  const known = [...byId.values()];
  const targets = await endsOfLinks(
    tx,
    known.filter(({ status }) => status === 'linked').map(({ id }) => id),
  );
  return known.map((appeal) => ({ ...appeal, ...targets.get(appeal.id) }));
}

type End = Pick<KnownAppeal, 'toId' | 'toStatus' | 'toNature' | 'urgency'>;

/** The appeals that linked ones are worked on under. */
async function endsOfLinks(tx: Transaction, ids: readonly string[]): Promise<Map<string, End>> {
  const ways = await followLinks(tx, ids);
  const last = (way: readonly string[]): string => way.at(-1) ?? '';
  const rows = ways.size === 0 ? [] : await readAppeals(tx, [...ways.values()].map(last));
  const byId = new Map(rows.map((row) => [row.id, row]));
  return new Map(
    [...ways].flatMap(([id, way]): [string, End][] => {
      const end = byId.get(last(way));
      if (!end) return [];
      return [[id, { toId: end.id, toStatus: end.status, toNature: end.nature, urgency: end.urgency }]];
    }),
  );
}

/** The appeal that each person's last message belongs to, when it was recorded since. */
export async function lastAppealsOf(
  tx: Transaction,
  persons: readonly Buffer[],
  since: Date,
): Promise<{ person: Buffer; appealId: string }[]> {
  const { rows } = await tx.execute<{ person: Buffer; appealId: string }>(sql`
    select p.person, m.appeal_id as "appealId" from unnest(${arrayOf(persons, 'bytea')}) p(person)
    cross join lateral (
      select id, appeal_id from (
        (select id, appeal_id from appellants where phone_index = p.person and phone_verified order by id desc limit 1)
        union all
        (select id, appeal_id from appellants where account_index = p.person and account_verified
          order by id desc limit 1)) last
      order by id desc limit 1) a
    join messages m on m.appeal_id = a.appeal_id and m.appellant_id = a.id
    where m.recorded_at >= ${since.toISOString()}`);
  return rows;
}
