/** State of a deadline (时限): running, ended by dueAt, ended after it, or given up with its cause. */
export const deadlineStates = ['running', 'met', 'missed', 'cancelled'] as const;
export type DeadlineState = (typeof deadlineStates)[number];

/** Why a stored deadline moved. */
export const changeCauses = ['calendar', 'policy', 'reclassify', 'suspension', 'extension'] as const;
export type ChangeCause = (typeof changeCauses)[number];
