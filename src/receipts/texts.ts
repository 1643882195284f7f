import { fillText } from '../deadlines/policy-texts.ts';
import type { Due, TimeRules } from '../deadlines/time-rules.service.ts';

/**
 * What the citizen is told, in the words of the appeal's policy, from the event that happened and nothing else:
 * "forwarded" is only said of a case that was forwarded. The text is frozen when it is decided; `{code}` stands for the
 * query code, which is put in only at the moment of sending, so that the stored text opens nothing.
 */
export type Subject =
  | { about: 'forwarded'; departmentName: string; due: Due | undefined }
  | { about: 'joined'; departmentName: string }
  | { about: 'assessing' }
  | { about: 'answered'; text: string }
  | { about: 'declined'; text: string }
  | { about: 'diverted'; text: string }
  | { about: 'linked'; targetNumber: string };

export const CODE_PLACE = '{code}';

export function receiptText(rules: TimeRules, appealNumber: string, subject: Subject): string {
  const { prefix, closing } = rules.policy.texts;
  // What a person wrote may end with a full stop of its own.
  const told = sentence(rules, subject).replace(/。。$/, '。');
  return `${fillText(prefix, { number: appealNumber })}${told}${closing}`;
}

function sentence({ policy: { texts }, zone }: TimeRules, subject: Subject): string {
  switch (subject.about) {
    case 'forwarded': {
      const { departmentName: department, due } = subject;
      if (!due) return fillText(texts.forwardedUndated, { department });
      const dueAt = zone.formatInstant(due.dueAt).slice(0, 16).replace('T', ' ');
      return `${fillText(texts.forwarded, { department, dueAt })}${due.provisional ? texts.provisional : ''}`;
    }
    case 'joined':
      return fillText(texts.joined, { department: subject.departmentName });
    case 'assessing':
      return texts.assessing;
    case 'answered':
    case 'declined':
    case 'diverted':
      return fillText(texts[subject.about], { text: subject.text });
    case 'linked':
      return fillText(texts.linked, { target: subject.targetNumber });
  }
}
