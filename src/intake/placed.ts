import type { PreparedMessage } from './prepare.ts';

/** A message of the batch with where it belongs. */
export interface Placed {
  message: PreparedMessage;
  receivedAt: Date;
  late: boolean;
  appealId: string;
  disposition: 'registered' | 'attached';
  receipt: { dueAt: Date; provisional: boolean } | undefined;
}
