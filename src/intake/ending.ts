import type { AppealRow } from '../appeals/appeals.service.ts';

/** How an appeal ended, and in which words; undefined while it is worked on, or its result waits for its sign-off. */
export function endingOf({
  status,
  outcome,
}: AppealRow): { about: 'answered' | 'declined' | 'diverted'; text: string } | undefined {
  if (status !== 'answered' && status !== 'declined' && status !== 'diverted') return undefined;
  return { about: status, text: outcome ?? '' };
}
