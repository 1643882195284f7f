import { commonTexts, fillText } from '../deadlines/policy-texts.ts';
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
  | { about: 'linked'; targetNumber: string }
  | { about: 'unlinked'; targetNumber: string }
  | { about: 'reopened' }
  /** `told`: what the citizen was told when the earlier appeal ended. */
  | { about: 'repeated'; targetNumber: string; told: string }
  | { about: 'progress'; departmentName: string; since: Date; due: Due | undefined };

export const CODE_PLACE = '{code}';

export function receiptText(rules: TimeRules, appealNumber: string, subject: Subject): string {
  const { prefix, closing } = rules.policy.texts;
  // What a person wrote may end with a full stop of its own.
  const told = sentence(rules, subject).replace(/。。$/, '。');
  return `${fillText(prefix, { number: appealNumber })}${told}${closing}`;
}

function sentence({ policy, zone }: TimeRules, subject: Subject): string {
  const texts = { ...commonTexts, ...policy.texts };
  const timeOf = (at: Date): string => zone.formatInstant(at).slice(0, 16).replace('T', ' ');
  switch (subject.about) {
    case 'forwarded': {
      const { departmentName: department, due } = subject;
      if (!due) return fillText(texts.forwardedUndated, { department });
      return `${fillText(texts.forwarded, { department, dueAt: timeOf(due.dueAt) })}${due.provisional ? texts.provisional : ''}`;
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
    case 'unlinked':
      return fillText(texts[subject.about], { target: subject.targetNumber });
    case 'reopened':
      return texts.reopened;
    case 'repeated':
      return fillText(texts.repeated, { target: subject.targetNumber, text: subject.told.replace(/。$/, '') });
    case 'progress': {
      const { departmentName: department, due } = subject;
      const since = timeOf(subject.since);
      if (!due) return fillText(texts.progressUndated, { department, since });
      return fillText(texts.progress, { department, since, dueAt: timeOf(due.dueAt) });
    }
  }
}
