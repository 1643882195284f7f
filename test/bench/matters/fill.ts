import { createHash, randomBytes } from 'node:crypto';
import pg from 'pg';
import { natureClass } from '../../../src/appeals/nature.ts';
import type { Bigrams } from '../../../src/intake/similarity.ts';
import { placeKey } from '../../../src/matters/place-key.ts';
import { type Frequencies, keysOf, saltOf, textOf, toKey } from '../../../src/matters/sketch.ts';
import { say } from '../report.ts';
import type { AppealMaker, MadeAppeal } from './appeals.ts';

const CHUNK = 5_000;
/** Texts that are counted; with more of them the counts are scaled up, as the service counts every eighth eightfold. */
const MOST_COUNTED = 120_000;
const DAY_MS = 86_400_000;
/** Appeals were registered over so many days up to now: none is too old to be found. */
const DAYS = 118;
const ENDED_SHARE = 0.05;

/** The blind index of a person. */
export const personIndex = (person: number): Buffer => createHash('sha256').update(`bench ${person}`).digest();

/** An id in the order of time (UUIDv7). */
function idAt(ms: number): string {
  const time = Math.floor(ms).toString(16).padStart(12, '0');
  const rest = randomBytes(9).toString('hex');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${rest.slice(0, 3)}-8${rest.slice(3, 6)}-${rest.slice(6)}`;
}

/** In how many of `rows` texts each bigram stands. */
export function countFrequencies(make: AppealMaker, rows: number): Frequencies {
  const counted = Math.min(rows, MOST_COUNTED);
  const of = new Map<number, number>();
  const count = (text: Bigrams): void => {
    for (const bigram of text) of.set(toKey(bigram), (of.get(toKey(bigram)) ?? 0) + 1);
  };
  for (let at = 0; at < counted; at++) count(textOf(make(Math.floor((at * rows) / counted))));
  for (const [bigram, texts] of of) of.set(bigram, Math.round((texts * rows) / counted));
  return { texts: rows, of };
}

/** Fills a migrated, empty database with `rows` appeals and all that a look-up reads of them; indexes come last. */
export async function fillDatabase(url: string, rows: number, make: AppealMaker): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    // Loading is not what is measured: no foreign keys, no waiting for the disk, one sorted index build.
    await client.query(`set session_replication_role = replica; set synchronous_commit = off;
      set maintenance_work_mem = '1GB'`);
    const frequencies = countFrequencies(make, rows);
    await insertFrequencies(client, frequencies);
    const { rows: indexes } = await client.query<{ name: string; definition: string }>(
      `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition from pg_index
        where indrelid in ('matter_sketches'::regclass, 'appellants'::regclass) and not indisprimary`,
    );
    for (const { name } of indexes) await client.query(`drop index ${name}`);
    const begun = Date.now() - DAYS * DAY_MS;
    let writing: Promise<void> = Promise.resolve();
    for (let from = 0; from < rows; from += CHUNK) {
      const length = Math.min(CHUNK, rows - from);
      const made = Array.from({ length }, (_, at) => ({
        registeredAt: begun + ((from + at) * DAYS * DAY_MS) / rows,
        status: Math.random() < ENDED_SHARE ? 'answered' : 'triage',
        appeal: make(from + at),
      })).map((each) => ({ ...each, id: idAt(each.registeredAt) }));
      const sketches = made.map(({ id, registeredAt, appeal }) => sketchOf(frequencies, id, registeredAt, appeal));
      await writing;
      writing = (async () => {
        await insertAppeals(client, made);
        await insertSketches(client, sketches);
      })();
      if ((from / CHUNK) % 20 === 19) say(`  ${from + length} of ${rows} appeals`);
    }
    await writing;
    for (const { name, definition } of indexes) {
      const since = Date.now();
      await client.query(definition);
      if (rows > 100_000) say(`  index ${name}: ${Math.round((Date.now() - since) / 1000)} s`);
    }
    await client.query('vacuum (analyze)');
  } finally {
    await client.end();
  }
}

/** New appeals, with work for the matcher, as intake and routing leave them. Returns their ids. */
export async function addAppeals(
  client: pg.Client,
  make: AppealMaker,
  from: number,
  length: number,
): Promise<string[]> {
  const made = Array.from({ length }, (_, at) => ({
    id: idAt(Date.now() + at / 100),
    status: 'triage',
    appeal: make(from + at),
  }));
  await insertAppeals(client, made);
  const ids = made.map(({ id }) => id);
  await client.query(
    `insert into agenda (kind, subject_id, business_key, run_at, due_at)
      select 'match', id, 'match:' || id, now(), now() + interval '10 minutes' from unnest($1::uuid[]) id`,
    [ids],
  );
  return ids;
}

/** Takes appeals away again with all that became of them. */
export async function removeAppeals(client: pg.Client, ids: readonly string[]): Promise<void> {
  await client.query('set session_replication_role = replica');
  for (const [table, column] of [
    ['suggestions', 'appeal_id'],
    ['matter_sketches', 'appeal_id'],
    ['messages', 'appeal_id'],
    ['appellants', 'appeal_id'],
    ['agenda', 'subject_id'],
    ['appeals', 'id'],
  ])
    await client.query(`delete from ${table} where ${column} = any($1::uuid[])`, [ids]);
  await client.query('set session_replication_role = origin');
}

function sketchOf(
  frequencies: Frequencies,
  id: string,
  registeredAt: number,
  { title, body, address, region, nature }: MadeAppeal,
) {
  const kind = natureClass(nature);
  const keys = keysOf(frequencies, textOf({ title, body })).map((key) => toKey(key) ^ saltOf(kind));
  return { id, registeredAt, natureClass: kind, ...placeKey(address), region, keys };
}

async function insertAppeals(
  client: pg.Client,
  made: readonly { id: string; status: string; appeal: MadeAppeal }[],
): Promise<void> {
  const column = (of: (appeal: MadeAppeal) => unknown): unknown[] => made.map(({ appeal }) => of(appeal));
  const ids = made.map(({ id }) => id);
  await client.query(
    `insert into appeals (id, number, status, source, external_id, channel, title, body, address, region, nature, urgency,
      urgency_confirmed, late_by_adapter, historic, policy, policy_version, calendar_version, received_at, recorded_at,
      updated_at, version)
    select id, id::text, status, '12345', id::text, 'phone', title, body, address, region, nature, 'normal', false, false, false,
      'kunming-hotline', 1, 1, now(), now(), now(), 1
    from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
      x(id, status, title, body, address, region, nature)`,
    [
      ids,
      made.map(({ status }) => status),
      column(({ title }) => title),
      column(({ body }) => body),
      column(({ address }) => address),
      column(({ region }) => region),
      column(({ nature }) => nature),
    ],
  );
  await client.query(
    `insert into appellants (id, appeal_id, phone_index, phone_verified, account_verified, anonymous, confidential,
      language, sealed) select id, id, person, true, false, false, false, 'zh-CN', '' from unnest($1::uuid[], $2::bytea[])
      x(id, person)`,
    [ids, column(({ person }) => personIndex(person))],
  );
  await client.query(
    `insert into messages (id, appeal_id, appellant_id, source, external_id, channel, disposition, received_at,
      recorded_at, key_id, fingerprint, sealed)
    select id, id, id, '12345', id::text, 'phone', 'registered', now(), now(), 'bench', '', '' from unnest($1::uuid[]) id`,
    [ids],
  );
}

async function insertSketches(client: pg.Client, sketches: readonly ReturnType<typeof sketchOf>[]): Promise<void> {
  await client.query(
    `insert into matter_sketches (appeal_id, nature_class, place, area, region, keys, sketched_at)
    select id, nature_class, place, area, region, keys::integer[], to_timestamp(at / 1000)
    from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::float8[])
      x(id, nature_class, place, area, region, keys, at)`,
    [
      sketches.map(({ id }) => id),
      sketches.map((sketch) => sketch.natureClass),
      sketches.map(({ place }) => place),
      sketches.map(({ area }) => area),
      sketches.map(({ region }) => region),
      sketches.map(({ keys }) => `{${keys.join(',')}}`),
      sketches.map(({ registeredAt }) => registeredAt),
    ],
  );
}

async function insertFrequencies(client: pg.Client, { texts, of }: Frequencies): Promise<void> {
  const bigrams = [0, ...of.keys()];
  await client.query('insert into bigram_frequencies select * from unnest($1::int[], $2::int[])', [
    bigrams,
    [texts, ...of.values()],
  ]);
}
