import { readFileSync } from 'node:fs';

/** An appeal of the city that is made up for the benchmark. */
export interface MadeAppeal {
  title: string;
  body: string;
  address: string | null;
  region: string;
  nature: string;
  /** Who raised it, by number. */
  person: number;
}

/** Makes the appeal of a number: always the same one for the same number. */
export type AppealMaker = (at: number) => MadeAppeal;

/** The person who rings every day: one in 200 appeals, so 5,000 of a million. */
export const DAILY_CALLER = 0;
const DAILY_CALLERS_SHARE = 0.005;
/** The place everybody complains about: 20,000 of a million appeals, most of them under the very same address. */
const HOT_PLACE_SHARE = 0.02;
/** Of the appeals, those that tell a matter which others told too. */
const RETOLD_SHARE = 0.35;
/** Of the clauses, those with a name in them: with it texts bring as many new bigrams as real ones do. */
const NAMED_SHARE = 0.2;
const ESTATES = 20_000;
const REGIONS = 14;
const natures = ['complaint', 'complaint', 'assistance', 'complaint', 'inquiry', 'suggestion', 'report'];
const ends = ['小区', '花园', '路', '家园', '新村', '广场', '大道', '社区'];

/**
 * A city with `rows` appeals: clauses of real messages (or made-up ones) put together anew, so that bigrams are as rare
 * and as frequent as in those; few matters told by many and many told by one; few places and callers very frequent.
 */
export function appealMaker(rows: number, clauses: readonly string[]): AppealMaker {
  const matters = Math.ceil(rows * (1 - RETOLD_SHARE));
  /** A clause; every so often a name that hardly anybody else says stands in it, as names, numbers and slips of the pen do. */
  function clause(random: Random): string {
    const known = clauses[random.below(clauses.length)] ?? '';
    if (random.share() >= NAMED_SHARE) return known;
    const cut = random.below(known.length);
    return `${known.slice(0, cut)}${character(random)}${character(random)}${known.slice(cut)}`;
  }
  return (at) => {
    const random = createRandom(at);
    const matter = createRandom(-1 - (random.share() < RETOLD_SHARE ? random.zipf(matters) : matters + at));
    const area = matter.share() < HOT_PLACE_SHARE ? 0 : 1 + matter.below(ESTATES) * matter.share();
    const estate = estateName(Math.floor(area));
    const house = area === 0 && random.share() < 0.8 ? '' : `${1 + random.below(40)}栋`;
    const region = `5301${String(2 + matter.below(REGIONS)).padStart(2, '0')}`;
    const nature = natures[matter.below(natures.length)] ?? 'complaint';
    const subject = clause(matter);
    const told = [clause(matter), clause(matter), clause(matter), clause(matter)].filter(() => random.share() < 0.6);
    const own = Array.from({ length: 5 + random.below(10) }, () => clause(random));
    return {
      title: `${estate}${subject}`,
      body: `${estate}${house}${subject}，${[...told, ...own].join('，')}。`,
      address: random.share() < 0.8 ? `${estate}${house}` : null,
      region,
      nature,
      person: random.share() < DAILY_CALLERS_SHARE ? DAILY_CALLER : 1 + random.below(Math.ceil(rows * 0.6)),
    };
  };
}

/** Clauses of the messages in a file of JSON lines (`text` or `body`, and `title`). */
export function clausesOf(file: string): string[] {
  const messages = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { title?: string; text?: string; body?: string });
  const clauses = messages.flatMap(({ title, text, body }) =>
    `${title ?? ''}。${text ?? body ?? ''}`.split(/[\s，。！？；：、,.!?;:]+/u),
  );
  return clauses.filter(({ length }) => length >= 4 && length <= 40);
}

const CHARACTERS = 3_000;
const WORDS = 30_000;
const CLAUSES = 60_000;
const FIRST_CHARACTER = 0x4e_00;
/** The most frequent ones stand out less than Zipf's law has it: 的 is 4 % of a text and not 12 %. */
const FLATTENED = 30;

const character = (random: Random): string =>
  String.fromCharCode(FIRST_CHARACTER + random.zipf(CHARACTERS, FLATTENED) * 5);

/** Clauses of made-up words; words and characters are as unevenly frequent as those of a language (Zipf's law). */
export function madeClauses(): string[] {
  const random = createRandom(1);
  const word = (): string => Array.from({ length: 1 + random.below(3) }, () => character(random)).join('');
  const words = Array.from({ length: WORDS }, word);
  const clause = (): string =>
    Array.from({ length: 3 + random.below(5) }, () => words[random.zipf(WORDS, FLATTENED)]).join('');
  return Array.from({ length: CLAUSES }, clause);
}

/** Names of two or three characters out of 400, so that their bigrams are met in other names as well. */
function estateName(at: number): string {
  const random = createRandom(1e9 + at);
  const name = Array.from({ length: 2 + random.below(2) }, () =>
    String.fromCharCode(FIRST_CHARACTER + random.below(400) * 37),
  );
  return `${name.join('')}${ends[at % ends.length]}`;
}

type Random = ReturnType<typeof createRandom>;

/** The generator mulberry32: small, and good enough to make texts. */
function createRandom(seed: number) {
  let state = Math.imul(seed ^ 0x9e_37_79_b9, 0x85_eb_ca_6b);
  function share(): number {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  return {
    /** 0 ≤ x < 1. */
    share,
    below: (limit: number): number => Math.floor(share() * limit),
    /** 0 ≤ x < limit, x about as likely as 1 / (x + flat). */
    zipf: (limit: number, flat = 1): number => Math.floor(flat * ((limit + flat) / flat) ** share() - flat),
  };
}
