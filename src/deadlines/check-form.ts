import type { TSchema } from 'typebox';
import type { TLocalizedValidationError } from 'typebox/error';
import { Value } from 'typebox/value';
import { CLOCK_TIME, dueForms } from './due-rule.schema.ts';
import { offsetForms, PolicySchema } from './policy.schema.ts';

/** A mistake in a policy, at its place. */
export interface Mistake {
  /** JSON Pointer; the empty text is the whole document. */
  pointer: string;
  /** A sentence, in both languages. */
  detail: string;
  detailZh: string;
}

/** Places that have one of several forms: the one that the value itself names, or what it should name. */
const choices: { place: RegExp; formOf(value: Record<string, unknown>): TSchema | Mistake }[] = [
  {
    place: /^\/deadlines\/[^/]+\/due\/\d+(?=\/|$)/,
    formOf({ by, unit }) {
      if (by === 'none' || by === 'clock') return dueForms[by];
      if (by !== 'duration') return { pointer: '/by', ...oneOf(['clock', 'duration', 'none']) };
      const form = Object.entries(dueForms.duration).find(([own]) => own === unit)?.[1];
      return form ?? { pointer: '/unit', ...oneOf(Object.keys(dueForms.duration)) };
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
  if (typeof value !== 'object' || value === null)
    return [{ pointer: place, detail: 'Must be an object.', detailZh: '应为对象。' }];
  const form = formOf(value as Record<string, unknown>);
  if (isMistake(form)) return [{ ...form, pointer: place + form.pointer }];
  return Value.Errors(form, value).flatMap((error) => toMistakes(place, error));
}

const isMistake = (form: TSchema | Mistake): form is Mistake => 'detailZh' in form;

const oneOf = (values: readonly unknown[]): Pick<Mistake, 'detail' | 'detailZh'> => ({
  detail: `Must be one of ${values.join(', ')}.`,
  detailZh: `应为${values.join('、')}之一。`,
});

function toMistakes(place: string, error: TLocalizedValidationError): Mistake[] {
  const pointer = place + error.instancePath;
  switch (error.keyword) {
    case 'required':
      return error.params.requiredProperties.map((name) => ({
        pointer: `${pointer}/${name}`,
        detail: 'Is missing.',
        detailZh: '缺少此项。',
      }));
    // A field that is not known is told as such at its own place.
    case 'additionalProperties':
      return [];
    case 'boolean':
      return [{ pointer, detail: 'Is not known here.', detailZh: '此处没有这一项。' }];
    case 'enum':
      return [{ pointer, ...oneOf(error.params.allowedValues) }];
    case 'pattern':
      if (error.params.pattern === CLOCK_TIME)
        return [
          {
            pointer,
            detail: 'Must be a time of day, HH:MM; 24:00 is the end of the day.',
            detailZh: '应为HH:MM格式的时刻，24:00表示当日结束。',
          },
        ];
      break;
  }
  const detail = `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`;
  return [{ pointer, detail, detailZh: inChinese(error) }];
}

function inChinese(error: TLocalizedValidationError): string {
  switch (error.keyword) {
    case 'type':
      return `类型应为${error.params.type}。`;
    case 'minimum':
    case 'maximum':
      return `取值应${error.params.comparison} ${error.params.limit}。`;
    case 'minItems':
    case 'minLength':
    case 'minProperties':
      return `至少${error.params.limit}项（字）。`;
    case 'maxItems':
    case 'maxLength':
      return `最多${error.params.limit}项（字）。`;
    case 'uniqueItems':
      return '不得重复。';
    default:
      return '格式不符合要求。';
  }
}

function valueAt(document: unknown, pointer: string): unknown {
  const keys = pointer.split('/').slice(1);
  return keys.reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], document);
}
