import { appealActions } from './states.ts';

/** What stands in an appeal's history: its steps, and who was shown whom. */
export const eventTypes = ['register', ...appealActions, 'reveal'] as const;
export type EventType = (typeof eventTypes)[number];

/**
 * Which details of each event the department that has the case reads. Whatever is not named is for the desk alone: words
 * that the desk or another department wrote to it may tell who raised the matter, and what somebody was taken for before,
 * or wrote before, is none of a department's business. What was written to a department it reads in its own assignment.
 */
const forDepartments: Record<EventType, readonly string[]> = {
  register: ['status', 'source', 'lateByAdapter', 'historic'],
  attach: ['messages', 'nothingNew', 'linked', 'unlinked', 'number'],
  triage: [],
  assign: ['assignmentId', 'department'],
  sign: ['assignmentId'],
  return: ['assignmentId', 'department'],
  submit: ['assignmentId'],
  answer: [],
  decline: [],
  divert: [],
  link: ['target', 'assignmentId', 'department'],
  reclassify: ['to', 'moved', 'cancelled', 'started'],
  unlink: ['target', 'messages'],
  reopen: ['messages', 'nothingNew'],
  represent: [],
  reveal: ['reveal', 'messageId', 'fields'],
};

/** An event's details as the department reads them; of a type that is not known here, none. */
export function detailsForDepartment(type: string, data: Record<string, unknown>): Record<string, unknown> {
  const shown: readonly string[] = forDepartments[type as EventType] ?? [];
  return Object.fromEntries(Object.entries(data).filter(([name]) => shown.includes(name)));
}
