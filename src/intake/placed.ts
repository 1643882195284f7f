import type { Subject } from '../deadlines/subject.ts';
import type { Due, TimeRules } from '../deadlines/time-rules.service.ts';
import type { NoReceiptReason } from './message.schema.ts';
import type { PreparedMessage } from './prepare.ts';

/** A message of the batch with where it belongs. */
export interface Placed {
  message: PreparedMessage;
  receivedAt: Date;
  late: boolean;
  appealId: string;
  disposition: 'registered' | 'attached';
  /** Of the appeal it belongs to, and what they go by. */
  rules: TimeRules;
  subject: Subject;
  receipt: Due | undefined;
  noReceiptReason: NoReceiptReason | null;
}
