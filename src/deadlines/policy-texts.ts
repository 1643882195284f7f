import { Type } from 'typebox';
import { strict } from './due-rule.schema.ts';

/** The texts to citizens, and the places that each of them must have, once each and no others. */
export const textPlaces = {
  prefix: ['number'],
  forwarded: ['department', 'dueAt'],
  forwardedUndated: ['department'],
  joined: ['department'],
  assessing: [],
  answered: ['text'],
  declined: ['text'],
  diverted: ['text'],
  linked: ['target'],
  unlinked: ['target'],
  reopened: [],
  repeated: ['target', 'text'],
  progress: ['department', 'since', 'dueAt'],
  progressUndated: ['department', 'since'],
  provisional: [],
  closing: ['code'],
} as const;
export type TextName = keyof typeof textPlaces;

const Text = (description: string) => Type.String({ minLength: 1, maxLength: 300, description });

export const TextsSchema = Type.Object(
  {
    prefix: Text('Begins every message: {number} of the appeal.'),
    forwarded: Text('To which {department} it went, and by {dueAt} it is to be answered.'),
    forwardedUndated: Text('The same where the policy sets no time to answer: {department}.'),
    joined: Text('The message joined an appeal that {department} has.'),
    assessing: Text('Received; not known yet which department.'),
    answered: Text('Answered on the spot: {text}.'),
    declined: Text('Not accepted, and why: {text}.'),
    diverted: Text('To which statutory route it belongs: {text}.'),
    linked: Text('Joined to the appeal with the number {target}.'),
    unlinked: Type.Optional(
      Text('Taken apart again from the appeal with the number {target}, where it did not belong.'),
    ),
    reopened: Type.Optional(Text('Answered before; the citizen came back on it, and it is looked at again.')),
    repeated: Type.Optional(Text('Raised before as {target}, which ended so: {text}. Registered anew.')),
    progress: Type.Optional(
      Text('A repeat with nothing new: {department} has the case since {since} and is to answer by {dueAt}.'),
    ),
    progressUndated: Type.Optional(Text('The same where the policy sets no time to answer: {department}, {since}.')),
    provisional: Text('Follows a {dueAt} that counts days of a year whose holidays are not published yet.'),
    closing: Text('Ends every message: the query {code}.'),
  },
  { ...strict, description: 'What citizens are told by SMS (短信回执), in Chinese: prefix, one sentence, closing.' },
);

/** What is said where a policy is silent about a text that not every policy has to set; each goes on after the prefix. */
export const commonTexts = {
  unlinked: '经核实与{target}号诉求不属同一事项，已恢复单独办理，结果将另行告知。',
  reopened: '有进一步反映，正在重新研判，结果将另行告知。',
  repeated: '与您此前反映的{target}号诉求属同一事项，当时的处理：{text}。本次反映已另行登记，正在研判。',
  progress: '已由{department}自{since}起办理，承诺于{dueAt}前答复，请勿重复提交。',
  progressUndated: '已由{department}自{since}起办理，请勿重复提交。',
} as const;

/** Puts values into a text's places; a place without a value stays as it is. */
export function fillText(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => values[name] ?? place);
}

/** Names of the places in a text, in order, as often as they stand there. */
export function placesOf(text: string): string[] {
  return [...text.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1] ?? '');
}
