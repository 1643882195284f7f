import { sql } from 'drizzle-orm';
import { Value } from 'typebox/value';
import { v7 as uuid } from 'uuid';
import { replaceServices } from '../channels/open311/services.service.ts';
import { ConfigError } from '../config.ts';
import { seedChoices, seedTimeRules } from '../deadlines/seed.service.ts';
import { upsertDepartments } from '../departments/departments.service.ts';
import { upsertSources } from '../intake/sources.service.ts';
import type { Database, Transaction } from '../platform/database/database.ts';
import { withTransaction } from '../platform/database/transaction.ts';
import { replaceCatalogue } from '../routing/catalogue.service.ts';
import { type City, CitySchema } from './city.schema.ts';
import demoCity from './demo-city.json' with { type: 'json' };

/** @throws ConfigError naming the place in the file and what is wrong there. */
export function parseCity(document: unknown): City {
  const wrong = [...Value.Errors(CitySchema, document)][0];
  if (wrong) throw new ConfigError(`The city file is not usable at ${wrong.instancePath || '/'}: ${wrong.message}.`);
  const city = document as City;
  const known = new Set(city.departments.map((department) => department.code));
  const unknown = city.catalogue.find((rule) => !known.has(rule.department));
  if (unknown)
    throw new ConfigError(
      `The city file's catalogue names the department ${unknown.department}, which it does not list.`,
    );
  const sources = new Set(city.sources.map((source) => source.code));
  for (const part of ['catalogue', 'policies'] as const)
    for (const code of (city[part] ?? []).flatMap((entry) => entry.sources ?? []))
      if (!sources.has(code))
        throw new ConfigError(`The city file names the source ${code} in its ${part}, and does not list it.`);
  return city;
}

/** Loads a city: departments and sources are added or renamed, the catalogue is replaced as a whole. */
export async function seedCity(db: Database, city: City): Promise<void> {
  await withTransaction(db, (tx) => load(tx, city));
}

/** Two processes that start on an empty database at once must not both load it. */
const SEED_LOCK = 7_160_012_347;

/** The demonstration city, into an empty database only. */
export async function seedDemoCity(db: Database): Promise<boolean> {
  return withTransaction(db, async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${SEED_LOCK})`);
    const { rowCount } = await tx.execute(sql`select 1 from departments limit 1`);
    if (rowCount !== 0) return false;
    await load(tx, parseCity(demoCity));
    return true;
  });
}

async function load(tx: Transaction, city: City): Promise<void> {
  await seedTimeRules(tx);
  await upsertDepartments(tx, city.departments);
  await upsertSources(tx, city.sources);
  if (city.services) await replaceServices(tx, city.services);
  const rules = city.catalogue.map(({ department, words = [], sources = [], natures = [], regions = [] }, at) => ({
    id: uuid(),
    position: at + 1,
    department,
    words,
    sources,
    natures,
    regions,
  }));
  await replaceCatalogue(tx, rules);
  if (city.policies) await seedChoices(tx, city.policies);
}
