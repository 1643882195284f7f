import type { Complexity, Urgency } from '../appeals/nature.ts';

/** What a rule may ask of an appeal. */
export interface RuleSubject {
  /** Source code of its first message. */
  source: string;
  nature: string | null;
  category: string | null;
  urgency: Urgency;
  /** null: nobody has judged yet. */
  complexity: Complexity | null;
}

/** Values of which a subject must have one, for each thing that is asked; what is not asked fits. */
export interface Condition {
  nature?: readonly string[];
  category?: readonly string[];
  urgency?: readonly string[];
  complexity?: readonly string[];
}

const asked = ['nature', 'category', 'urgency', 'complexity'] as const;

/** Whether a subject meets a condition; null meets none that asks for it. */
export function fits(condition: Condition | undefined, subject: RuleSubject): boolean {
  return asked.every((field) => {
    const values = condition?.[field];
    if (values === undefined) return true;
    const own = subject[field];
    return own !== null && values.includes(own);
  });
}
