/** What two appeals have in common. */
export interface Common {
  /** `textShare`, 0..1. */
  text: number;
  person: 'verified' | 'claimed' | null;
  place: 'same' | 'area' | null;
}

/** Why an appeal is suggested; `text` is for the dispatcher to read. */
export interface Reason {
  kind: 'person' | 'place' | 'text';
  text: string;
}

/**
 * Least score of a suggestion. From the tuning half of `npm run eval -- same-matter` (docs/same-matter.md). Neither the
 * same person nor the same place reaches it alone: people call about many things, and much happens at a big crossing.
 */
export const SUGGESTION_THRESHOLD = 0.2;
/** A share of text below this is no reason worth telling. */
const WORTH_TELLING = 0.1;

const personWeight = { verified: 0.12, claimed: 0.08 };
const placeWeight = { same: 0.15, area: 0.08 };

/** 0..1: each thing in common takes away its part of the doubt. */
export function scoreOf({ text, person, place }: Common): number {
  const doubt = (1 - text) * (1 - (person ? personWeight[person] : 0)) * (1 - (place ? placeWeight[place] : 0));
  return 1 - doubt;
}

export function reasonsOf({ text, person, place }: Common): Reason[] {
  const reasons: Reason[] = [];
  if (person === 'verified') reasons.push({ kind: 'person', text: '同一反映人（身份已核验）' });
  if (person === 'claimed') reasons.push({ kind: 'person', text: '同一联系方式（身份未核验）' });
  if (place === 'same') reasons.push({ kind: 'place', text: '同一地点' });
  if (place === 'area') reasons.push({ kind: 'place', text: '同一小区、道路或村庄' });
  if (text >= WORTH_TELLING) reasons.push({ kind: 'text', text: `内容相似度${Math.round(text * 100)}%` });
  return reasons;
}
