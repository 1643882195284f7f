import type { RuleSubject } from '../deadlines/subject.ts';
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
  /** Joins an appeal because the one it was meant for, this one, is linked to it. */
  through: string | null;
  /** Joins an answered appeal, which is opened again. What joins one and does not only says thanks. */
  reopens: boolean;
  /** Joins an appeal by saying the same again. */
  nothingNew: boolean;
  /** Of a new appeal: the ended or handed in one that the same person raised on the matter, and what was told of its end. */
  repeats: { id: string; number: string; told: string | null } | undefined;
  /** Of the appeal it belongs to, and what they go by. */
  rules: TimeRules;
  subject: RuleSubject;
  receipt: Due | undefined;
  noReceiptReason: NoReceiptReason | null;
}
