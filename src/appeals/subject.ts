import type { Subject } from '../deadlines/time-rules.service.ts';
import type { Urgency } from './nature.ts';

/** What the rules of time may ask of an appeal. Category and complexity are not recorded of an appeal so far. */
export function subjectOf({
  source,
  nature,
  urgency,
}: {
  source: string;
  nature: string | null;
  urgency: string;
}): Subject {
  return { source, nature, urgency: urgency as Urgency, category: null, complexity: null };
}
