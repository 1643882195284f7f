import { desc, sql } from 'drizzle-orm';
import { ConfigError } from '../config.ts';
import { cached } from '../platform/cached.ts';
import type { Database, Transaction } from '../platform/database/database.ts';
import { arrayOf } from '../platform/database/rows.ts';
import { withTransaction } from '../platform/database/transaction.ts';
import { createCalendar, type WorkingCalendar } from './calendar/calendar.ts';
import { calendars, policies, policyChoices } from './deadlines.table.ts';
import type { Policy } from './policy.schema.ts';
import { type Choosable, choosePolicy, type PolicyChoice } from './policy-choices.ts';
import { createTimeRules, type TimeRules } from './time-rules.service.ts';
import type { Zone } from './zone.ts';

/** Which policy version a record was made under. */
export interface Ruled {
  policy: string;
  policyVersion: number;
}

/** All rules of time as they are at one moment, on the newest calendar. */
export interface RulesInForce {
  calendar: WorkingCalendar;
  /** The rules a new appeal is registered under: the newest version of the policy chosen for it. */
  choose(appeal: Choosable): TimeRules;
  /** The rules an appeal was registered under: newer versions do not touch it. @throws UnknownVersionError */
  of(record: Ruled): TimeRules;
  /** A policy's newest version, or the one named. */
  find(code: string, version?: number): TimeRules | undefined;
}

/** The city's rules of time, kept in memory; what another process changes is in force here within five machine seconds. */
export interface RuleBook {
  /** The city's zone, in which all answers show their times: that of the policy named by POLICY at the start. */
  readonly zone: Zone;
  current(): Promise<RulesInForce>;
  /**
   * One transaction with the rules in force. It is done again, with the rules read again, when it meets a policy version
   * that another process stored a moment ago; so `work` must do nothing but use `tx`.
   */
  transact<T>(work: (tx: Transaction, rules: RulesInForce) => Promise<T>): Promise<T>;
  /** Something was changed here: the next reader reads again. */
  forget(): void;
}

export class UnknownVersionError extends Error {
  override name = 'UnknownVersionError';
}

const TTL_MS = 5_000;

/** @param fallback code of the policy for what no choice fits. @throws ConfigError when the database has no such policy. */
export async function createRuleBook(db: Database, fallback: string): Promise<RuleBook> {
  /** Stored policies never change, so each is read once. */
  const documents = new Map<string, Policy>();
  let kept: { versions: Versions; rules: RulesInForce } | undefined;

  async function read(): Promise<RulesInForce> {
    const versions = await readVersions(db);
    if (kept && sameVersions(kept.versions, versions)) return kept.rules;
    for (const row of await policiesBeyond(db, [...documents.keys()]))
      documents.set(keyOf(row.code, row.version), row.document);
    const rules = rulesOf(documents, await newestCalendar(db), await newestChoices(db), fallback);
    kept = { versions, rules };
    return rules;
  }

  const current = cached(TTL_MS, read);

  async function transact<T>(work: (tx: Transaction, rules: RulesInForce) => Promise<T>): Promise<T> {
    const run = async (): Promise<T> => {
      const rules = await current();
      return withTransaction(db, (tx) => work(tx, rules));
    };
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof UnknownVersionError)) throw error;
      current.forget();
      return run();
    }
  }

  const { zone } = (await current()).choose({ source: '', nature: null, category: null });
  return { zone, current, transact, forget: current.forget };
}

const keyOf = (code: string, version: number): string => `${code} ${version}`;

function rulesOf(
  documents: ReadonlyMap<string, Policy>,
  calendar: WorkingCalendar,
  choices: readonly PolicyChoice[],
  fallback: string,
): RulesInForce {
  const newest = new Map<string, number>();
  for (const { code, version } of documents.values()) newest.set(code, Math.max(version, newest.get(code) ?? 0));
  const compiled = new Map<string, TimeRules>();

  function find(code: string, version = newest.get(code)): TimeRules | undefined {
    const key = keyOf(code, version ?? 0);
    const known = compiled.get(key);
    const document = documents.get(key);
    if (known || !document) return known;
    const rules = createTimeRules(document, calendar);
    compiled.set(key, rules);
    return rules;
  }

  const otherwise = find(fallback);
  if (!otherwise) throw unknownFallback(fallback, [...newest.keys()]);

  return {
    calendar,
    find,
    choose: (appeal) => find(choosePolicy(choices, appeal) ?? fallback) ?? otherwise,
    of: ({ policy, policyVersion }) => {
      const rules = find(policy, policyVersion);
      if (rules) return rules;
      throw new UnknownVersionError(`Version ${policyVersion} of the policy ${policy} is not known here.`);
    },
  };
}

function unknownFallback(code: string, known: readonly string[]): ConfigError {
  if (known.length === 0) return new ConfigError('No city is loaded yet: run `minsheng seed FILE` first.');
  return new ConfigError(`POLICY=${code} is not known: set POLICY to one of ${[...known].sort().join(', ')}.`);
}

/** Cheap to ask for: all three only ever grow. */
interface Versions {
  policies: number;
  calendar: number;
  choices: number;
}

async function readVersions(db: Database): Promise<Versions> {
  const { rows } = await db.execute<Versions & Record<string, unknown>>(sql`select
    (select count(*)::int from policies) as policies,
    (select coalesce(max(version), 0) from calendars) as calendar,
    (select coalesce(max(version), 0) from policy_choices) as choices`);
  return rows[0] as Versions;
}

const sameVersions = (a: Versions, b: Versions): boolean =>
  a.policies === b.policies && a.calendar === b.calendar && a.choices === b.choices;

async function policiesBeyond(db: Database, known: readonly string[]): Promise<(typeof policies.$inferSelect)[]> {
  return db
    .select()
    .from(policies)
    .where(sql`${policies.code} || ' ' || ${policies.version} <> all(${arrayOf(known, 'text')})`);
}

async function newestCalendar(db: Database): Promise<WorkingCalendar> {
  const [row] = await db.select().from(calendars).orderBy(desc(calendars.version)).limit(1);
  if (!row) throw new ConfigError('No city is loaded yet: run `minsheng seed FILE` first.');
  return createCalendar(row);
}

async function newestChoices(db: Database): Promise<PolicyChoice[]> {
  const [row] = await db.select().from(policyChoices).orderBy(desc(policyChoices.version)).limit(1);
  return row?.choices ?? [];
}
