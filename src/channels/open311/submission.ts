import { fieldProblem, ProblemError, type ProblemField } from '../../platform/problem.ts';
import { findUnusableText, unusableText } from '../../platform/validation.ts';
import type { Service, ServiceAttribute } from './service.schema.ts';

/** Parameters one form may have. */
const MOST_FIELDS = 200;
const MOST_ATTRIBUTES = 50;
/** Longest value of each argument; description: the standard's own limit. */
const LIMITS: Readonly<Record<string, number>> = {
  service_code: 40,
  description: 4_000,
  address_string: 300,
  address_id: 100,
  email: 254,
  device_id: 128,
  account_id: 128,
  first_name: 50,
  last_name: 50,
  phone: 32,
  media_url: 1_000,
};

/** What a client asked for, checked. */
export interface Submission {
  description: string | undefined;
  latitude: number | undefined;
  longitude: number | undefined;
  addressString: string | undefined;
  addressId: string | undefined;
  attributes: { code: string; name: string; values: string[] }[];
  email: string | undefined;
  deviceId: string | undefined;
  accountId: string | undefined;
  name: string | undefined;
  phone: string | undefined;
  mediaUrl: string | undefined;
  publish: boolean;
}

/** A form as `application/x-www-form-urlencoded`. @throws ProblemError 400 */
export function readForm(body: string): URLSearchParams {
  const form = new URLSearchParams(body);
  if (form.size > MOST_FIELDS)
    throw fieldProblem('', `holds more than ${MOST_FIELDS} fields`, `超过 ${MOST_FIELDS} 个字段`);
  const bad = findUnusableText([...form], '');
  if (bad !== undefined) throw unusableText('');
  return form;
}

/** @throws ProblemError 400 naming every argument that is wrong or missing. */
export function readSubmission(form: URLSearchParams, service: Service): Submission {
  const errors: ProblemField[] = [];
  const wrong = (pointer: string, detail: string, detailZh: string): undefined => {
    errors.push({ pointer, detail, detailZh });
  };
  const text = (name: string): string | undefined => {
    const value = form.get(name)?.trim();
    if (value && value.length > (LIMITS[name] ?? 0)) wrong(name, `is longer than ${LIMITS[name]} characters`, '过长');
    return value || undefined;
  };
  const coordinate = (name: string, most: number): number | undefined => {
    const given = form.get(name)?.trim();
    if (!given) return undefined;
    const value = /^-?\d{1,3}(\.\d{1,20})?$/.test(given) ? Number(given) : Number.NaN;
    return Math.abs(value) <= most ? value : wrong(name, 'is not a coordinate', '不是有效坐标');
  };
  const latitude = coordinate('lat', 90);
  const longitude = coordinate('long', 180);
  const addressString = text('address_string');
  const addressId = text('address_id');
  if (errors.length === 0 && !addressString && !addressId && (latitude === undefined || longitude === undefined))
    wrong('location', 'is required: lat and long, address_string or address_id', '为必填项：经纬度、地址或地址编号');
  const publish = form.get('publish') ?? 'true';
  if (publish !== 'true' && publish !== 'false') wrong('publish', 'must be true or false', '应为 true 或 false');
  const mediaUrl = text('media_url');
  if (mediaUrl && !(/^https?:\/\/\S+$/i.test(mediaUrl) && URL.canParse(mediaUrl)))
    wrong('media_url', 'is not an address of the web', '不是网址');
  const email = text('email');
  if (email && !/^[^\s@]{1,64}@[^\s@]+\.[^\s@.]+$/.test(email))
    wrong('email', 'is not an e-mail address', '不是邮箱地址');
  const submission = {
    description: text('description'),
    latitude,
    longitude,
    addressString,
    addressId,
    attributes: readAttributes(form, service, wrong),
    email,
    deviceId: text('device_id'),
    accountId: text('account_id'),
    name: fullName(text('first_name'), text('last_name')),
    phone: text('phone'),
    mediaUrl,
    publish: publish === 'true',
  };
  if (errors.length > 0)
    throw new ProblemError('validation', { en: 'The request is not valid.', zh: '请求内容有误。' }, { errors });
  return submission;
}

type Wrong = (pointer: string, detail: string, detailZh: string) => undefined;

/** Attributes of the service, checked, and others as they are: a client may know more than the city asks. */
function readAttributes(form: URLSearchParams, service: Service, wrong: Wrong): Submission['attributes'] {
  const given = new Map<string, string[]>();
  for (const [name, value] of form) {
    const code = /^attribute\[([^[\]]{1,64})\](?:\[\])?$/.exec(name)?.[1];
    if (code !== undefined && value.trim() !== '') given.set(code, [...(given.get(code) ?? []), value.trim()]);
  }
  if (given.size > MOST_ATTRIBUTES) wrong('attribute', `holds more than ${MOST_ATTRIBUTES} codes`, '属性过多');
  const known = new Map((service.attributes ?? []).map((attribute) => [attribute.code, attribute]));
  for (const { code, required } of known.values())
    if (required && !given.has(code)) wrong(`attribute[${code}]`, 'is required', '为必填项');
  const read = [...given].map(([code, values]) => {
    const attribute = known.get(code);
    if (values.join('').length > 1_000) wrong(`attribute[${code}]`, 'is longer than 1000 characters', '过长');
    else if (attribute && attribute.datatype !== 'multivaluelist' && values.length > 1)
      wrong(`attribute[${code}]`, 'takes one value', '只能有一个值');
    else if (attribute && !values.every((value) => isOf(attribute, value)))
      wrong(`attribute[${code}]`, `is not a ${attribute.datatype} as the definition says`, '不符合该属性的定义');
    const names = new Map(attribute?.values?.map(({ key, name }) => [key, name]));
    return { code, name: attribute?.description ?? code, values: values.map((value) => names.get(value) ?? value) };
  });
  const size = read.reduce((sum, { name, values }) => sum + name.length + values.join('').length, 0);
  if (size > 12_000) wrong('attribute', 'is longer than 12000 characters in all', '属性内容过长');
  return read;
}

function isOf({ datatype, values }: ServiceAttribute, value: string): boolean {
  switch (datatype) {
    case 'number':
      return /^-?\d{1,15}(\.\d{1,15})?$/.test(value);
    case 'datetime':
      return /^\d{4}-\d{2}-\d{2}/.test(value) && !Number.isNaN(Date.parse(value));
    case 'singlevaluelist':
    case 'multivaluelist':
      return values?.some(({ key }) => key === value) ?? true;
    default:
      return true;
  }
}

/** Chinese names stand as they are written, family name first and without a blank. */
function fullName(first: string | undefined, last: string | undefined): string | undefined {
  if (first === undefined || last === undefined) return first ?? last;
  return /\p{Script=Han}/u.test(first + last) ? `${last}${first}` : `${first} ${last}`;
}
