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
    provisional: Text('Follows a {dueAt} that counts days of a year whose holidays are not published yet.'),
    closing: Text('Ends every message: the query {code}.'),
  },
  { ...strict, description: 'What citizens are told by SMS (短信回执), in Chinese: prefix, one sentence, closing.' },
);

/** Puts values into a text's places; a place without a value stays as it is. */
export function fillText(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => values[name] ?? place);
}

/** Names of the places in a text, in order, as often as they stand there. */
export function placesOf(text: string): string[] {
  return [...text.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1] ?? '');
}
