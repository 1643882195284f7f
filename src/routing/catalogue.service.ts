import { asc } from 'drizzle-orm';
import type { Executor, Transaction } from '../platform/database/database.ts';
import { catalogueRules } from './catalogue.table.ts';
import type { CatalogueRule } from './catalogue.ts';

/** The dispatch catalogue in force, in its order. */
export async function readCatalogue(db: Executor): Promise<CatalogueRule[]> {
  return db.select().from(catalogueRules).orderBy(asc(catalogueRules.position));
}

/** Puts a new dispatch catalogue in force as a whole; workers read it within five seconds. */
export async function replaceCatalogue(tx: Transaction, rules: readonly CatalogueRule[]): Promise<void> {
  await tx.delete(catalogueRules);
  if (rules.length > 0)
    await tx.insert(catalogueRules).values(
      rules.map((rule) => ({
        ...rule,
        sources: [...rule.sources],
        natures: [...rule.natures],
        words: [...rule.words],
        regions: [...rule.regions],
      })),
    );
}
