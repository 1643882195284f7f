import { isReport } from '../appeals/nature.ts';

/**
 * Dispatch catalogue (派单目录): ordered rules, the first that fits decides. A rule fits when every kind of condition it
 * names is satisfied; an empty list asks nothing.
 */
export interface CatalogueRule {
  id: string;
  position: number;
  sources: readonly string[];
  natures: readonly string[];
  /** Any one of these in title, body or address. */
  words: readonly string[];
  /** Division code prefixes (GB/T 2260): `5301` covers every district of the city. */
  regions: readonly string[];
  department: string;
}

export interface Routable {
  /** Of the first message, and of the lines that were dialled. */
  sources: readonly string[];
  nature: string | null;
  region: string | null;
  title: string;
  body: string;
  address: string | null;
}

export interface Match {
  rule: CatalogueRule;
  words: string[];
}

/**
 * The first rule that fits, with the words it found: the reason that is stored. Undefined: a dispatcher decides. A report
 * (举报) goes only by a rule that names reports among its natures: any other might send it to the very one it accuses.
 */
export function findRule(rules: readonly CatalogueRule[], appeal: Routable): Match | undefined {
  const text = `${appeal.title}\n${appeal.body}\n${appeal.address ?? ''}`;
  const reported = isReport(appeal);
  for (const rule of rules) {
    if (reported && !rule.natures.includes('report')) continue;
    if (rule.sources.length > 0 && !rule.sources.some((source) => appeal.sources.includes(source))) continue;
    if (rule.natures.length > 0 && !(appeal.nature && rule.natures.includes(appeal.nature))) continue;
    if (rule.regions.length > 0 && !rule.regions.some((prefix) => appeal.region?.startsWith(prefix))) continue;
    const words = rule.words.filter((word) => text.includes(word));
    if (rule.words.length > 0 && words.length === 0) continue;
    return { rule, words };
  }
  return undefined;
}
