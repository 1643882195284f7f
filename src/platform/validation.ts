import { isUtf8 } from 'node:buffer';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import zh from 'ajv-i18n/localize/zh/index.js';
import type { FastifyInstance, FastifySchema } from 'fastify';
import { ProblemError, type ProblemField } from './problem.ts';

/** The package is CommonJS: the function itself is what Node imports, whatever its types say. */
const localizeZh = zh as unknown as (errors: ErrorObject[]) => void;

/**
 * Strict bodies (no coercion, unknown fields refused, every error told) and coercing query, params and headers, which
 * can only be text. Replaces Fastify's default, which silently drops misspelt fields.
 */
export function registerValidation(app: FastifyInstance): void {
  const common = { allErrors: true, strict: false, removeAdditional: false, verbose: false } as const;
  const body = addFormats.default(new Ajv2020({ ...common, coerceTypes: false, useDefaults: true }));
  const text = addFormats.default(new Ajv2020({ ...common, coerceTypes: true, useDefaults: true }));
  const known = new Set<string>();
  app.setValidatorCompiler(({ schema, httpPart }) => {
    for (const [id, shared] of Object.entries(app.getSchemas())) {
      if (known.has(id)) continue;
      known.add(id);
      body.addSchema(shared as object, id);
      text.addSchema(shared as object, id);
    }
    return (httpPart === 'body' ? body : text).compile(schema as object) as ValidateFunction;
  });
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
  const english = errors.map((error) => toField(error, prefix));
  localizeZh(errors);
  const chinese = errors.map((error) => toField(error, prefix));
  const sentence = (fields: ProblemField[]): string =>
    fields
      .slice(0, 5)
      .map((field) => `${field.pointer || '/'} ${field.detail}`)
      .join('; ');
  return new ProblemError('validation', { en: sentence(english), zh: sentence(chinese) }, { errors: english });
}

/** Ajv's error as a pointer to the field itself, also for a missing or unknown one. Never quotes the value. */
function toField(error: ErrorObject, prefix: string): ProblemField {
  const params = error.params as {
    missingProperty?: string;
    additionalProperty?: string;
    unevaluatedProperty?: string;
    allowedValues?: unknown[];
  };
  const extra = params.additionalProperty ?? params.unevaluatedProperty;
  const name = params.missingProperty ?? extra;
  const pointer = `${prefix}${error.instancePath}${name === undefined ? '' : `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`}`;
  if (params.missingProperty !== undefined) return { pointer, detail: 'is required' };
  if (extra !== undefined) return { pointer, detail: 'is not known here' };
  if (params.allowedValues) return { pointer, detail: `must be one of ${params.allowedValues.join(', ')}` };
  return { pointer, detail: error.message ?? 'is not valid' };
}

/** JSON bodies: UTF-8 only, no duplicate of `__proto__`, no NUL and no half characters, which PostgreSQL cannot keep. */
function registerJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, raw, done) => {
    const bytes = raw as Buffer;
    if (bytes.length === 0) return done(malformed('is empty'));
    if (!isUtf8(bytes)) return done(malformed('is not UTF-8'));
    const source = bytes.toString('utf8');
    return parse(request, source, (error, value) => {
      if (error) return done(malformed(describeJsonError(error)));
      const bad = source.includes('\\u') ? findUnusableText(value, '') : undefined;
      if (bad !== undefined) return done(unusableText(bad));
      done(null, value);
    });
  });
}

function malformed(detail: string): ProblemError {
  return new ProblemError(
    'malformed-body',
    { en: `The body ${detail}.`, zh: '请求内容不是有效的 JSON。' },
    { errors: [{ pointer: '', detail }] },
  );
}

/** Only the position is told: the parser's own message quotes the text around it. */
function describeJsonError(error: Error): string {
  const position = /position (\d+)/.exec(error.message)?.[1];
  return position === undefined ? 'is not valid JSON' : `is not valid JSON at character ${position}`;
}

function unusableText(pointer: string): ProblemError {
  const detail = 'contains a NUL or half of a surrogate pair';
  return new ProblemError(
    'validation',
    { en: `${pointer || '/'} ${detail}`, zh: `${pointer || '/'} 含有无效字符` },
    { errors: [{ pointer, detail }] },
  );
}

/** Pointer to the first text PostgreSQL cannot keep. Deeper than any schema here counts as unusable: recursion is bounded. */
function findUnusableText(value: unknown, pointer: string, depth = 0): string | undefined {
  if (typeof value === 'string') return value.includes('\u0000') || !value.isWellFormed() ? pointer : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > 32) return pointer;
  for (const [name, inner] of Object.entries(value)) {
    const at = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const bad = findUnusableText(name, at, depth) ?? findUnusableText(inner, at, depth + 1);
    if (bad !== undefined) return bad;
  }
  return undefined;
}
