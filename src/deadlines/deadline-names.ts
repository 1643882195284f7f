/** Deadlines that the main line of every appeal has; each policy sets them, if only to say that there is none. */
export const mainDeadlines = ['forward', 'receipt', 'sign', 'resolve'] as const;

/** Every deadline (时限) that a policy can set. */
export const deadlineNames = [
  ...mainDeadlines,
  'respond',
  'on-site',
  'sign-off',
  'follow-up',
  'supervise',
  'register',
  'accept',
  'object',
  'review-request',
  'review',
  're-examination-request',
  're-examination',
] as const;
export type DeadlineName = (typeof deadlineNames)[number];

/**
 * Events from which a deadline may run. Those of the main line are what the work does. Resolving runs from the first
 * dispatch, so that bouncing a case does not hide delay.
 */
export const startEvents = {
  forward: ['received'],
  receipt: ['received'],
  sign: ['assigned'],
  resolve: ['assigned'],
  respond: ['received', 'assigned'],
  'on-site': ['received', 'assigned'],
  'sign-off': ['submitted'],
  'follow-up': ['signed-off'],
  supervise: ['supervised'],
  register: ['received'],
  accept: ['received', 'assigned'],
  object: ['assigned'],
  'review-request': ['answered'],
  review: ['review-requested'],
  're-examination-request': ['review-answered'],
  're-examination': ['re-examination-requested'],
} as const satisfies Record<DeadlineName, readonly string[]>;
export type StartEvent = (typeof startEvents)[DeadlineName][number];
