import { natureClass } from '../appeals/nature.ts';
import { type AppealStatus, isOpen } from '../appeals/states.ts';
import type { PreparedMessage } from './prepare.ts';

/**
 * What a message on a known matter does: it joins the appeal; opens it again; becomes a new appeal that knows the one it
 * repeats; or, undefined, a new matter.
 */
export type Way = 'joins' | 'reopens' | 'repeats' | undefined;

type Meant = { id: string; nature: string | null };
type End = { id: string; status: AppealStatus };

/**
 * The table of docs/same-matter.md, row by row, for every channel.
 * @param meant the appeal that the message is meant for
 * @param to the one it is worked on under: the same, or the end of its links
 */
export function wayTo(
  message: Pick<PreparedMessage, 'isCourtesy' | 'answered' | 'belongsTo' | 'conversation'>,
  meant: Meant,
  to: End,
): Way {
  const { status } = to;
  if (isOpen(status)) return 'joins';
  if (status !== 'submitted' && status !== 'answered' && status !== 'declined' && status !== 'diverted')
    return undefined;
  const isCertain = message.belongsTo === meant.id;
  // Thanks for what was done are no work for anybody.
  if ((isCertain || message.conversation) && message.isCourtesy) return 'joins';
  // A result that waits for its sign-off is not touched; the desk sees both.
  if (status === 'submitted') return 'repeats';
  const asksForRemedy = natureClass(meant.nature) === 'grievance';
  // What many share is not opened again for one of them, and what the call-taker has answered leaves no work.
  if (status === 'answered' && asksForRemedy && to.id === meant.id && message.answered === null) return 'reopens';
  // A question asked again is a new question, save where its channel knows that it goes on with the old one.
  return asksForRemedy || isCertain ? 'repeats' : undefined;
}
