import { type Static, Type } from 'typebox';
import { natures } from '../../appeals/nature.ts';
import { parsePhone } from '../../appeals/phone-number.ts';
import type { MessageBody } from '../../intake/message.schema.ts';
import { maskText } from '../../platform/access/masking.ts';
import { Choice } from '../../platform/openapi.ts';
import { fieldProblem } from '../../platform/problem.ts';
import { checkBody, refuseUnusableText } from '../../platform/validation.ts';

const Ticked = (description: string) => Type.Optional(Choice(['true'], { description }));
const Line = (maxLength: number, description: string) => Type.Optional(Type.String({ maxLength, description }));

/** Characters of what somebody writes. */
export const MOST_BODY = 5_000;

/** Fields of the public form, all text; files come behind them, as `attachments`. Empty fields count as left out. */
export const FormFields = Type.Object(
  {
    form: Type.String({
      format: 'uuid',
      description: 'Id of the filled-in form: the same again is the same message, however often it is sent',
    }),
    altcha: Type.String({ maxLength: 4_000, description: 'Proof of work: the solved challenge' }),
    body: Type.String({
      minLength: 1,
      maxLength: MOST_BODY,
      pattern: '\\S',
      description: 'What it is about (诉求内容)',
    }),
    title: Line(100, 'Title (标题)'),
    nature: Type.Optional(Choice(natures, { description: 'Nature of the appeal (诉求性质)' })),
    address: Line(300, 'Place of the matter (地点)'),
    name: Line(100, 'Name (姓名)'),
    phone: Line(32, 'Number for the receipt and for questions (联系电话)'),
    anonymous: Ticked(
      'Stay anonymous (匿名): name and number, if given all the same, are not kept; the name is masked in the rest',
    ),
    confidential: Ticked('Keep my identity secret (身份保密)'),
    publish: Ticked('The content may be published (可公开)'),
  },
  { additionalProperties: false },
);
type FormFields = Static<typeof FormFields>;

/** Largest field in bytes: the body in the longest UTF-8, with line ends as browsers send them. */
export const MOST_FIELD_BYTES = MOST_BODY * 4 + MOST_BODY;
export const MOST_FIELDS = Object.keys(FormFields.properties).length;

/** @throws ProblemError 400 naming every wrong field. */
export function checkForm(given: ReadonlyMap<string, string>): FormFields {
  const fields: Record<string, string> = Object.fromEntries(
    [...given].map(([name, text]) => [name, text.replaceAll('\r\n', '\n')]).filter(([, text]) => text !== ''),
  );
  refuseUnusableText(fields);
  // What could not be read as UTF-8 was replaced by this sign on the way.
  const garbled = Object.entries(fields).find(([, text]) => text.includes('\ufffd'))?.[0];
  if (garbled !== undefined) throw fieldProblem(`/${garbled}`, 'is not UTF-8', '不是 UTF-8 编码');
  checkBody(FormFields, fields);
  const form = fields as unknown as FormFields;
  if (form.phone !== undefined && !form.anonymous && !isNumber(form.phone))
    throw fieldProblem('/phone', 'is not a telephone number', '不是有效的电话号码');
  return form;
}

/** As people write them: also with an extension (转801), and a landline of the city without its area code. */
function isNumber(text: string): boolean {
  const [number = ''] = text.normalize('NFKC').split(/转|分机|ext\.?/i);
  return parsePhone(number) !== undefined || /^[2-8]\d{6,7}$/.test(number.replaceAll(/[\s-]/g, ''));
}

/** The message of a form. Hashes of its files are part of it, so that other files are another content. */
export function toMessage(source: string, form: FormFields, files: readonly string[]): MessageBody {
  const { name, phone, anonymous, confidential } = form;
  const masked = withoutName(form);
  return {
    source,
    externalId: form.form.toLowerCase(),
    body: masked(form.body),
    ...(form.title === undefined ? {} : { title: masked(form.title) }),
    ...(form.nature === undefined ? {} : { nature: form.nature }),
    ...(form.address === undefined ? {} : { address: masked(form.address) }),
    sender: anonymous
      ? { anonymous: true, confidential: confidential !== undefined }
      : {
          ...(name === undefined ? {} : { name }),
          ...(phone === undefined ? {} : { phone }),
          confidential: confidential !== undefined,
        },
    form: { publish: form.publish !== undefined, ...(files.length === 0 ? {} : { files }) },
  };
}

/** Masks in what came with a form the name of who wishes to stay anonymous: it is kept nowhere to mask it by later. */
export const withoutName =
  ({ anonymous, name }: Pick<FormFields, 'anonymous' | 'name'>) =>
  (text: string): string =>
    anonymous && name ? maskText(text, name) : text;
