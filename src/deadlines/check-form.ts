import type { TSchema } from 'typebox';
import type { TLocalizedValidationError } from 'typebox/error';
import { Value } from 'typebox/value';
import { CLOCK_TIME, dueForms } from './due-rule.schema.ts';
import { offsetForms, PolicySchema } from './policy.schema.ts';

/** A mistake in a policy, at its place. */
export interface Mistake {
  /** JSON Pointer; the empty text is the whole document. */
  pointer: string;
  /** A sentence. */
  detail: string;
}

/** Places that have one of several forms: the one that the value itself names, or what it should name. */
const choices: { place: RegExp; formOf(value: Record<string, unknown>): TSchema | Mistake }[] = [
  {
    place: /^\/deadlines\/[^/]+\/due\/\d+(?=\/|$)/,
    formOf({ by, unit }) {
      if (by === 'none' || by === 'clock') return dueForms[by];
      if (by !== 'duration') return { pointer: '/by', detail: 'Must be one of clock, duration, none.' };
      const form = Object.entries(dueForms.duration).find(([own]) => own === unit)?.[1];
      return form ?? { pointer: '/unit', detail: `Must be one of ${Object.keys(dueForms.duration).join(', ')}.` };
    },
  },
  {
    place: /^\/deadlines\/[^/]+\/ladder\/\d+\/offset(?=\/|$)/,
    formOf: (offset) => ('clock' in offset ? offsetForms.clock : offsetForms.amount),
  },
];

/**
 * What is wrong with the form of a document that should be a policy. Where a value may have one of several forms it is
 * measured by the one that it names, instead of telling why it is none of them.
 */
export function checkForm(document: unknown): Mistake[] {
  if (Value.Check(PolicySchema, document)) return [];
  const mistakes = new Map<string, Mistake[]>();
  for (const error of Value.Errors(PolicySchema, document)) {
    const choice = choices.find(({ place }) => place.test(error.instancePath));
    const place = choice?.place.exec(error.instancePath)?.[0];
    if (!choice || place === undefined) {
      const own = toMistakes('', error);
      mistakes.set(error.instancePath, [...(mistakes.get(error.instancePath) ?? []), ...own]);
    } else if (!mistakes.has(place)) mistakes.set(place, checkChoice(place, valueAt(document, place), choice.formOf));
  }
  return [...mistakes.values()].flat();
}

function checkChoice(place: string, value: unknown, formOf: (typeof choices)[number]['formOf']): Mistake[] {
  if (typeof value !== 'object' || value === null) return [{ pointer: place, detail: 'Must be an object.' }];
  const form = formOf(value as Record<string, unknown>);
  if ('detail' in form) return [{ pointer: place + form.pointer, detail: form.detail as string }];
  return Value.Errors(form as TSchema, value).flatMap((error) => toMistakes(place, error));
}

function toMistakes(place: string, error: TLocalizedValidationError): Mistake[] {
  const pointer = place + error.instancePath;
  switch (error.keyword) {
    case 'required':
      return error.params.requiredProperties.map((name) => ({ pointer: `${pointer}/${name}`, detail: 'Is missing.' }));
    // A field that is not known is told as such at its own place.
    case 'additionalProperties':
      return [];
    case 'boolean':
      return [{ pointer, detail: 'Is not known here.' }];
    case 'enum':
      return [{ pointer, detail: `Must be one of ${error.params.allowedValues.join(', ')}.` }];
    case 'const':
      return [{ pointer, detail: `Must be ${error.params.allowedValue}.` }];
    case 'pattern':
      if (error.params.pattern === CLOCK_TIME)
        return [{ pointer, detail: 'Must be a time of day, HH:MM; 24:00 is the end of the day.' }];
      break;
  }
  return [{ pointer, detail: `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.` }];
}

function valueAt(document: unknown, pointer: string): unknown {
  const keys = pointer.split('/').slice(1);
  return keys.reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], document);
}
