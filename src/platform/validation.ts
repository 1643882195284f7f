import { isUtf8 } from 'node:buffer';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import zh from 'ajv-i18n/localize/zh/index.js';
import type { FastifyInstance, FastifySchema, FastifyServerOptions } from 'fastify';
import { fieldProblem, ProblemError, type ProblemField, pointerPart } from './problem.ts';

type ValidatorFactory = NonNullable<
  NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>['buildValidator']
>;

/** The package is CommonJS: the function itself is what Node imports, whatever its types say. */
const localizeZh = zh as unknown as (errors: ErrorObject[]) => void;

/**
 * Strict bodies (no coercion, unknown fields refused, every error told) and coercing query, params and headers, which
 * can only be text. Replaces Fastify's default, which silently drops misspelt fields. It has to be given to Fastify as
 * the builder: a compiler set afterwards is forgotten by every plugin that adds a schema of its own.
 */
export const buildValidator = ((shared: Record<string, object>) => {
  const body = createAjv(false);
  const text = createAjv(true);
  for (const [id, schema] of Object.entries(shared)) {
    body.addSchema(schema, id);
    text.addSchema(schema, id);
  }
  return ({ schema, httpPart }: { schema: object; httpPart?: string }) =>
    (httpPart === 'body' ? body : text).compile(schema);
}) as ValidatorFactory;

/** The schemas are ours and held to the API document by tests: checking each against its meta-schema again costs seconds. */
const common = {
  allErrors: true,
  strict: false,
  removeAdditional: false,
  useDefaults: true,
  validateSchema: false,
} as const;
const createAjv = (coerceTypes: boolean) => addFormats.default(new Ajv2020({ ...common, coerceTypes }));

/** For bodies whose schema depends on what they are for. @throws ProblemError 400 naming every wrong field. */
export function checkBody(schema: object, value: unknown): void {
  bodyChecker(schema)(value);
}

/** The same, compiled once for many bodies. */
export function bodyChecker(schema: object): (value: unknown) => void {
  const validate = createAjv(false).compile(schema);
  return (value) => {
    if (!validate(value)) throw toValidationProblem(validate.errors ?? [], 'body');
  };
}

/** What is checked beside the schemas: text that cannot be kept, parameters where none are known, the JSON itself. */
export function registerValidation(app: FastifyInstance): void {
  app.setSchemaErrorFormatter((errors, part) => toValidationProblem(errors as unknown as ErrorObject[], part));
  app.addHook('preValidation', async (request) => {
    const bad = findUnusableText(request.query, '/query') ?? findUnusableText(request.params, '/params');
    if (bad !== undefined) throw unusableText(bad);
    const query = request.routeOptions.schema as FastifySchema | undefined;
    if (!query?.querystring && Object.keys(request.query as object).length > 0) {
      throw toValidationProblem(
        Object.keys(request.query as object).map(
          (name) =>
            ({
              instancePath: '',
              keyword: 'additionalProperties',
              params: { additionalProperty: name },
              message: 'is not known here',
            }) as unknown as ErrorObject,
        ),
        'querystring',
      );
    }
  });
  registerJson(app);
}

function toValidationProblem(errors: ErrorObject[], part: string): ProblemError {
  const prefix = part === 'body' ? '' : `/${part === 'querystring' ? 'query' : part}`;
  const english = errors.map((error) => toField(error, prefix, words.en));
  localizeZh(errors);
  const fields = errors.map((error, at): ProblemField => {
    const { pointer, detail: detailZh } = toField(error, prefix, words.zh);
    return { pointer, detail: english[at]?.detail ?? words.en.invalid, detailZh };
  });
  const sentence = (detailOf: (field: ProblemField) => string): string =>
    fields
      .slice(0, 5)
      .map((field) => `${field.pointer || '/'} ${detailOf(field)}`)
      .join('; ');
  return new ProblemError(
    'validation',
    { en: sentence((field) => field.detail), zh: sentence((field) => field.detailZh) },
    { errors: fields },
  );
}

interface Words {
  required: string;
  unknown: string;
  invalid: string;
  oneOf: (values: string) => string;
}

const words: Record<'en' | 'zh', Words> = {
  en: {
    required: 'is required',
    unknown: 'is not known here',
    invalid: 'is not valid',
    oneOf: (values) => `must be one of ${values}`,
  },
  zh: { required: '为必填项', unknown: '不是可用的字段', invalid: '无效', oneOf: (values) => `应为 ${values} 之一` },
};

/** Ajv's error as a pointer to the field itself, also for a missing or unknown one. Never quotes the value. */
function toField(error: ErrorObject, prefix: string, say: Words): { pointer: string; detail: string } {
  const params = error.params as {
    missingProperty?: string;
    additionalProperty?: string;
    unevaluatedProperty?: string;
    allowedValues?: unknown[];
  };
  const extra = params.additionalProperty ?? params.unevaluatedProperty;
  const name = params.missingProperty ?? extra;
  const pointer = `${prefix}${error.instancePath}${name === undefined ? '' : `/${pointerPart(name)}`}`;
  if (params.missingProperty !== undefined) return { pointer, detail: say.required };
  if (extra !== undefined) return { pointer, detail: say.unknown };
  if (params.allowedValues) return { pointer, detail: say.oneOf(params.allowedValues.join(', ')) };
  return { pointer, detail: error.message ?? say.invalid };
}

/** JSON bodies: UTF-8 only, no duplicate of `__proto__`, no NUL and no half characters, which PostgreSQL cannot keep. */
function registerJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, raw, done) => {
    const bytes = raw as Buffer;
    if (bytes.length === 0) return done(malformed('is empty', '为空'));
    if (!isUtf8(bytes)) return done(malformed('is not UTF-8', '不是 UTF-8 编码'));
    const source = bytes.toString('utf8');
    return parse(request, source, (error, value) => {
      if (error) return done(malformed(...describeJsonError(error)));
      const bad = source.includes('\\u') ? findUnusableText(value, '') : undefined;
      if (bad !== undefined) return done(unusableText(bad));
      done(null, value);
    });
  });
}

function malformed(detail: string, detailZh: string): ProblemError {
  return new ProblemError(
    'malformed-body',
    { en: `The body ${detail}.`, zh: `请求内容${detailZh}。` },
    { errors: [{ pointer: '', detail, detailZh }] },
  );
}

/** Only the position is told: the parser's own message quotes the text around it. */
function describeJsonError(error: Error): [en: string, zh: string] {
  const position = /position (\d+)/.exec(error.message)?.[1];
  return position === undefined
    ? ['is not valid JSON', '不是有效的 JSON']
    : [`is not valid JSON at character ${position}`, `第 ${position} 个字符处不是有效的 JSON`];
}

/** For texts that came otherwise than as JSON. @throws ProblemError 400 naming the first that cannot be kept. */
export function refuseUnusableText(value: unknown): void {
  const bad = findUnusableText(value, '');
  if (bad !== undefined) throw unusableText(bad);
}

export function unusableText(pointer: string): ProblemError {
  return fieldProblem(pointer, 'contains a NUL or half of a surrogate pair', '含有无效字符');
}

/** Pointer to the first text PostgreSQL cannot keep. Deeper than any schema here counts as unusable: recursion is bounded. */
export function findUnusableText(value: unknown, pointer: string, depth = 0): string | undefined {
  if (typeof value === 'string') return value.includes('\u0000') || !value.isWellFormed() ? pointer : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > 32) return pointer;
  for (const [name, inner] of Object.entries(value)) {
    const at = `${pointer}/${pointerPart(name)}`;
    const bad = findUnusableText(name, at, depth) ?? findUnusableText(inner, at, depth + 1);
    if (bad !== undefined) return bad;
  }
  return undefined;
}
